//! Which segment, element or line of each format feeds which column: the source of
//! `docs/reference/messages.md`. Tests hold the tables against what the decoders fill.

/// What one format feeds.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    /// Value of the column `message_format`.
    pub format: &'static str,
    /// Kind of record that it gives.
    pub kind: tamis_records::schema::RecordKind,
    /// Column, and what feeds it.
    pub columns: &'static [(&'static str, &'static str)],
}

/// Columns that every format has and that come from the place of the record, or are worked out
/// from other columns.
pub const DERIVED: &[(&str, &str)] = &[
    ("record_id", "source, partition, position and ordinal"),
    ("flight_key", "carrier, flight, ports and departure"),
    ("person_key", "document, name and birth date, or locator"),
    ("consignment_key", "cargo control number, waybill, bill or declaration"),
    ("message_format", "the message itself"),
    ("deadline_local", "mode and times, or role and departure"),
    ("document_shared", "documents of the other persons of the message"),
    ("received_at", "the source"),
    ("source", "the source"),
    ("partition", "the source"),
    ("position", "the source"),
    ("ordinal", "the place in the message"),
    ("findings", "the decoder"),
    ("finding_details", "the decoder"),
];

/// Every format that is decoded, in the order of the reference.
pub const FEEDS: &[Feed] = &[
    super::paxlst::FEED,
    super::paxlst::US_FEED,
    super::pnrgov::FEED,
    super::cusres::FEED,
    super::ens::FEED,
    super::wco::FEED,
    super::cuscar::feeds::CUSCAR,
    super::cuscar::feeds::CUSREP,
    super::x12::feeds::MANIFEST,
    super::x12::feeds::FREIGHT,
    super::x12::feeds::CONSIST,
    super::pnrgov_xml::FEED,
    super::cusres::FEED,
    super::app::FEED,
    super::cargo_xml::feeds::XFWB,
    super::cargo_xml::feeds::XFZB,
    super::cargo_xml::feeds::XFHL,
    super::cargo_xml::feeds::XFFM,
    super::cargo_imp::feeds::FWB,
    super::cargo_imp::feeds::FHL,
    super::cargo_imp::feeds::FFM,
];

/// The feed of a format.
pub fn feed(format: &str) -> Option<&'static Feed> {
    FEEDS.iter().find(|feed| feed.format == format)
}

#[cfg(test)]
pub(crate) mod tests {
    use arrow::array::{Array, AsArray, RecordBatch};

    use super::*;

    /// Every column that is filled stands in the table of its format.
    pub(crate) fn hold(batch: &RecordBatch) {
        let formats = batch.column_by_name("message_format").map(|c| c.as_string_view().clone());
        let Some(formats) = formats else { return };
        for row in 0..batch.num_rows() {
            let format = formats.value(row);
            let Some(feed) = feed(format) else { continue };
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let name = field.name().as_str();
                let known = DERIVED.iter().chain(feed.columns).any(|(column, _)| *column == name);
                assert!(known || column.is_null(row), "{format} fills {name}, and no table says from where");
            }
        }
    }

    #[test]
    fn every_named_column_exists_once() {
        for feed in FEEDS {
            let columns = feed.kind.columns();
            for (i, (name, from)) in feed.columns.iter().enumerate() {
                assert!(columns.iter().any(|c| c.name == *name), "{}: {name}", feed.format);
                assert!(!from.is_empty() && !feed.columns[..i].iter().any(|(n, _)| n == name), "{}: {name}", feed.format);
                assert!(!DERIVED.iter().any(|(n, _)| n == name), "{}: {name} is derived", feed.format);
            }
        }
    }
}
