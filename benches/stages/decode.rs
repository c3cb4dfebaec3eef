//! Decoding: PAXLST bytes to columns, one thread, in the pieces in which a source hands them on.
//!
//! Axes, and why they matter:
//! * clean, dirty (one interchange in twenty, as in the field) and filthy (all of them): repairs
//!   must cost those messages only that need them.
//! * bytes and travellers: bytes say how far from the memory we are, travellers what a border has.
//!
//! Counted: rows and dead letters are the groups of persons that were written, dead letters are
//! those broken on purpose.

use criterion::Throughput;
use tamis::decode::{DecodeCounts, Decoder, Origin};
use tamis_benches::{criterion, messages, pieces, sized};
use tamis_fixtures::{Config, World};

fn main() {
    let mut c = criterion();
    for (name, dirt_rate) in [("clean", 0.0), ("dirty", 0.05), ("filthy", 1.0)] {
        let world = World::new(Config { travellers: sized(50_000, 500), dirt_rate, ..Config::default() });
        let messages = messages(&world);
        let pieces = pieces(&messages.bytes);
        let check = |counts: DecodeCounts| {
            assert_eq!(counts.travellers + counts.dead_letters, messages.count.groups(), "rows and dead letters, {name}");
            assert_eq!(counts.dead_letters, messages.count.broken, "dead letters, {name}");
        };
        let mut decoder = Decoder::new();
        let mut group = c.benchmark_group("decode");
        for (unit, throughput) in [
            ("bytes", Throughput::Bytes(messages.bytes.len() as u64)),
            ("travellers", Throughput::Elements(messages.count.groups())),
        ] {
            group.throughput(throughput);
            group.bench_function(format!("{name}/{unit}"), |b| b.iter(|| check(decode(&mut decoder, &pieces))));
        }
        group.finish();
    }
    c.final_summary();
}

fn decode(decoder: &mut Decoder, pieces: &[&[u8]]) -> DecodeCounts {
    let (mut counts, mut position) = (DecodeCounts::default(), 0);
    for piece in pieces {
        decoder.decode(&Origin { source: "bench", partition: "memory", position, received_at: 0 }, piece);
        position += piece.len() as i64;
        counts += decoder.finish().expect("decoded columns fit their schema").counts;
    }
    counts
}
