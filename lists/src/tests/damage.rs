//! Every form that is published, damaged: cut at any byte, any byte changed, any piece repeated.

use std::io::Write as _;

use proptest::prelude::*;
use tamis_watchlist::Generation;

use super::published_tables::{CSL, DPL, EU_10, EU_11, FTM, OFSI, SENZING, SIMPLE, UK, ods, parquet_file};
use super::published_xml as xml;
use super::*;
use crate::unzip::archive;

/// Stands between the files of an edition of OFAC.
const BETWEEN: u8 = 0x1c;

const TAMIS: &str = "list,name,entity_id,name_kind,entity_kind,birth_dates,nationalities,sex,documents
l,\"ROE, Jane\",1,alias,person,1972;~1960,td;(1) Chad. (2) Korea North,F,P:A1:Chad;B2;I:9
l,\"DOE, Jane\",1,primary,person,1972-05-31,\"MOLDOVA, REPUBLIC OF, ISRAEL\",TCD,P:A1:TCD
m,SEA BIRD,2,,vessel,,PAN,,V:1030001
";

/// One list in every form, by the name of its fuzz target.
fn fixtures() -> Vec<(&'static str, Vec<u8>)> {
    let comments = "7,\"more; DOB 1967.\"\n";
    let edition = [SDN, ALT, ADD, comments].map(str::as_bytes).join(&BETWEEN);
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gzip.write_all(xml::UN.as_bytes()).unwrap();
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("ofac_csv", edition),
        ("uk_ods", ods(UK)),
        ("tamis_parquet", parquet_file()),
        ("list_packed", gzip.finish().unwrap()),
        ("list_packed", archive(&[("list.xml", xml::UN.as_bytes())], true)),
        ("list_packed", archive(&[("d/", b""), ("d/list.csv", SIMPLE.as_bytes())], false)),
        ("compiled", compiled()),
    ];
    for (name, text) in [
        ("ofac_xml", xml::OFAC),
        ("ofac_advanced", xml::OFAC_ADVANCED),
        ("un_xml", xml::UN),
        ("eu_xml", xml::EU),
        ("uk_xml", xml::UK),
        ("ofsi_xml", xml::OFSI),
        ("canada_xml", xml::CANADA),
        ("eu_csv", EU_11),
        ("eu_csv", EU_10),
        ("uk_csv", UK),
        ("ofsi_csv", OFSI),
        ("bis_dpl", DPL),
        ("us_csl", CSL),
        ("opensanctions_csv", SIMPLE),
        ("follow_the_money", FTM),
        ("senzing", SENZING),
        ("tamis_csv", TAMIS),
    ] {
        all.push((name, text.as_bytes().to_vec()));
    }
    all
}

fn compiled() -> Vec<u8> {
    let entities = read_one(TAMIS.as_bytes()).entities;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.tamis");
    write_compiled(&Generation::build(entities).unwrap(), &path).unwrap();
    fs::read(path).unwrap()
}

/// Reads bytes as a file, and those of several files as a folder: a list in which every row is
/// counted, or an error that names the path.
fn check(name: &str, bytes: &[u8]) -> Result<ListRead, ListError> {
    let parts: Vec<_> = bytes.splitn(4, |byte| name == "ofac_csv" && *byte == BETWEEN).collect();
    let names = ["a", "b", "c", "d"];
    let folder = folder(&names.into_iter().zip(parts.iter().copied()).collect::<Vec<_>>());
    let path = if parts.len() > 1 { folder.path().to_owned() } else { folder.path().join("a") };
    let read = read(&path).inspect(conserved);
    if let Err(error) = &read {
        assert!(error.to_string().contains(&*folder.path().to_string_lossy()), "{error}");
    }
    read
}

#[test]
fn undamaged_every_form_is_read() {
    for (name, bytes) in fixtures() {
        let list = check(name, &bytes).unwrap();
        assert!(!list.entities.is_empty(), "{name}");
    }
    // For the fuzz targets: one folder each, with the files to begin with.
    let Some(seeds) = std::env::var_os("TAMIS_SEEDS").map(PathBuf::from) else { return };
    for (at, (name, bytes)) in fixtures().into_iter().enumerate() {
        fs::create_dir_all(seeds.join(name)).unwrap();
        fs::write(seeds.join(name).join(at.to_string()), bytes).unwrap();
    }
}

#[test]
fn cut_anywhere() {
    for (name, bytes) in fixtures() {
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            let _ = check(name, &bytes[..cut]);
            let _ = check(name, &bytes[cut..]);
        }
    }
}

/// Found by fuzzing: a reader of Parquet panics where a length is said to be less than nothing.
#[test]
fn parquet_with_any_byte_changed() {
    let bytes = parquet_file();
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= if at % 2 == 0 { 0x01 } else { 0xff };
        let _ = check("tamis_parquet", &other);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damaged_anyhow(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        piece in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1usize..4)),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let all = fixtures();
        let (name, mut bytes) = all[which.index(all.len())].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            // Marks of the formats do more harm than other bytes.
            bytes[place] = if byte < 128 { b"<>&;\"',\n\t{}[]:=\x1c"[usize::from(byte) % 16] } else { byte };
        }
        if let Some((a, b, times)) = piece {
            let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
            let again = bytes[a.min(b)..a.max(b)].repeat(times);
            bytes.splice(a..a, again);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = check(name, &bytes);
    }
}
