//! What a piece of input is, by its content; file names are never asked.

use std::borrow::Cow;

use memchr::memmem;

use super::edifact::skip_blanks;
use super::framing;
use super::neutral::text;
use super::split::{Kind, Splitter, telex, x12, xml};

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
    /// X12 customs consist (358).
    X12Consist,
    /// Another X12 transaction set.
    X12,
    /// IATA Cargo-IMP message.
    CargoImp,
    /// US customs air message (CAMIR-Air).
    CamirAir,
    /// IATA Cargo-XML message.
    CargoXml,
    /// Entry summary declaration, XML (IE315 and its answers).
    EnsXml,
    /// Declaration in the WCO Data Model, XML.
    WcoXml,
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
            Self::X12Consist => "X12 358 consist",
            Self::X12 => "X12",
            Self::CargoImp => "Cargo-IMP",
            Self::CamirAir => "CAMIR-Air",
            Self::CargoXml => "Cargo-XML",
            Self::EnsXml => "ENS XML",
            Self::WcoXml => "WCO XML",
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
        !self.is_decoded() && !matches!(self, Self::Json | Self::Text | Self::Binary | Self::Empty)
    }

    /// Whether Tamis decodes it.
    pub fn is_decoded(self) -> bool {
        self.is_list()
            || matches!(self, Self::Pnrgov | Self::PnrgovXml | Self::Cusres | Self::Iapp | Self::Cuscar | Self::Cusrep)
            || matches!(self, Self::X12Manifest | Self::X12Bill | Self::X12Consist)
            || matches!(self, Self::CargoImp | Self::CargoXml | Self::EnsXml | Self::WcoXml)
    }

    /// Whether it is a passenger list.
    pub(super) fn is_list(self) -> bool {
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

/// Format of the first message, document or table in a piece of input; that of the text where
/// there is none.
pub fn detect(bytes: &[u8]) -> Format {
    let mut regions = Splitter::new(bytes);
    let mut other = None;
    while let Some(region) = regions.next() {
        match region.kind {
            Kind::Edifact => return edifact(&bytes[region.range]).unwrap_or(Format::Edifact),
            Kind::Document { format, .. } => return format,
            Kind::Other => other = other.or_else(|| Some(outside(&bytes[region.range]))),
        }
    }
    other.unwrap_or(Format::Empty)
}

/// What a message or document is called where its format alone says too little: `EDIFACT INVOIC`,
/// `X12 350`, `Cargo-IMP FSU`, `XML invoice`. Holds nothing but the name of a type.
pub(super) fn name_of(format: Format, bytes: &[u8]) -> Cow<'static, str> {
    let named = |first: &str, name: &[u8]| {
        // A name of a type is short; what is not may be anything.
        let name = name.get(..name.len().min(40)).unwrap_or_default();
        let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        match std::str::from_utf8(name) {
            Ok(name) if plain && !name.is_empty() => Cow::Owned([first, " ", name].concat()),
            _ => Cow::Borrowed(format.name()),
        }
    };
    match format {
        Format::Edifact => named("EDIFACT", &message_type(bytes)),
        Format::X12 => named("X12", x12::sets(bytes).first().map_or(&[][..], |s| &s[..])),
        Format::CargoImp => named("Cargo-IMP", telex::imp_header(telex::line(bytes, 0)).unwrap_or_default()),
        Format::CamirAir => named("CAMIR-Air", telex::line(bytes, 0).trim_ascii()),
        Format::CargoXml | Format::Xml => {
            let root = xml::root_name(bytes, skip_blanks(bytes, 0));
            match std::str::from_utf8(root).ok().and_then(super::cargo_xml::other) {
                Some(name) => Cow::Borrowed(name),
                None => named(format.name(), root),
            }
        }
        Format::EnsXml => {
            super::ens::name(bytes).unwrap_or_else(|| named("ENS XML", xml::root_name(bytes, skip_blanks(bytes, 0))))
        }
        Format::WcoXml => Cow::Borrowed(super::wco::name(bytes)),
        f => Cow::Borrowed(f.name()),
    }
}

/// Type in the first UNH, six letters.
fn message_type(bytes: &[u8]) -> Vec<u8> {
    let unh = messages(bytes).next().unwrap_or(0);
    let window: Vec<u8> = framing::unwrapped(&bytes[unh..]).take(64).collect();
    type_in(&window).map(<[u8]>::to_vec).unwrap_or_default()
}

/// The message type in a UNH: the first component of the element behind the reference.
fn type_in(unh: &[u8]) -> Option<&[u8]> {
    let rest = unh.get(3..)?.trim_ascii_start();
    let (&separator, rest) = rest.split_first()?;
    if separator.is_ascii_alphanumeric() || separator <= b' ' || separator >= 0x7F {
        return None;
    }
    let reference = rest.iter().take(36).position(|b| *b == separator)?;
    let kind = rest.get(reference + 1..)?.trim_ascii_start();
    let name = kind.get(..6).filter(|n| n.iter().all(u8::is_ascii_alphabetic))?;
    kind.get(6).is_some_and(|b| !b.is_ascii_alphanumeric() && *b > b' ').then_some(name)
}

/// Format of the first EDIFACT message, if there is one.
fn edifact(bytes: &[u8]) -> Option<Format> {
    let from = framing::starts(bytes).first().copied().or_else(|| messages(bytes).next())?;
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
    framing::service_tags(bytes, b'H').into_iter().filter(|at| {
        let window: Vec<u8> = framing::unwrapped(&bytes[*at..]).take(64).collect();
        (*at == 0 || !bytes[*at - 1].is_ascii_alphanumeric()) && type_in(&window).is_some()
    })
}

