//! What a piece of input is, by its content; file names are never asked.

use memchr::memmem;

use super::edifact::skip_blanks;

/// A format that Tamis can tell from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// UN/EDIFACT passenger and crew list.
    Paxlst,
    /// US-EDIFACT passenger and crew list (PAXLST:001:000).
    UsPaxlst,
    /// Passenger name records, EDIFACT.
    Pnrgov,
    /// Passenger name records, XML.
    PnrgovXml,
    /// Customs response, also the reply of interactive API.
    Cusres,
    /// Customs cargo report.
    Cuscar,
    /// Customs conveyance report.
    Cusrep,
    /// Another EDIFACT message.
    Edifact,
    /// X12 customs manifest (309).
    X12Manifest,
    /// X12 freight receipt and invoice (310).
    X12Bill,
    /// Another X12 transaction set.
    X12,
    /// IATA Cargo-IMP message.
    CargoImp,
    /// IATA Cargo-XML message.
    CargoXml,
    /// Entry summary declaration, XML (IE315 and its answers).
    EnsXml,
    /// Other XML.
    Xml,
    /// Interactive advance passenger processing (`CIRQ:`).
    Iapp,
    /// JSON.
    Json,
    /// Separated values.
    Csv,
    /// Other text.
    Text,
    /// No text.
    Binary,
    /// Nothing but blanks.
    Empty,
}

impl Format {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paxlst => "PAXLST",
            Self::UsPaxlst => "US-EDIFACT PAXLST",
            Self::Pnrgov => "PNRGOV",
            Self::PnrgovXml => "PNRGOV XML",
            Self::Cusres => "CUSRES",
            Self::Cuscar => "CUSCAR",
            Self::Cusrep => "CUSREP",
            Self::Edifact => "EDIFACT",
            Self::X12Manifest => "X12 309 manifest",
            Self::X12Bill => "X12 310 bill",
            Self::X12 => "X12",
            Self::CargoImp => "Cargo-IMP",
            Self::CargoXml => "Cargo-XML",
            Self::EnsXml => "ENS XML",
            Self::Xml => "XML",
            Self::Iapp => "interactive APP",
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Empty => "empty",
        }
    }

    /// Whether the format carries advance information that a later decoder will read. Other EDIFACT,
    /// XML and X12 is at least known by name.
    pub fn is_to_come(self) -> bool {
        !matches!(self, Self::Paxlst | Self::UsPaxlst | Self::Json | Self::Text | Self::Binary | Self::Empty)
    }

    /// Whether Tamis decodes it.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Paxlst | Self::UsPaxlst)
    }
}

/// Format of an EDIFACT message by the first components of its type (UNH S009).
pub(super) fn of_message(kind: &[u8], version: &[u8], release: &[u8]) -> Format {
    match kind.to_ascii_uppercase().as_slice() {
        b"PAXLST" if version == b"001" && release == b"000" => Format::UsPaxlst,
        b"PAXLST" => Format::Paxlst,
        b"PNRGOV" => Format::Pnrgov,
        b"CUSRES" => Format::Cusres,
        b"CUSCAR" => Format::Cuscar,
        b"CUSREP" => Format::Cusrep,
        _ => Format::Edifact,
    }
}

/// Format of a whole piece of input.
pub fn detect(bytes: &[u8]) -> Format {
    let start = skip_blanks(bytes, 0);
    let body = &bytes[start..];
    if body.is_empty() {
        return Format::Empty;
    }
    if let Some(format) = edifact(bytes) {
        return format;
    }
    outside_edifact(body)
}

