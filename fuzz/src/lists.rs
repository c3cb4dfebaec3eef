//! Readers of lists: an error that names the file, or a list in which every row is counted.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tamis_lists::{ListError, ListRead, open_compiled, read, write_compiled};
use tamis_watchlist::{Generation, NameKind};
use twox_hash::XxHash3_128;

/// Stands between the files of an edition of OFAC.
const BETWEEN: u8 = 0x1c;
const LIST: &str = "list";
const EDITION: [&str; 4] = ["a", "b", "c", "d"];

/// A folder of this process, best in memory (`TMPDIR=/dev/shm`).
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tamis-fuzz-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

thread_local! {
    static FOLDER: RefCell<Folder> = RefCell::new(Folder::new("one"));
    static FILES: RefCell<Folder> = RefCell::new(Folder::new("four"));
}

fn check_path(path: &Path) -> Option<ListRead> {
    LazyLock::force(&crate::CONTAINED);
    match read(path) {
        Ok(list) => {
            conserved(&list);
            Some(list)
        }
        Err(error) => {
            assert!(error.to_string().contains("tamis-fuzz-"), "{error}");
            None
        }
    }
}

/// Each row is used, left out or passed over; each entity has a name, the primary one first.
fn conserved(list: &ListRead) {
    let report = &list.report;
    assert_eq!(report.rows, report.used + report.left_out + report.passed_over, "{:?}", report.unusable_by_code);
    assert_eq!(report.rows, report.files.iter().map(|file| file.rows).sum::<usize>());
    assert!(report.left_out == 0 || report.unusable_count() > 0);
    assert_eq!((report.entities, report.unusable.len()), (list.entities.len(), report.unusable_count().min(1_000)));
    for entity in &list.entities {
        assert!(entity.names.first().is_some_and(|n| n.kind == NameKind::Primary && !n.text.is_empty()));
    }
}

/// Reads bytes as a list in a file.
pub fn check_list(bytes: &[u8]) {
    FOLDER.with_borrow(|folder| check_path(&folder.file(LIST, bytes)));
}

/// The same behind a head that lets the reader of one form see the bytes.
pub fn check_list_behind(head: &str, bytes: &[u8]) {
    check_list(bytes);
    check_list(&[head.as_bytes(), bytes].concat());
}

/// Reads the files of an edition out of a folder, and by one of them.
pub fn check_edition(bytes: &[u8]) {
    FILES.with_borrow(|folder| {
        let mut parts = bytes.splitn(EDITION.len(), |byte| *byte == BETWEEN);
        for name in EDITION {
            folder.file(name, parts.next().unwrap_or_default());
        }
        check_path(&folder.0);
        check_path(&folder.0.join(EDITION[0]));
    });
}

/// Reads a spreadsheet with this content.
pub fn check_spreadsheet(content: &[u8]) {
    // A seed may be a spreadsheet already.
    check_list(content);
    check_list(&archive("content.xml", content));
}

/// An archive of one file that is only copied.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(content);
    let size = (content.len() as u32).to_le_bytes();
    let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    head.extend(sum.sum().to_le_bytes());
    head.extend(size);
    head.extend(size);
    head.extend((name.len() as u16).to_le_bytes());
    head.extend([0, 0]);
    let mut out = [b"PK\x03\x04", &head[..], name.as_bytes(), content].concat();
    let at = (out.len() as u32).to_le_bytes();
    let directory = [b"PK\x01\x02\x14\0", &head[..], &[0; 14], name.as_bytes()].concat();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at);
    out.extend([0, 0]);
    out
}

/// Compiles a list of any content, writes it and opens it again.
pub fn check_generation(bytes: &[u8]) {
    const HEAD: &[u8] = b"entity_id,name,list,name_kind,entity_kind,birth_dates,nationalities,sex,documents\n";
    FOLDER.with_borrow(|folder| {
        let Some(list) = check_path(&folder.file(LIST, &[HEAD, bytes].concat())) else { return };
        let Ok(generation) = Generation::build(list.entities) else { return };
        let path = folder.0.join("compiled");
        write_compiled(&generation, &path).expect("a generation can be written");
        let opened = open_compiled(&path).expect("what was written can be opened");
        assert_eq!((opened.id(), opened.len()), (generation.id(), generation.len()));
        for entity in 0..opened.len() as u32 {
            assert_eq!(opened.entity(entity), generation.entity(entity));
        }
        let again = check_path(&path).expect("and is a list");
        assert_eq!(again.entities.len(), generation.len());
    });
}

/// A compiled generation without its seal, and its id.
static COMPILED: LazyLock<(Vec<u8>, String)> = LazyLock::new(|| {
    let folder = Folder::new("base");
    let rows = "entity_id,name,list,birth_dates,nationalities,documents\n1,\"ROE, Jane\",l,1972,td,P:A1:TCD\n1,\"ROW, Jane\",l,,,\n2,ACME,m,,,\n";
    let list = read(&folder.file("list.csv", rows.as_bytes())).expect("a list");
    let generation = Generation::build(list.entities).expect("a generation");
    let path = folder.0.join("compiled");
    write_compiled(&generation, &path).expect("a generation can be written");
    let mut bytes = fs::read(path).expect("and read");
    bytes.truncate(bytes.len() - 32);
    (bytes, generation.id().to_owned())
});

/// Opens a compiled generation with changed bytes and a seal that is right. Each four bytes of the
/// input are a change: from which end, where, and the new byte.
pub fn check_compiled(bytes: &[u8]) {
    LazyLock::force(&crate::CONTAINED);
    let (base, id) = &*COMPILED;
    let mut arrow = base.clone();
    for change in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[1], change[2]]));
        let from_end = arrow.len().checked_sub(at + 1);
        match (change[0], from_end) {
            (0xff, Some(end)) => arrow.truncate(end),
            (from, Some(end)) if from % 2 == 1 => arrow[end] = change[3],
            _ => {
                if let Some(byte) = arrow.get_mut(at) {
                    *byte = change[3];
                }
            }
        }
    }
    let mut seal = (arrow.len() as u64).to_le_bytes().to_vec();
    seal.extend(XxHash3_128::oneshot(&arrow).to_le_bytes());
    seal.extend(b"TAMISGN1");
    FOLDER.with_borrow(|folder| match open_compiled(&folder.file("compiled", &[&arrow[..], &seal].concat())) {
        Ok(generation) => {
            assert_eq!(generation.id(), id);
            for entity in 0..generation.len() as u32 {
                assert!(!generation.entity(entity).names.is_empty());
            }
        }
        Err(error) => assert!(matches!(error, ListError::Compiled { .. }), "{error}"),
    });
}