/// Format of text that is no message of any kind.
pub(super) fn outside(bytes: &[u8]) -> Format {
    let body = &bytes[skip_blanks(bytes, 0)..];
    let head = &body[..body.len().min(4096)];
    if head.is_empty() {
        return Format::Empty;
    }
    if is_binary(head) {
        return Format::Binary;
    }
    if text::separator(head).is_some() { Format::Csv } else { Format::Text }
}

/// The text of a piece in UTF-16, with or without byte order mark; `None` where it is none.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (little, body) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (true, rest),
        [0xFE, 0xFF, rest @ ..] => (false, rest),
        // Text of any format begins with ASCII.
        [a @ 0x09..=0x7E, 0, b @ 0x09..=0x7E, 0, ..] if *a != 0 && *b != 0 => (true, bytes),
        [0, 0x09..=0x7E, 0, 0x09..=0x7E, ..] => (false, bytes),
        _ => return None,
    };
    let units = body.chunks(2).map(|pair| match *pair {
        [a, b] if little => u16::from_le_bytes([a, b]),
        [a, b] => u16::from_be_bytes([a, b]),
        // A byte at the end that has lost its other half.
        _ => 0xFFFD,
    });
    let mut text = Vec::with_capacity(body.len());
    let mut buffer = [0; 4];
    for unit in char::decode_utf16(units) {
        text.extend_from_slice(unit.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut buffer).as_bytes());
    }
    Some(text)
}

pub(super) fn is_binary(head: &[u8]) -> bool {
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

/// Format of an X12 interchange, group or set by its first set that Tamis knows.
pub(super) fn x12(bytes: &[u8]) -> Format {
    let known = |set: &[u8; 3]| match set {
        b"309" => Some(Format::X12Manifest),
        b"310" => Some(Format::X12Bill),
        b"358" => Some(Format::X12Consist),
        _ => None,
    };
    x12::sets(bytes).iter().find_map(known).unwrap_or(Format::X12)
}

/// Whether an element whose name, behind its prefix, begins so is opened: text that speaks of one
/// is no such document.
fn opens(head: &[u8], name: &[u8]) -> bool {
    memmem::find_iter(head, name).any(|at| match head[..at] {
        [.., b'<'] => true,
        [ref before @ .., b':'] => {
            let prefix = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
            before[..before.len() - prefix].last() == Some(&b'<')
        }
        _ => false,
    })
}

/// Format of an XML document by its root element, and by its namespace.
pub(super) fn xml(bytes: &[u8]) -> Format {
    let at = skip_blanks(bytes, 0);
    let head = &bytes[at..bytes.len().min(at + 4096)];
    let has = |needle: &str| memmem::find(head, needle.as_bytes()).is_some();
    let root = xml::root_name(bytes, at);
    let is_ens = |name: &[u8]| {
        let old = name.len() == 6 && name.starts_with(b"CC3") && name[3..5].iter().all(u8::is_ascii_digit);
        let new = name.starts_with(b"IE3") && name.len() >= 6;
        old || new
    };
    if memmem::find(root, b"PNRGOV").is_some() || has("IATA_PNRGOV") || (has("<PNR") && has("<Passenger")) {
        Format::PnrgovXml
    } else if matches!(root, b"Waybill" | b"HouseWaybill" | b"HouseManifest" | b"FlightManifest") || has("iata:datamodel") {
        Format::CargoXml
    } else if is_ens(root) || root.starts_with(b"entryDeclaration") || opens(head, b"CC3") {
        Format::EnsXml
    } else if has("urn:wco:datamodel") || matches!(root, b"MetaData" | b"Declaration" | b"GOVCBR") {
        Format::WcoXml
    } else {
        Format::Xml
    }
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
            ("<soap:Body><ie:CC315A xmlns:ie='u'/></soap:Body>", Format::EnsXml),
            ("<err:ErrorResponse><err:Location>/ie:CC315A[1]</err:Location></err:ErrorResponse>", Format::Xml),
            ("CIRQ:/UTUTA1/N//26/INT/8/S", Format::Iapp),
            ("letter\n\n{\"a\": 1}\n", Format::Json),
            ("<?xml version='1.0'?><e:Envelope><e:Body><ie:CC315A xmlns:ie='u'/></e:Body></e:Envelope>", Format::EnsXml),
            ("<md:MetaData xmlns:md='urn:wco:datamodel:WCO:DocumentMetaData-DMS:2'/>", Format::WcoXml),
            ("ST*358*1~M10*X~", Format::X12Consist),
            ("FRI\nLAXQQ\n020-1\n", Format::CamirAir),
            ("name,birth\nA,1\nB,2\n", Format::Csv),
            ("just a letter, to nobody\nwith words", Format::Text),
            ("{\"a\": 1}", Format::Json),
        ] {
            assert_eq!(detect(text.as_bytes()), want, "{text}");
        }
        for (text, want) in [
            ("UNH+1+INVOIC:D:99B:UN'", "EDIFACT INVOIC"),
            ("ISA*00*          *00*   ~\nGS*SO*X~ST*350*3899~", "X12 350"),
            ("FSU/12\n020-1\n", "Cargo-IMP FSU"),
            ("<n:invoice/>", "XML invoice"),
            ("just a letter", "text"),
        ] {
            assert_eq!(name_of(detect(text.as_bytes()), text.as_bytes()), want);
        }
        assert_eq!(detect(&[0x50, 0x4B, 3, 4, 0, 0, 9]), Format::Binary);
        assert_eq!(detect(&[0xFF, 0xD8, 0xFF, 0xE0, 0x90, 0x91]), Format::Binary);
    }
}
