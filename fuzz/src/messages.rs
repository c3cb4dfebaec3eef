//! Decoders and readers of messages: every byte is accounted for.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use crate::unpack;
use tamis_decode::{Decoder, Neutral, Origin, last_boundary, last_row, table_header};

static MAPPINGS: LazyLock<Arc<Neutral>> = LazyLock::new(|| {
    let mut neutral = Neutral::default();
    for (name, text) in [
        ("ferry_passengers.toml", include_str!("../../docs/mappings/ferry_passengers.toml")),
        ("korea_declarations.toml", include_str!("../../docs/mappings/korea_declarations.toml")),
    ] {
        neutral.add(name, text).expect("the shipped mappings are right");
    }
    Arc::new(neutral)
});

thread_local! {
    // One decoder for all inputs, as in the pipeline: what one leaves behind must not hurt the next.
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::with_mappings(Arc::clone(&MAPPINGS)));
}

fn origin(position: i64) -> Origin<'static> {
    Origin { source: "fuzz", partition: "fuzz", position, received_at: 1_700_000_000_000_000 }
}

/// Decodes a piece and checks that every byte of it is counted once.
pub fn check(bytes: &[u8]) {
    DECODER.with_borrow_mut(|decoder| {
        decoder.decode(&origin(0), bytes);
        finish(decoder, bytes);
    });
}

fn finish(decoder: &mut Decoder, bytes: &[u8]) {
    let rows = decoder.rows();
    let decoded = decoder.finish().expect("the columns fit the schema");
    assert_eq!(rows, decoded.travellers.num_rows() + decoded.consignments.num_rows());
    let c = decoded.counts;
    // UTF-16 is counted as the UTF-8 that is read.
    if !is_utf16(bytes) {
        assert_eq!(c.bytes, c.decoded_bytes + c.dirt_bytes + c.dead_bytes + c.blank_bytes);
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || bytes.iter().take(4).any(|b| *b == 0)
}

/// The same behind a head that lets the decoder of one family see the bytes.
pub fn check_behind(head: &str, bytes: &[u8]) {
    check(bytes);
    let mut whole = Vec::with_capacity(head.len() + bytes.len());
    whole.extend_from_slice(head.as_bytes());
    whole.extend_from_slice(bytes);
    check(&whole);
}

/// Cuts a piece as the source does and decodes both sides.
pub fn check_cut(bytes: &[u8]) {
    check(bytes);
    if let Some(cut) = last_boundary(bytes) {
        assert!(cut > 0 && cut < bytes.len());
        check(&bytes[..cut]);
        check(&bytes[cut..]);
    }
    if let (Some(header), Some(cut)) = (table_header(bytes), last_row(bytes)) {
        assert!(cut <= bytes.len());
        if header < cut {
            DECODER.with_borrow_mut(|decoder| {
                decoder.decode_part(&origin(cut as i64), &bytes[..header], &bytes[cut..]);
                finish(decoder, &bytes[cut..]);
            });
        }
    }
}

/// Reads rows of an Arrow IPC stream.
pub fn check_rows(bytes: &[u8]) {
    LazyLock::force(&crate::CONTAINED);
    DECODER.with_borrow_mut(|decoder| {
        decoder.decode_rows(&origin(0), bytes);
        decoder.finish().expect("the columns fit the schema");
    });
}

/// Reads a mapping file: an error, or a mapping.
pub fn check_mapping(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(message) = Neutral::default().add("fuzz.toml", text)
    {
        assert!(message.starts_with("fuzz.toml:"));
    }
}

/// Opens packed input.
pub fn check_packed(bytes: &[u8]) {
    struct Ignore(u64);
    impl unpack::Visitor for Ignore {
        fn file(&mut self, _: &str, _: unpack::Kind, content: &mut dyn std::io::BufRead) -> bool {
            use std::io::Read;
            // Bombs have a test of their own.
            let read = std::io::copy(&mut content.take(1 << 20), &mut std::io::sink());
            self.0 += read.unwrap_or(0);
            self.0 < 4 << 20
        }
        fn fault(&mut self, _: &str, fault: unpack::Fault) -> bool {
            let (code, message) = fault.told();
            !code.code().is_empty() && !message.is_empty()
        }
    }
    unpack::open(bytes, "fuzz", &unpack::Meter::default(), &mut Ignore(0));
}
