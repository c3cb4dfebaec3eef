//! How fast passenger lists and reservations become columns on one thread, and how often memory is asked for:
//! `cargo run --release -p tamis-decode --example passenger_speed [FILE…]`. Without files it makes its own messages.
//! The time is that of the thread on the processor, so that other work on the machine counts little.

mod common;

use std::fmt::Write as _;

use common::ran;
use tamis_decode::{Decoder, Origin};

/// Bytes of one batch.
const BATCH: usize = 4 << 20;

fn letters(n: usize, len: usize) -> String {
    (0..len).map(|i| char::from(b'A' + ((n / 7usize.pow(i as u32 % 7) + i * 5) % 26) as u8)).collect()
}

/// Segments of an interchange so far, its UNA and the terminator in it counted as one.
fn segments(text: &str) -> usize {
    text.matches('\'').count()
}

/// Passenger lists of 260 persons, who say all that Canada asks for: persons that lack something cost a finding each.
fn lists(bytes: usize) -> String {
    let mut out = String::new();
    let mut n = 0;
    while out.len() < bytes {
        let _ = write!(
            out,
            "UNA:+.? 'UNB+UNOA:4+QQ:ZZ+GOV:ZZ+240501:1200+7++APIS'UNH+M+PAXLST:D:05B:UN:IATA'BGM+745'\
             TDT+20+QQ0012+++QQ'LOC+125+JFK'DTM+189:2405011830:201'LOC+87+YYZ'DTM+232:2405012005:201'"
        );
        for i in 0..260 {
            n += 1;
            let _ = write!(
                out,
                "NAD+FL+++{}:{}:{}'ATT+2++{}'DTM+329:{:02}{:02}{:02}'LOC+178+JFK'LOC+179+YYZ'LOC+174+CAN'NAT+2+CAN'\
                 RFF+AVF:{}'DOC+P:110:111+{}{:07}'DTM+36:29{:02}15'LOC+91+CAN'",
                letters(n, 5 + n % 5),
                letters(n * 3, 4 + n % 4),
                letters(n * 5, 5),
                if n % 2 == 0 { 'M' } else { 'F' },
                n % 90,
                n % 12 + 1,
                n % 28 + 1,
                letters(n * 11, 6),
                letters(n, 1),
                n,
                n % 12 + 1,
            );
            let _ = i;
        }
        let _ = write!(out, "CNT+42:260'UNT+{}+M'UNZ+1+7'", 260 * 11 + 9);
        out.push('\n');
    }
    out
}

