#![allow(clippy::unwrap_used)]
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::super::files::FILES;
use super::*;
use crate::flow::Budget;
use crate::runtime::Stop;

fn newline(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', bytes).map(|n| n + 1)
}

fn never(_: &[u8]) -> Option<usize> {
    None
}

const LINES: Framing = Framing { message: newline, row: never, header: never };

fn header(bytes: &[u8]) -> Option<usize> {
    bytes.starts_with(b"head\n").then_some(5)
}

const TABLES: Framing = Framing { message: never, row: newline, header };

fn all(inputs: &Inputs, limits: ReadLimits, framing: Framing) -> Vec<RawMessage> {
    let (tx, rx) = crossbeam_channel::bounded(100_000);
    let outlet = Outlet::new(tx, Budget::new(usize::MAX), Stop::default(), Arc::default());
    assert!(read(inputs, limits, framing, &outlet).unwrap());
    let sent = outlet.sent();
    drop(outlet);
    let batches: Vec<_> = rx.iter().collect();
    assert_eq!(sent, batches.len() as u64);
    assert!(batches.iter().enumerate().all(|(i, b)| b.sequence == i as u64));
    batches.into_iter().flat_map(|b| b.messages).collect()
}

fn in_folder(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let paths = vec![dir.path().to_owned()];
    (dir, paths)
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let (_dir, paths) = in_folder(&[("c.txt", b"3"), ("b/2.txt", b"2"), ("a.txt", b"1"), (".hidden", b"0"), ("d.txt", b"")]);
    let inputs = Inputs::gather(&paths).unwrap();
    let texts: Vec<_> = all(&inputs, ReadLimits::default(), LINES).into_iter().map(|m| m.bytes).collect();
    assert_eq!(texts, ["1", "2", "3", ""]);
    assert_eq!(inputs.total_bytes(), Some(3));
}

