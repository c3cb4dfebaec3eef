use csv::ByteRecord;

use super::compiled::MAGIC;
use super::ofac_sdn::{ADD, ALT, COMMENTS, SDN, header};
use super::rows::{Rows, content, text};
use super::table::plain;
use super::xml::root_of;
use super::{bis, csl, eu_csv, ofsi, tamis_csv, uk_table};

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
    /// The same columns in Parquet.
    TamisParquet,
    /// OFAC's `sdn.xml` or `consolidated.xml`.
    OfacXml,
    /// OFAC's `sdn_advanced.xml` or `cons_advanced.xml`.
    OfacAdvancedXml,
    /// The consolidated list of the UN Security Council.
    UnXml,
    /// The consolidated financial sanctions of the European Union, XML.
    EuXml,
    /// The same as CSV, version 1.0 or 1.1.
    EuCsv,
    /// The UK sanctions list, CSV.
    UkCsv,
    /// The UK sanctions list, XML.
    UkXml,
    /// The UK sanctions list, OpenDocument spreadsheet.
    UkOds,
    /// The consolidated list of financial sanctions targets of the UK's OFSI, CSV.
    OfsiCsv,
    /// The same as XML.
    OfsiXml,
    /// Canada's autonomous sanctions.
    CanadaXml,
    /// The denied persons list of the US Bureau of Industry and Security.
    BisDeniedPersons,
    /// The consolidated screening list of the US Department of Commerce, CSV.
    ScreeningListCsv,
    /// `targets.simple.csv` of OpenSanctions.
    OpenSanctionsCsv,
    /// `entities.ftm.json` or `targets.nested.json` of OpenSanctions (FollowTheMoney).
    OpenSanctionsJson,
    /// Senzing JSON of OpenSanctions.
    SenzingJson,
    /// A compiled generation of Tamis.
    Compiled,
    /// Names to be matched, not a list to match against.
    Queries,
    /// EDIFACT messages.
    Edifact,
    /// A spreadsheet that is no list.
    Spreadsheet,
    /// A ZIP with several files in it, or one that cannot be unpacked.
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
            Self::TamisParquet => "Parquet",
            Self::OfacXml => "OFAC XML",
            Self::OfacAdvancedXml => "OFAC advanced XML",
            Self::UnXml => "UN Security Council XML",
            Self::EuXml => "European Union XML",
            Self::EuCsv => "European Union CSV",
            Self::UkCsv => "UK sanctions list CSV",
            Self::UkXml => "UK sanctions list XML",
            Self::UkOds => "UK sanctions list ODS",
            Self::OfsiCsv => "UK OFSI consolidated list CSV",
            Self::OfsiXml => "UK OFSI consolidated list XML",
            Self::CanadaXml => "Canada SEMA XML",
            Self::BisDeniedPersons => "BIS denied persons list",
            Self::ScreeningListCsv => "US consolidated screening list CSV",
            Self::OpenSanctionsCsv => "OpenSanctions CSV",
            Self::OpenSanctionsJson => "OpenSanctions JSON",
            Self::SenzingJson => "Senzing JSON",
            Self::Compiled => "compiled generation",
            Self::Queries => "file of names to match",
            Self::Edifact => "EDIFACT message file",
            Self::Spreadsheet => "spreadsheet",
            Self::Compressed => "compressed file with several files in it, or one that cannot be unpacked",
            Self::Empty => "empty file",
            Self::Unknown => "file of no known form",
        }
    }

    /// A list of one file. The four of OFAC's CSV edition belong together and are none.
    pub(super) fn is_list(self) -> bool {
        !matches!(
            self,
            Self::OfacSdn
                | Self::OfacAliases
                | Self::OfacAddresses
                | Self::OfacComments
                | Self::Queries
                | Self::Edifact
                | Self::Spreadsheet
                | Self::Compressed
                | Self::Empty
                | Self::Unknown
        )
    }

    /// Whether it comes from OpenSanctions, which publishes each of its lists in many forms.
    pub(super) fn is_open_sanctions(self) -> bool {
        matches!(self, Self::OpenSanctionsCsv | Self::OpenSanctionsJson | Self::SenzingJson)
    }

    /// Tells the format from the first [`PEEK`] bytes of a file, or from all of a shorter one.
    pub(super) fn detect(head: &[u8]) -> Self {
        let whole = head.len() < PEEK;
        let head = content(head);
        let start = head.trim_ascii_start();
        match start {
            [] => Self::Empty,
            [b'P', b'A', b'R', b'1', ..] => Self::TamisParquet,
            _ if start.starts_with(MAGIC) => Self::Compiled,
            [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Self::Compressed,
            [b'<', ..] => xml(start),
            [b'{' | b'[', ..] => json(start),
            _ if start.starts_with(b"UNA") || start.starts_with(b"UNB+") => Self::Edifact,
            _ if memchr::memchr(0, start).is_some() => Self::Unknown,
            _ => table(head, whole),
        }
    }
}