/// Reservations of one to four travellers, a hundred in a message, about 2 KB each.
fn reservations(bytes: usize) -> String {
    let mut out = String::new();
    let mut n = 0;
    while out.len() < bytes {
        let from = out.len();
        let _ = write!(
            out,
            "UNA:+.? 'UNB+IATA:1+QQ+GOV+240501:1200+7'UNH+1+PNRGOV:15:1:IA+REF{n}'MSG+:22'ORG+QQ:YYZ'\
             TVL+030524:1830:030524:2005+YYZ+JFK+QQ+0012'EQN+100'"
        );
        for _ in 0..100 {
            n += 1;
            let party = n % 4 + 1;
            let _ = write!(
                out,
                "SRC'RCI+QQ:{}::010324:0930'DAT+700:020524:1000+710:010324:0931'ORG+1A:MUC+1234567{}:YTOQQ0100+YTO+QQ:YTO+T+CA:CAD+AA1'\
                 ADD++702:{} FRONT STREET:TORONTO:ON::CA:M5V1A1:4165550{:03}'",
                letters(n, 6),
                n % 10,
                n % 900,
                n % 1000
            );
            for p in 1..=party {
                let (surname, given) = (letters(n * 3, 5 + n % 5), letters(n * 7 + p, 4 + n % 4));
                let _ = write!(
                    out,
                    "TIF+{surname}+{given}MR:A:{p}'FTI+QQ:{n:09}:::GOLD'IFT+4:28::YY+CTCE {given}.{surname}//EXAMPLE.ORG'REF+:00{n:08X}{p}'\
                     FAR+A+{}++++QFLEX'SSR+DOCS:HK:1:QQ:::::/P/CAN/{}{n:06}/CAN/{:02}FEB{:02}/M/15DEC29/{surname}/{given}/{}'\
                     TKT+016212{n:07}:T:1'MON+B:300.00:CAD+T:340.50:CAD'PTK+NR++010324:1010+QQ+006+YTO'\
                     TXD++3.10:::AY6+8.50:::YQ+3.40:::YC+4.30:::XY'DAT+710:010324:1200'FOP+CC::340.50:VI:XXXXXXXXXXXX{:04}:0930'",
                    20 + n % 60,
                    letters(n + p, 2),
                    n % 28 + 1,
                    n % 90,
                    letters(n, 5),
                    n % 10000
                );
            }
            let _ = write!(
                out,
                "TVL+010524:0900::1100+YVR+YYZ+QQ+0100:Y'RPI+{party}+HK'APD+777'TVL+030524:1830::2005+YYZ+JFK+QQ+0012:Y'RPI+{party}+HK'APD+321'SSR+SEAT:HK:{party}:QQ:::YYZ:JFK"
            );
            (1..=party).for_each(|p| {
                let _ = write!(out, "+{}{}::{p}", n % 40 + 1, letters(p, 1));
            });
            out.push('\'');
            for p in 1..=party {
                let _ = write!(
                    out,
                    "TRI++{}:::{p}'TIF+{}+{}MR:A:{p}'SSD+{}A++++Y'TBD++1:20:700+++QQ:{n:06}::JFK'",
                    n % 300,
                    letters(n * 3, 5 + n % 5),
                    letters(n * 7 + p, 4 + n % 4),
                    n % 40 + 1
                );
            }
            out.push_str("ABI+4+:YYZ++QQ'DAT+ZT:010324:0931'SAC+++A'TVL+030524:1830::2005+YYZ+JFK+QQ+0012:Y'LTS+0/O/NM/SOME HISTORY TEXT OF A RESERVATION 1234 ABCD'LTS+1/Z/QQ CR-YTOQQ0100 12345678 SU 0001AA/DS-9CCFDE59 01MAR0931Z'");
        }
        let count = segments(&out[from..]) - 1;
        let _ = write!(out, "UNT+{count}+1'UNZ+1+7'");
        out.push('\n');
    }
    out
}

fn measure(name: &str, text: &[u8]) {
    // Interchanges end with a line feed, so a batch can be cut there.
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let near = (from + BATCH).min(text.len());
        let to = text[near..].iter().position(|b| *b == b'\n').map_or(text.len(), |i| near + i + 1);
        pieces.push(&text[from..to]);
        from = to;
    }
    let mut decoder = Decoder::new();
    let (mut best, mut rows, mut dead, mut allocations) = (u64::MAX, 0, 0, 0);
    for _ in 0..7 {
        (rows, dead) = (0, 0);
        let (before, asked) = (ran(), common::allocations());
        for piece in &pieces {
            decoder.decode(&Origin { source: "speed", partition: "memory", position: 0, received_at: 0 }, piece);
            let Ok(decoded) = decoder.finish() else { return };
            rows += decoded.travellers.num_rows();
            dead += decoded.dead_letters.num_rows();
        }
        best = best.min(ran() - before);
        allocations = common::allocations() - asked;
    }
    println!(
        "{name}: {} MB, {rows} rows, {dead} dead letters, {:.0} MB/s, {:.0} ns and {} bytes a row, {:.3} allocations a row",
        text.len() / 1_000_000,
        text.len() as f64 / best as f64 * 1000.0,
        best as f64 / rows.max(1) as f64,
        text.len() / rows.max(1),
        allocations as f64 / rows.max(1) as f64
    );
}

fn main() {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    for file in &files {
        match std::fs::read(file) {
            Ok(text) => measure(&file.to_string_lossy(), &text.repeat((BATCH / text.len().max(1)).max(1))),
            Err(e) => eprintln!("{}: {e}", file.to_string_lossy()),
        }
    }
    if files.is_empty() {
        measure("PAXLST", lists(16 << 20).as_bytes());
        measure("PNRGOV", reservations(16 << 20).as_bytes());
    }
}
