//! Bytes a second of the cargo decoders on one core, from bytes to Arrow with all columns, on made
//! messages (by processor time), and how often they ask for memory once warm:
//! `cargo run --release -p tamis-decode --example cargo_speed [seconds]`.

mod common;

use std::fmt::Write as _;

use tamis_decode::{Decoder, Origin};

const WORDS: [&str; 12] =
    ["CONTAINER", "CONTAINING", "PARTS", "OF", "MACHINERY", "FOR", "MILLING", "AND", "MIXING", "WITH", "ACCESSORIES", "PACKED"];

/// Text of so many words.
fn words(seed: usize, n: usize) -> String {
    (0..n).map(|i| WORDS[(seed * 7 + i * 5) % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

/// A vessel manifest of so many bills, descriptions wrapped at 45 characters.
fn manifest(bills: usize) -> String {
    let mut out = String::from(
        "ISA*00*          *00*          *ZZ*CARRIER        *ZZ*CBP            *240301*0930*U*00401*000000077*0*P*>~\n\
         GS*SO*APP*CBP*20240301*0930*5*X*004010~\nST*309*0001~\nM10*ABCD*O*PA*9074729*NORTHERN STAR*012W*000123**W*L~\n\
         P4*2704*20240320**Y123~\n",
    );
    for i in 0..bills {
        let _ = write!(
            out,
            "LX*{i}~\nM11*BILL{i:08}*57035*{q}*PKG*14404*K*46*X*00*SANTOS**ABCD~\nN1*SH*MAKER {i} INDUSTRIA E COMERCIO~\n\
             N3*AVENIDA {i}*BAIRRO QUATRO~\nN4*SANTO ANDRE*SP*09015-901*BR~\nN1*CN*BUYER {i} NORTH AMERICA INC~\nN3*NEW WORLD AVE {i}~\n\
             N4*JACKSONVILLE*FL*32221*US~\nN1*N1*BROKERS AND CO~\nN3*CENTURY BLVD 22~\nN4*NASHVILLE*TN*37214*US~\nN1*FS*USJAX**USJAX~\n",
            q = 390
        );
        for _ in 0..=(i % 3) {
            let description = words(i, 30);
            let lines: Vec<&str> = description.as_bytes().chunks(45).map(|c| std::str::from_utf8(c).unwrap_or("")).collect();
            let _ = write!(
                out,
                "VID*4B*CSQU*3054383*SEAL{i}*****45G1*L*PP~\nN10*390*{}*MARKS {i}*J*843780*288085*K*14404~\n",
                lines[0]
            );
            for line in &lines[1..] {
                let _ = writeln!(out, "N10**{line}~");
            }
        }
    }
    let _ = write!(out, "SE*1*0001~\nGE*1*5~\nIEA*1*000000077~\n");
    out
}

/// A vessel report of so many bills.
fn report(bills: usize) -> String {
    let mut out = String::from(
        "UNB+UNOC:3+CARRIER:ZZ+CUSTOMS:ZZ+240301:0930+77'\nUNH+1+CUSCAR:D:95B:UN'\nBGM+85+MAN77+9'\nDTM+137:202403010900:203'\n\
         NAD+MS+AGNT:172:20'\nTDT+20+012W+1++ABCD:172:20+++9074729:146:11:NORTHERN STAR:PA'\nLOC+60+GBFXT::6'\nDTM+132:202403050600:203'\n",
    );
    for i in 0..bills {
        let _ = writeln!(out, "EQD+CN+UNIT{i:07}+45G1:102:5++3+5'\nMEA+AAE+G+KGM:19440'\nSEL+SEAL{i}'\nLOC+9+BEANR::6'");
    }
    for i in 0..bills {
        let _ = write!(
            out,
            "CNI+{i}+BILL{i:08}'\nRFF+BM:BILL{i:08}'\nCNT+7:14404'\nCNT+8:390'\nLOC+9+BEANR::6'\nLOC+11+GBFXT::6'\nLOC+76+PLGDY::6'\nGIS+23'\n\
             NAD+CZ+++MAKER {i} INDUSTRIE:EXPORT BV+DOCK {i}+ANTWERPEN++2030+BE'\nNAD+CN++BUYER {i} LTD:12 HIGH STREET:LEEDS:UNITED KINGDOM'\n\
             NAD+NI+++BROKERS AND CO+CENTURY ROAD 22+HULL++HU1 1AA+GB'\nGID+1+390:CT:::{}'\nFTX+AAA+++{}:{}'\nMEA+AAE+G+KGM:14404'\n\
             MEA+AAE+AAW+MTQ:46'\nSGP+UNIT{i:07}+390'\nPCI+24+MARKS {i}:1-390'\n",
            words(i, 4),
            words(i + 1, 8),
            words(i + 2, 8),
        );
    }
    let _ = write!(out, "UNT+1+1'\nUNZ+1+77'\n");
    out
}

fn main() {
    let seconds: f64 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(3.0);
    for (name, text) in [("X12 309", manifest(2000)), ("CUSCAR", report(2000))] {
        let origin = Origin { source: "speed", partition: "made", position: 0, received_at: 0 };
        let mut decoder = Decoder::new();
        let mut rows = 0_u64;
        let mut bytes = 0_u64;
        let mut run = || -> usize {
            decoder.decode(&origin, text.as_bytes());
            decoder.finish().map_or(0, |batch| batch.consignments.num_rows())
        };
        run();
        let allocations = common::allocations();
        let begin = common::ran();
        while ((common::ran() - begin) as f64) < seconds * 1e9 {
            rows += run() as u64;
            bytes += text.len() as u64;
        }
        let took = (common::ran() - begin) as f64 / 1e9;
        let allocations = (common::allocations() - allocations) as f64 / rows as f64;
        println!(
            "{name}: {:.0} MB/s, {:.0} rows/s, {} bytes a row, {allocations:.3} allocations a row",
            bytes as f64 / took / 1e6,
            rows as f64 / took,
            bytes / rows.max(1),
        );
    }
}