fn text() -> String {
    (0..5_000).map(|n| "x".repeat(n % 97)).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_large_file_is_cut_at_messages_and_loses_no_byte() {
    let text = text();
    let (_dir, paths) = in_folder(&[("big", text.as_bytes())]);
    let inputs = Inputs::gather(&paths).unwrap();
    for piece_bytes in [1, 10, 100, 1_000, text.len() - 1, text.len(), text.len() + 1] {
        let limits = ReadLimits { group_bytes: 500, piece_bytes, ..ReadLimits::default() };
        let messages = all(&inputs, limits, LINES);
        let mut position = 0;
        for m in &messages {
            assert_eq!(m.position, position);
            assert!(m.bytes.ends_with(b"\n"), "{piece_bytes}");
            position += m.bytes.len() as i64;
            assert_eq!(m.until, position);
        }
        assert_eq!(messages.iter().flat_map(|m| m.bytes.to_vec()).collect::<Vec<_>>(), text.as_bytes());
    }
}

#[test]
fn a_message_longer_than_allowed_is_handed_on() {
    let (_dir, paths) = in_folder(&[("long", "x".repeat(1_000).as_bytes())]);
    let inputs = Inputs::gather(&paths).unwrap();
    let limits = ReadLimits { piece_bytes: 10, longest_message: 100, ..ReadLimits::default() };
    assert_eq!(all(&inputs, limits, LINES).iter().map(|m| m.bytes.len()).sum::<usize>(), 1_000);
}

#[test]
fn pieces_of_a_table_carry_its_header() {
    let text = format!("head\n{}", text());
    let (_dir, paths) = in_folder(&[("table", text.as_bytes())]);
    let mut inputs = Inputs::gather(&paths).unwrap();
    let limits = ReadLimits { piece_bytes: 1_000, ..ReadLimits::default() };
    let messages = all(&inputs, limits, TABLES);
    assert!(messages.len() > 100);
    let header = |m: &RawMessage| match &m.content {
        Content::Messages { header } => header.clone(),
        _ => panic!("{m:?}"),
    };
    assert_eq!(header(&messages[0]), "");
    assert!(messages[1..].iter().all(|m| header(m) == "head\n"));
    // Also where an earlier run left it.
    inputs.files[0].from = messages[50].position as u64;
    let rest = all(&inputs, limits, TABLES);
    assert_eq!((rest[0].position, header(&rest[0])), (messages[50].position, Bytes::from_static(b"head\n")));
}

/// Runs until so many messages were committed, then again from there.
fn interrupted(paths: &[PathBuf], committed: usize) -> (Vec<RawMessage>, Vec<RawMessage>) {
    let limits = ReadLimits { piece_bytes: 1_000, ..ReadLimits::default() };
    let mut inputs = Inputs::gather(paths).unwrap();
    let first: Vec<_> = all(&inputs, limits, LINES).into_iter().take(committed).collect();
    inputs.resume(first.iter().map(|m| (&*m.source, &*m.progress, m.until as u64)));
    (first, all(&inputs, limits, LINES))
}

#[test]
fn what_was_committed_is_not_read_again() {
    let (_dir, paths) = in_folder(&[("a", b"1\n2\n"), ("b", b"3\n4\n"), ("c", b"")]);
    let mut inputs = Inputs::gather(&paths).unwrap();
    let names: Vec<_> = inputs.files.iter().map(InputFile::progress).collect();
    inputs.resume(names.iter().zip([4, 2, 0]).map(|(name, at)| (FILES, name.as_str(), at)));
    assert_eq!((inputs.files.len(), inputs.skipped, inputs.total_bytes()), (1, 2, Some(2)));
    let messages = all(&inputs, ReadLimits::default(), LINES);
    assert_eq!((messages.len(), messages[0].position, &messages[0].bytes[..]), (1, 2, &b"4\n"[..]));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_input_is_resumed_at_any_message() {
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["one", "two"] {
        let mut head = tar::Header::new_gnu();
        let text = text()[..20_000].to_owned();
        head.set_size(text.len() as u64);
        builder.append_data(&mut head, name, text.as_bytes()).unwrap();
    }
    let packed = gzip(&builder.into_inner().unwrap());
    for bytes in [packed.clone(), packed[..packed.len() - 300].to_vec(), gzip(text().as_bytes())] {
        let (_dir, paths) = in_folder(&[("in.bin", &bytes)]);
        let (whole, _) = interrupted(&paths, usize::MAX);
        let content =
            |m: &RawMessage| (m.partition.to_string(), m.position, m.until, format!("{:?}", m.content), m.bytes.clone());
        for committed in [0, 1, 5, 20, 21, 22, 40, whole.len() - 1, whole.len()] {
            let (mut first, rest) = interrupted(&paths, committed);
            first.extend(rest);
            assert_eq!(
                first.iter().map(content).collect::<Vec<_>>(),
                whole.iter().map(content).collect::<Vec<_>>(),
                "{committed}"
            );
        }
    }
}

#[test]
fn rows_of_parquet_and_arrow() {
    use arrow::array::{AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::Int64Type;
    use arrow::ipc::reader::StreamReader;
    use std::sync::Arc;
    let numbers = Arc::new(Int64Array::from_iter_values(0..20_000)) as arrow::array::ArrayRef;
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    let mut parquet_file = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet_file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    let mut file = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let (stream, file) = (stream.into_inner().unwrap(), file.into_inner().unwrap());
    let packed = gzip(&parquet_file);
    for bytes in [parquet_file.as_slice(), &stream, &file, &packed] {
        let (_dir, paths) = in_folder(&[("table", bytes)]);
        for committed in 0..4 {
            let (mut messages, rest) = interrupted(&paths, committed);
            messages.extend(rest);
            let mut seen = Vec::new();
            for m in messages.iter().filter(|m| matches!(m.content, Content::Rows)) {
                assert_eq!(m.position, seen.len() as i64);
                for batch in StreamReader::try_new(&m.bytes[..], None).unwrap() {
                    seen.extend_from_slice(batch.unwrap().column(0).as_primitive::<Int64Type>().values());
                }
                assert_eq!(m.until, seen.len() as i64);
            }
            assert!(seen.iter().copied().eq(0..20_000));
        }
    }
    let (_dir, paths) = in_folder(&[("table", &parquet_file[..parquet_file.len() / 2])]);
    let messages = all(&Inputs::gather(&paths).unwrap(), ReadLimits::default(), LINES);
    assert!(matches!(messages[0].content, Content::Fault(Fault::Damaged("Parquet file"))));
}

/// The readers of Parquet and Arrow panic on some damaged files; a file costs itself only.
#[test]
fn damaged_rows_stop_nobody() {
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let numbers = Arc::new(Int64Array::from_iter_values(0..3)) as arrow::array::ArrayRef;
    let texts = Arc::new(StringArray::from_iter_values(["a", "b", "c"])) as arrow::array::ArrayRef;
    let batch = RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap();
    let mut parquet_file = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet_file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut file = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    for bytes in [parquet_file, file.into_inner().unwrap()] {
        for at in (0..bytes.len()).step_by(3) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            let (_dir, paths) = in_folder(&[("a", &damaged), ("b", b"UNB+UNOA:4+A+B+240501:1200+1'")]);
            let messages = all(&Inputs::gather(&paths).unwrap(), ReadLimits::default(), LINES);
            assert!(messages.iter().any(|m| m.bytes.starts_with(b"UNB+")), "byte {at}");
        }
    }
}
