use csv::ByteRecord;

use super::ofac_sdn::{ADD, ALT, COMMENTS, SDN, header};
use super::rows::{Rows, content, text};
use super::tamis_csv;

/// How much of a file tells what it is.
pub(super) const PEEK: usize = 64 * 1024;

/// What a file holds, told by its content; names of files do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OFAC's `sdn.csv` (or that of its consolidated non-SDN list).
    OfacSdn,
    /// OFAC's `alt.csv`.
    OfacAliases,
    /// OFAC's `add.csv`.
    OfacAddresses,
    /// OFAC's `sdn_comments.csv`.
    OfacComments,
    /// The CSV of Tamis.
    TamisCsv,
    /// OFAC's `sdn.xml`, `sdn_advanced.xml` or consolidated XML.
    OfacXml,
    /// The consolidated list of the UN Security Council.
    UnXml,
    /// The consolidated financial sanctions of the European Union.
    EuXml,
    /// The consolidated list of the United Kingdom.
    UkXml,
    /// Canada's autonomous sanctions.
    CanadaXml,
    /// `targets.simple.csv` of OpenSanctions.
    OpenSanctionsCsv,
    /// JSON of OpenSanctions: FollowTheMoney, nested targets, Senzing.
    OpenSanctionsJson,
    /// The denied persons list of the US Bureau of Industry and Security.
    BisDeniedPersons,
    /// Names to be matched, not a list to match against.
    Queries,
    /// EDIFACT messages.
    Edifact,
    /// A ZIP or gzip file.
    Compressed,
    /// Nothing but blanks.
    Empty,
    /// Anything else.
    Unknown,
}

impl Format {
    /// What a person calls it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::OfacSdn => "OFAC list (sdn.csv)",
            Self::OfacAliases => "OFAC aliases (alt.csv)",
            Self::OfacAddresses => "OFAC addresses (add.csv)",
            Self::OfacComments => "OFAC long remarks (sdn_comments.csv)",
            Self::TamisCsv => "Tamis CSV",
            Self::OfacXml => "OFAC XML",
            Self::UnXml => "UN Security Council XML",
            Self::EuXml => "European Union XML",
            Self::UkXml => "United Kingdom XML",
            Self::CanadaXml => "Canada SEMA XML",
            Self::OpenSanctionsCsv => "OpenSanctions CSV",
            Self::OpenSanctionsJson => "OpenSanctions JSON",
            Self::BisDeniedPersons => "BIS denied persons list",
            Self::Queries => "file of names to match",
            Self::Edifact => "EDIFACT message file",
            Self::Compressed => "compressed file",
            Self::Empty => "empty file",
            Self::Unknown => "file of no known form",
        }
    }

    /// A published list for which there is no reader yet.
    pub fn is_list_to_come(self) -> bool {
        matches!(
            self,
            Self::OfacXml
                | Self::UnXml
                | Self::EuXml
                | Self::UkXml
                | Self::CanadaXml
                | Self::OpenSanctionsCsv
                | Self::OpenSanctionsJson
                | Self::BisDeniedPersons
        )
    }

    /// Tells the format from the first [`PEEK`] bytes of a file, or from all of a shorter one.
    pub(super) fn detect(head: &[u8]) -> Self {
        let whole = head.len() < PEEK;
        let head = content(head);
        let start = head.trim_ascii_start();
        match start {
            [] => Self::Empty,
            [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Self::Compressed,
            [b'<', ..] => xml(start),
            [b'{' | b'[', ..] => json(start),
            _ if start.starts_with(b"UNA") || start.starts_with(b"UNB+") => Self::Edifact,
            _ if memchr::memchr(0, start).is_some() => Self::Unknown,
            _ => table(head, whole),
        }
    }
}