/// By the root element and, where its name says little, by what stands under it.
fn xml(start: &[u8]) -> Format {
    let Some(root) = root_of(start) else { return Format::Unknown };
    let head = text(start).to_ascii_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| head.contains(mark));
    match root.name.to_ascii_lowercase().as_str() {
        "sdnlist" => Format::OfacXml,
        "sanctions" if has(&["<referencevaluesets", ":referencevaluesets", "advanced_xml", "<distinctpart"]) => {
            Format::OfacAdvancedXml
        }
        "consolidated_list" => Format::UnXml,
        "export" if has(&["sanctionentity", "fsd/export", "fsdexport"]) => Format::EuXml,
        "designations" => Format::UkXml,
        "arrayoffinancialsanctionstarget" => Format::OfsiXml,
        "data-set" if has(&["<record"]) && has(&["<schedule", "<country", "<item>"]) => Format::CanadaXml,
        "document-content" => Format::Spreadsheet,
        _ if has(&["<financialsanctionstarget>"]) => Format::OfsiXml,
        _ => Format::Unknown,
    }
}

fn json(start: &[u8]) -> Format {
    let head = text(start);
    let has = |mark: &str| head.contains(mark);
    if has("\"DATA_SOURCE\"") && has("\"RECORD_ID\"") {
        Format::SenzingJson
    } else if has("\"schema\"") && has("\"properties\"") {
        Format::OpenSanctionsJson
    } else {
        Format::Unknown
    }
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
    } else if has(&["id", "schema", "name"]) {
        return Format::OpenSanctionsCsv;
    }
    if let Some(format) = published(head) {
        return format;
    }
    if has(&["id", "name"]) && !has(&["entity_id"]) {
        // Copies of OFAC's files have headers of their own.
        return if cells.len() == SDN.len() && shape(head) == Format::OfacSdn { Format::OfacSdn } else { Format::Queries };
    } else if tamis_csv::is_header(&cells) {
        return Format::TamisCsv;
    }
    shape(head)
}

/// Whether plain column names are those of a publisher.
type IsHeader = fn(&[String]) -> bool;

/// By the columns of publishers that have a header, in one of the first rows.
fn published(head: &[u8]) -> Option<Format> {
    let known: [(u8, IsHeader, Format); 7] = [
        (b';', eu_csv::is_header, Format::EuCsv),
        (b',', eu_csv::is_header, Format::EuCsv),
        (b',', uk_table::is_header, Format::UkCsv),
        (b',', ofsi::is_header, Format::OfsiCsv),
        (b',', csl::is_header, Format::ScreeningListCsv),
        (b'\t', bis::is_header, Format::BisDeniedPersons),
        (b',', bis::is_header, Format::BisDeniedPersons),
    ];
    let mut record = ByteRecord::new();
    for (delimiter, is_header, format) in known {
        let mut rows = Rows::separated_by(head, 0, delimiter);
        for _ in 0..8 {
            if rows.next(&mut record).is_none() {
                break;
            }
            if is_header(&record.iter().map(|cell| plain(&text(cell))).collect::<Vec<_>>()) {
                return Some(format);
            }
        }
    }
    None
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