/// Format of the first EDIFACT message, if there is one.
fn edifact(bytes: &[u8]) -> Option<Format> {
    let from = super::framing::starts(bytes).first().copied().or_else(|| messages(bytes).next())?;
    let text = &bytes[from..];
    let syntax = super::edifact::Syntax::infer(text);
    let mut buffers = super::edifact::Buffers::default();
    let mut reader = super::edifact::Reader::new(text, syntax, &mut buffers);
    let mut left = 64;
    while let Some(piece) = reader.next() {
        left -= 1;
        if left == 0 {
            break;
        }
        if matches!(piece, super::edifact::Piece::Segment(_)) && reader.tag() == super::edifact::tags::UNH {
            return Some(of_message(reader.field(2, 0), reader.field(2, 1), reader.field(2, 2)));
        }
    }
    Some(Format::Edifact)
}

/// Where messages begin, whether they have an interchange header or not: a UNH with a reference and
/// a type.
pub(super) fn messages(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    super::framing::service_tags(bytes, b'H').into_iter().filter(|at| {
        let window: Vec<u8> = super::framing::unwrapped(&bytes[*at..]).take(60).collect();
        let separator = window.get(3).copied().unwrap_or(b'A');
        !separator.is_ascii_alphanumeric()
            && separator > b' '
            && ["PAXLST", "PNRGOV", "CUSRES", "CUSCAR", "CUSREP"]
                .iter()
                .any(|name| memmem::find(&window, name.as_bytes()).is_some())
    })
}

/// Format of text that holds no EDIFACT message.
pub(super) fn outside_edifact(bytes: &[u8]) -> Format {
    let body = &bytes[skip_blanks(bytes, 0)..];
    let head = &body[..body.len().min(4096)];
    if head.is_empty() {
        return Format::Empty;
    }
    if super::xml::is_utf16(head).is_some() {
        // The letters that tell formats apart are the same without their noughts.
        let letters: Vec<u8> = head.iter().copied().filter(|b| (1..0x80).contains(b)).collect();
        let is_text = letters.len() * 5 > head.len() * 2;
        return if is_text && letters.first() == Some(&b'<') { xml(&letters) } else { Format::Binary };
    }
    if is_binary(head) {
        return Format::Binary;
    }
    if let Some(format) = x12(head) {
        return format;
    }
    if head[0] == b'<' {
        return xml(head);
    }
    if head.starts_with(b"CIRQ:") || head.starts_with(b"CIRS:") {
        return Format::Iapp;
    }
    let lines: Vec<&[u8]> =
        head.split(|b| matches!(b, b'\n' | b'\r')).map(<[u8]>::trim_ascii).filter(|l| !l.is_empty()).take(12).collect();
    if lines.iter().any(|l| super::cargo_imp::begins(l)) {
        return Format::CargoImp;
    }
    if matches!(head[0], b'{' | b'[') && memmem::find(head, b"\"").is_some() {
        return Format::Json;
    }
    if is_csv(&lines) { Format::Csv } else { Format::Text }
}

