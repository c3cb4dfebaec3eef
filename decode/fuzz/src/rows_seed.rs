//! Writes decoded travellers as an Arrow IPC stream: a seed of the target `rows`.

use std::io::Write;

use tamis_decode::{Decoder, Origin};

fn main() {
    let mut decoder = Decoder::new();
    let origin = Origin { source: "seed", partition: "seed", position: 0, received_at: 0 };
    decoder.decode(&origin, include_bytes!("../../tests/messages/paxlst.edi"));
    let batch = decoder.finish().expect("the columns fit the schema").travellers;
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a vector takes all");
    writer.write(&batch).expect("a vector takes all");
    let bytes = writer.into_inner().expect("a vector takes all");
    std::io::stdout().write_all(&bytes).expect("the output takes all");
}