fn xml(start: &[u8]) -> Format {
    let head = text(&start[..start.len().min(4_096)]).to_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| head.contains(mark));
    if has(&["ofac.treas.gov", "<sdnlist", "tempuri.org/sdnlist"]) {
        Format::OfacXml
    } else if has(&["<consolidated_list"]) {
        Format::UnXml
    } else if has(&["eu.europa.ec", "fsdexport"]) {
        Format::EuXml
    } else if has(&["ofsi", "hmt", "fcdo", "<designations"]) {
        Format::UkXml
    } else if has(&["<data-set"]) && has(&["<schedule", "<country"]) {
        Format::CanadaXml
    } else {
        Format::Unknown
    }
}

fn json(start: &[u8]) -> Format {
    let head = text(&start[..start.len().min(4_096)]);
    let has = |mark: &str| head.contains(mark);
    let follow_the_money = has("\"schema\"") && has("\"properties\"");
    if follow_the_money || (has("\"DATA_SOURCE\"") && has("\"RECORD_ID\"")) { Format::OpenSanctionsJson } else { Format::Unknown }
}

/// Tables: by their header, or, as OFAC's have none, by the shape of their rows.
fn table(head: &[u8], whole: bool) -> Format {
    // The last line may be cut off.
    let end = if whole { head.len() } else { memchr::memrchr(b'\n', head).unwrap_or(head.len()) };
    let head = &head[..end];
    let mut record = ByteRecord::new();
    if Rows::new(head, 0).next(&mut record).is_none() {
        return Format::Unknown;
    }
    let cells: Vec<String> = record.iter().map(|cell| text(cell).trim().trim_matches('"').to_ascii_lowercase()).collect();
    let has = |names: &[&str]| names.iter().all(|name| cells.iter().any(|cell| cell == name));
    if header(&record, &SDN).is_some() {
        return Format::OfacSdn;
    } else if header(&record, &ALT).is_some() {
        return Format::OfacAliases;
    } else if header(&record, &ADD).is_some() {
        return Format::OfacAddresses;
    } else if has(&["id", "schema", "name", "dataset"]) {
        return Format::OpenSanctionsCsv;
    } else if has(&["id", "name"]) && !has(&["entity_id"]) {
        return Format::Queries;
    } else if cells.len() == 1 && cells[0].contains("standard_order") && cells[0].contains("effective_date") {
        return Format::BisDeniedPersons;
    } else if tamis_csv::is_header(&cells) {
        return Format::TamisCsv;
    }
    shape(head)
}

/// What at least nine in ten rows look like.
fn shape(head: &[u8]) -> Format {
    let forms = [
        (SDN.len(), Format::OfacSdn),
        (ALT.len(), Format::OfacAliases),
        (ADD.len(), Format::OfacAddresses),
        (COMMENTS.len(), Format::OfacComments),
    ];
    let (mut record, mut count, mut fits) = (ByteRecord::new(), 0, [0; 4]);
    let mut rows = Rows::new(head, SDN.len());
    while rows.next(&mut record).is_some() {
        count += 1;
        let digits = |at: usize| record.get(at).is_some_and(|c| !c.is_empty() && c.iter().all(u8::is_ascii_digit));
        let null_or = |at: usize, known: &[&str]| {
            record.get(at).is_some_and(|c| known.iter().any(|k| c.trim_ascii().eq_ignore_ascii_case(k.as_bytes())))
        };
        for ((cells, format), fits) in forms.iter().zip(&mut fits) {
            let right = record.len() == *cells
                && digits(0)
                && match format {
                    Format::OfacSdn => null_or(2, &["-0-", "individual", "vessel", "aircraft", "entity", ""]),
                    Format::OfacAliases => digits(1) && null_or(2, &["aka", "fka", "nka", "a.k.a.", "f.k.a.", "n.k.a."]),
                    Format::OfacAddresses => digits(1),
                    _ => true,
                };
            *fits += usize::from(right);
        }
    }
    let best = forms.iter().zip(fits).max_by_key(|(_, fits)| *fits).filter(|(_, fits)| fits * 10 >= count * 9 && count > 0);
    best.map_or(Format::Unknown, |((_, format), _)| *format)
}