fn is_binary(head: &[u8]) -> bool {
    // A damaged byte may be nought; files of another kind have many.
    if memchr::memchr_iter(0, head).count() > 1 + head.len() / 200 {
        return true;
    }
    // Telegrams frame their text with a few of these; files that hold many of them are no text.
    let controls = head.iter().filter(|b| (**b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t')) || **b == 0x7F).count();
    if controls * 20 > head.len() {
        return true;
    }
    // A cut character at the end is no sign of anything.
    match std::str::from_utf8(head) {
        Ok(_) => false,
        Err(e) if e.error_len().is_none() => false,
        Err(_) => head.iter().filter(|b| **b >= 0x80).count() * 3 > head.len(),
    }
}

/// An interchange (ISA), or a functional group or transaction set without one.
fn x12(head: &[u8]) -> Option<Format> {
    let (tag, rest) = head.split_at_checked(3)?;
    let (separator, first) = match tag {
        b"ISA" => (*rest.first()?, rest.get(1..3)?),
        [b'G', b'S', separator] | [b'S', b'T', separator] => (*separator, rest.get(..2)?),
        _ => return None,
    };
    if separator.is_ascii_alphanumeric() || separator <= b' ' || !first.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let set = memmem::find_iter(head, b"ST").find_map(|i| {
        let rest = &head[i + 2..];
        let begins = i == 0 || !head[i - 1].is_ascii_alphanumeric();
        (begins && rest.first() == Some(&separator))
            .then(|| rest.get(1..4))
            .flatten()
            .filter(|s| s.iter().all(u8::is_ascii_digit))
    });
    match set {
        Some(b"309") => Some(Format::X12Manifest),
        Some(b"310") => Some(Format::X12Bill),
        Some(_) => Some(Format::X12),
        None => (tag == b"ISA").then_some(Format::X12),
    }
}

fn xml(head: &[u8]) -> Format {
    let has = |needle: &str| memmem::find(head, needle.as_bytes()).is_some();
    if has("PNRGOV") {
        Format::PnrgovXml
    } else if has("iata:datamodel") || has("iata:waybill") || has("iata:housewaybill") || has("FlightManifest") {
        Format::CargoXml
    } else if has("CC315A") || has("CC328A") || has("CC316A") || has("CC313A") || has("entryDeclaration") {
        Format::EnsXml
    } else {
        Format::Xml
    }
}

fn is_csv(lines: &[&[u8]]) -> bool {
    // The last line may be cut.
    let whole = if lines.len() > 2 { &lines[..lines.len() - 1] } else { lines };
    [b',', b';', b'\t', b'|'].iter().any(|separator| {
        let count = |line: &[u8]| memchr::memchr_iter(*separator, line).count();
        let Some(first) = whole.first().map(|l| count(l)) else { return false };
        // Quoted cells may hold separators: most lines must agree.
        first > 0 && whole.iter().filter(|l| count(l) == first).count() * 3 >= whole.len() * 2 && whole.len() > 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_content() {
        for (text, want) in [
            ("", Format::Empty),
            (" \r\n\u{feff}", Format::Empty),
            ("UNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:D:02B:UN:IATA'", Format::Paxlst),
            ("QD ADDR\n.HDQ 1306\nUNB+UNOA:4+A+B+200101:1200+1'UNH+1+PAXLST:001:000:NZ'", Format::UsPaxlst),
            ("UNA:+.\\ '\nUNB+IATA:1+1A'UNH+1+PNRGOV:11:1:IA'", Format::Pnrgov),
            ("UNH+1+CUSRES:D:05B:UN:IATA'", Format::Cusres),
            ("UNB+UNOC:3+A'UNH+1+CUSREP:D:99B:UN'", Format::Cusrep),
            ("UNB+UNOC:3+A'UNH+1+INVOIC:D:99B:UN'", Format::Edifact),
            ("ISA*00*          *00*   ~\nGS*SO*X~ST*309*3899~", Format::X12Manifest),
            ("ISA*00*          *00*   ~\nGS*SO*X~ST*350*3899~", Format::X12),
            ("ST*310*1~B3*X~", Format::X12Bill),
            ("ST. JOHN was here", Format::Text),
            ("FWB/17\n020-12345675BRULAX/T6K120.0MC0.31\n", Format::CargoImp),
            ("<?xml version='1.0'?><IATA_PNRGOV_NotifRQ>", Format::PnrgovXml),
            ("<ns:Waybill xmlns='iata:datamodel:3'>", Format::CargoXml),
            ("<a/>", Format::Xml),
            ("CIRQ:/UTUTA1/N//26/INT/8/S", Format::Iapp),
            ("name,birth\nA,1\nB,2\n", Format::Csv),
            ("just a letter, to nobody\nwith words", Format::Text),
            ("{\"a\": 1}", Format::Json),
        ] {
            assert_eq!(detect(text.as_bytes()), want, "{text}");
        }
        assert_eq!(detect(&[0x50, 0x4B, 3, 4, 0, 0, 9]), Format::Binary);
        assert_eq!(detect(&[0xFF, 0xD8, 0xFF, 0xE0, 0x90, 0x91]), Format::Binary);
    }
}
