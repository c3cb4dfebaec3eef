//! Packed, mixed and foreign input through the real binary.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const LIST: &str = concat!(
    "UNB+UNOA:4+QQ+GOV+240501:1200+7'UNH+M1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+QQ12'LOC+125+YYZ'DTM+189:2405011830:201'",
    "LOC+87+JFK'NAD+FL+++DOE:JANE'ATT+2++F'DTM+329:810203'NAD+FL+++ROE:TIM'DTM+329:790405'UNT+12+M1'UNZ+1+7'"
);
const MANIFEST: &str = concat!(
    "ISA*00*          *00*          *ZZ*CARRIER        *ZZ*CBP            *240301*0930*U*00401*000000077*0*P*>~",
    "GS*SO*APP*CBP*20240301*0930*5*X*004010~ST*309*0001~M10*ABCD*O*PA*9074729*NORTHERN STAR*012W~P4*2704*20240320~",
    "LX*1~M11*BILL1*57035*40*CTN*8000*K~N1*SH*UNION TRADING~SE*7*0001~GE*1*5~IEA*1*000000077~"
);
const FERRY: &str = concat!(
    "Name;Born;Gender;Passport;Issued by;Sailing;Departs\n",
    "POE, ANN;03.02.1981;woman;ZZ9;CA;QQ 12;01.05.2024 18:30\n",
    ";;;;;;\n",
);

fn tamis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).env_remove("TAMIS_LOG").output().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn mapping(name: &str) -> String {
    format!("{}/../docs/mappings/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn decode(inputs: &[&Path], out: &Path, more: &[&str]) -> Value {
    let inputs: Vec<String> = inputs.iter().map(|p| p.display().to_string()).collect();
    let mut args = vec!["decode", "--format", "json", "--out", out.to_str().unwrap()];
    args.extend(inputs.iter().map(String::as_str));
    args.extend(more);
    let run = tamis(&args);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn an_archive_of_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mixed = format!("Dear all\r\n\r\n{LIST}\r\n{MANIFEST}\r\n<?xml version='1.0'?><invoice><n>1</n></invoice>\r\n");
    let inner = gzip(&tar(&[("ferry.csv", FERRY.as_bytes())]));
    let outer = gzip(&tar(&[("mixed", mixed.as_bytes()), ("inner.tgz", &inner), ("old.7z", b"7z\xBC\xAF\x27\x1C\x00\x04")]));
    let path = dir.path().join("in.bin");
    fs::write(&path, &outer).unwrap();
    let ferry = mapping("ferry_passengers");
    let summary = decode(&[&path], &dir.path().join("out"), &["--mapping", &ferry]);
    let n = |name: &str| summary.pointer(name).and_then(Value::as_u64).unwrap();
    assert_eq!((n("/travellers"), n("/consignments"), n("/dead_letters/count")), (3, 1, 3), "{summary:#}");
    assert_eq!((n("/formats/PAXLST"), n("/formats_not_decoded/XML invoice")), (1, 1), "{summary:#}");
    assert!(n("/dirt_bytes") > 0);
    for code in ["archive_unsupported", "row_without_identity"] {
        assert_eq!(n(&format!("/dead_letters/codes/{code}/count")), 1, "{code}");
    }
    // What it wrote is read again as it is.
    let travellers = dir.path().join("out/travellers/part-00000.parquet");
    if travellers.exists() {
        let again = decode(&[&travellers], &dir.path().join("again"), &[]);
        assert_eq!(again.pointer("/travellers").and_then(Value::as_u64), Some(3));
    }
}

#[test]
fn a_mapping_that_is_wrong_is_refused_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (file, input) = (dir.path().join("feed.toml"), dir.path().join("in.csv"));
    let text = fs::read_to_string(mapping("ferry_passengers")).unwrap().replace("seat = ", "seet = ");
    fs::write(&file, text).unwrap();
    fs::write(&input, FERRY).unwrap();
    let out = dir.path().join("out");
    let path = |p: &Path| p.display().to_string();
    let run = tamis(&["decode", &path(&input), "--mapping", &path(&file), "--out", &path(&out)]);
    let error = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(2), "{error}");
    assert!(error.contains("feed.toml:19: there is no canonical column `seet`; did you mean `seat`?"), "{error}");
    assert!(!out.exists());
}

#[test]
fn packed_input_that_was_screened_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let (input, list, out) = (dir.path().join("in.gz"), dir.path().join("list.csv"), dir.path().join("out"));
    fs::write(&input, gzip(LIST.as_bytes())).unwrap();
    let path = |p: &Path| p.display().to_string();
    assert_eq!(
        tamis(&["generate", "--travellers", "10", "--entities", "20", "--out", &path(&dir.path().join("day"))]).status.code(),
        Some(0)
    );
    fs::rename(dir.path().join("day/watchlist.csv"), &list).unwrap();
    let screen = || {
        let run = tamis(&["screen", &path(&input), "--watchlist", &path(&list), "--out", &path(&out), "--format", "json"]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        serde_json::from_slice::<Value>(&run.stdout).unwrap()
    };
    let first = screen();
    assert_eq!(first.pointer("/travellers").and_then(Value::as_u64), Some(2), "{first:#}");
    let second = screen();
    assert_eq!(second.pointer("/files_skipped").and_then(Value::as_u64), Some(1), "{second:#}");
}
