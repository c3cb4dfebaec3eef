#![allow(clippy::unwrap_used)]
use std::io::Write;

use proptest::prelude::*;

use super::*;

/// What was seen of an archive.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    files: Vec<(String, Vec<u8>)>,
    faults: Vec<(String, Fault)>,
}

impl Visitor for Seen {
    fn file(&mut self, name: &str, _: Kind, content: &mut dyn BufRead) -> bool {
        let mut bytes = Vec::new();
        if let Err(e) = content.read_to_end(&mut bytes) {
            self.faults.push((name.to_owned(), fault_of(&e)));
        }
        self.files.push((name.to_owned(), bytes));
        true
    }

    fn fault(&mut self, name: &str, fault: Fault) -> bool {
        self.faults.push((name.to_owned(), fault));
        true
    }
}

fn seen(bytes: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let meter = Meter::default();
    assert!(open(bytes, "in", &meter, &mut seen));
    assert!(meter.failure().is_none());
    seen
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A ZIP with these files: deflated or stored, with sizes in front or behind the data.
pub(crate) fn zip_of(files: &[(&str, &[u8])], deflate: bool, described: bool, encrypted: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in files {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        let mut packed = bytes.to_vec();
        if deflate {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            packed = encoder.finish().unwrap();
        }
        let flags = u16::from(encrypted) | if described { 8 } else { 0 };
        let numbers = |real: bool| {
            let pick = |n: u32| if real { n } else { 0 };
            [pick(sum.sum()), pick(packed.len() as u32), pick(bytes.len() as u32)].map(u32::to_le_bytes).concat()
        };
        let head = |real: bool| {
            let mut head = vec![20, 0];
            head.extend(flags.to_le_bytes());
            head.extend(if deflate { [8, 0] } else { [0, 0] });
            head.extend([0; 4]);
            head.extend(numbers(real));
            head.extend((name.len() as u16).to_le_bytes());
            head.extend([0, 0]);
            head
        };
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(head(true));
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(head(!described));
        out.extend(name.as_bytes());
        out.extend(&packed);
        if described {
            out.extend(b"PK\x07\x08");
            out.extend(numbers(true));
        }
    }
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

const FILES: [(&str, &[u8]); 3] = [("a.txt", b"first"), ("d/b.txt", b"second, and more of it"), ("c", b"")];

fn named(prefix: &str) -> Vec<(String, Vec<u8>)> {
    FILES.iter().map(|(name, bytes)| (format!("{prefix}!{name}"), bytes.to_vec())).collect()
}

#[test]
fn every_compression() {
    let text = b"UNB+UNOA:4+A+B".repeat(1_000);
    for packed in [gzip(&text), xz(&text), bz(&text), zstd_of(&text), text.clone(), gzip(&zstd_of(&text))] {
        assert_eq!(seen(&packed), Seen { files: vec![("in".into(), text.clone())], faults: vec![] });
    }
    // Streams behind each other are one.
    let twice = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(seen(&twice).files, [("in".into(), b"one two".to_vec())]);
    let twice = [zstd_of(b"one "), zstd_of(b"two")].concat();
    assert_eq!(seen(&twice).files, [("in".into(), b"one two".to_vec())]);
}

#[test]
fn every_archive() {
    let tar = tar_of(&FILES);
    for packed in [tar.clone(), gzip(&tar), zstd_of(&tar), xz(&tar)] {
        assert_eq!(seen(&packed), Seen { files: named("in"), faults: vec![] });
    }
    for (deflate, described) in [(true, true), (true, false), (false, false)] {
        let zip = zip_of(&FILES, deflate, described, false);
        assert_eq!(seen(&zip), Seen { files: named("in"), faults: vec![] }, "{deflate} {described}");
        let outer = tar_of(&[("inner.zip", &zip), ("z", b"last")]);
        let mut want = named("in!inner.zip");
        want.push(("in!z".into(), b"last".to_vec()));
        assert_eq!(seen(&gzip(&outer)).files, want);
    }
}

#[test]
fn names_that_are_hidden_or_repeated() {
    let tar = tar_of(&[("a", b"1"), (".hidden", b"2"), ("__MACOSX/a", b"3"), ("a", b"4")]);
    assert_eq!(seen(&tar).files, [("in!a".into(), b"1".to_vec()), ("in!a#2".into(), b"4".to_vec())]);
}

#[test]
fn what_was_before_the_damage_survives() {
    let text = b"UNB+UNOA:4+A+B line of a message\n".repeat(20_000);
    for packed in [gzip(&text), bz(&text), zstd_of(&text)] {
        let cut = seen(&packed[..packed.len() - 4]);
        assert_eq!(cut.faults.len(), 1);
        assert!(text.starts_with(&cut.files[0].1), "the bytes are right");
    }
    let tar = tar_of(&FILES);
    let cut = seen(&tar[..tar.len() - 1_024 - 512 - 500]);
    assert_eq!(cut.files[0].1, b"first");
    assert!(!cut.faults.is_empty(), "{cut:?}");
    let zip = zip_of(&FILES, true, false, false);
    let second = zip.windows(7).position(|w| w == b"d/b.txt").unwrap();
    let cut = seen(&zip[..second + 12]);
    assert_eq!((cut.files[0].1.as_slice(), cut.faults.is_empty()), (&b"first"[..], false));
    // Damage in one member leaves the others.
    let mut hurt = zip.clone();
    hurt[second + 9] ^= 0x55;
    let hurt = seen(&hurt);
    assert!(hurt.faults.iter().all(|(name, _)| name == "in!d/b.txt") && !hurt.faults.is_empty(), "{:?}", hurt.faults);
    assert_eq!((hurt.files.first().unwrap().1.as_slice(), hurt.files.last().unwrap().0.as_str()), (&b"first"[..], "in!c"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let zip = seen(&zip_of(&FILES, true, false, true));
    let encrypted = Fault::Encrypted("file in a ZIP archive");
    assert_eq!(zip.faults, FILES.map(|(name, _)| (format!("in!{name}"), encrypted)));
    assert_eq!(seen(b"7z\xBC\xAF\x27\x1C\x00\x04").faults, [("in".into(), Fault::Unread("7z archive"))]);
    assert_eq!(seen(&zip_of(&[], true, false, false)).faults, [("in".into(), Fault::Nothing("ZIP archive"))]);
    let mut deep = b"text".to_vec();
    (0..5).for_each(|_| deep = gzip(&deep));
    assert_eq!(seen(&deep).faults, [("in".into(), Fault::TooDeep)]);
}

#[test]
fn a_bomb_is_given_up() {
    struct Count(u64, Option<Fault>);
    impl Visitor for Count {
        fn file(&mut self, _: &str, _: Kind, content: &mut dyn BufRead) -> bool {
            let mut buffer = vec![0; 1 << 20];
            loop {
                match content.read(&mut buffer) {
                    Ok(0) => return true,
                    Ok(n) => self.0 += n as u64,
                    Err(e) => {
                        self.1 = Some(fault_of(&e));
                        return true;
                    }
                }
            }
        }
        fn fault(&mut self, _: &str, fault: Fault) -> bool {
            self.1 = Some(fault);
            true
        }
    }
    let bomb = zstd::stream::encode_all(std::io::repeat(b' ').take(ALWAYS * 2), 3).unwrap();
    let mut count = Count(0, None);
    open(bomb.as_slice(), "in", &Meter::default(), &mut count);
    assert_eq!(count.1, Some(Fault::TooLarge));
    assert!(count.0 <= ALWAYS + (bomb.len() as u64) * RATIO);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damage_never_panics(kind in 0..8_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let tar = tar_of(&FILES);
        let zip = |deflate, described| zip_of(&FILES, deflate, described, false);
        let mut packed = match kind {
            0 => gzip(&tar), 1 => zstd_of(&tar), 2 => xz(&tar), 3 => bz(&tar), 4 => tar,
            5 => zip(true, true), 6 => zip(true, false), _ => zip(false, false),
        };
        let at = at.index(packed.len());
        packed[at] = byte;
        packed.truncate(cut.index(packed.len()) + 1);
        let _ = seen(&packed);
    }
}
