use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use tamis_operators::schema::{Column, DEAD_LETTER, FLAGGED, HIT, STAMP, TRIAGE, record_columns};

/// Version of the table schemas. It grows when a column is added; columns are only ever added,
/// nullable and at the end.
pub const SCHEMA_VERSION: u32 = 1;

/// Folder of the state that is no table, beside the tables.
pub(crate) const STATE_DIR: &str = ".tamis";

/// One output table. The order is the order of the commits: `flagged` is last and makes an epoch count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// All canonical records: the archive.
    Records,
    /// One row a hit.
    Hits,
    /// Input that could not be used.
    DeadLetters,
    /// One row a referred record, with its hits as a list.
    Flagged,
}

fn text() -> DataType {
    DataType::Utf8View
}
fn int32() -> DataType {
    DataType::Int32
}
fn date() -> DataType {
    DataType::Date32
}

const KIND_COLUMN: Column = Column {
    name: "kind",
    data_type: text,
    nullable: true,
    description: "Kind of the record",
    format: "traveller or consignment",
    null_meaning: "does not occur",
};

/// Partition columns of the tables of records. Their values stand in the folder names, not in the files.
pub const RECORD_PARTITIONS: &[Column] = &[
    KIND_COLUMN,
    Column {
        name: "arrival_date",
        data_type: date,
        nullable: true,
        description: "Day of arrival_local; where that is null, day of departure_local",
        format: "date",
        null_meaning: "neither arrival nor departure is known",
    },
];

/// Partition columns of `dead_letters`. What a dead letter would have been about is not known.
pub const DEAD_LETTER_PARTITIONS: &[Column] = &[Column {
    name: "received_date",
    data_type: date,
    nullable: true,
    description: "Day of received_at, UTC",
    format: "date",
    null_meaning: "does not occur",
}];

/// What a row of `hits` repeats of its record before the columns of the hit. Everything else is
/// in `flagged` and `records`, joined by record_id.
const HIT_RECORD: &[&str] = &[
    "record_id",
    "flight_key",
    "person_key",
    "role",
    "carrier",
    "flight",
    "departure_port",
    "arrival_port",
    "departure_local",
    "arrival_local",
    "consignment_key",
    "level",
    "bill_number",
];

/// Where the record of a hit came from.
const HIT_ORIGIN: &[&str] = &["source", "partition", "position", "ordinal"];

/// Columns that only `hits` has.
pub const HIT_ROW_KEY: &[Column] = &[Column {
    name: "hit_rank",
    data_type: int32,
    nullable: false,
    description: "Place of the hit among the hits of its record",
    format: "0 is the heaviest",
    null_meaning: "",
}];

impl Table {
    /// All tables in the order of their commits.
    pub const ALL: [Self; 4] = [Self::Records, Self::Hits, Self::DeadLetters, Self::Flagged];

    /// Name of the table and of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Hits => "hits",
            Self::DeadLetters => "dead_letters",
            Self::Flagged => "flagged",
        }
    }

    /// What the table holds, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Records => "all canonical records: what replay, rescreening and backtests read",
            Self::Hits => "one row a hit, with its evidence",
            Self::DeadLetters => "input that could not be used, kept raw",
            Self::Flagged => "one row a referred record, with its hits as a list",
        }
    }

    /// Columns inside the files. In `hits` the column `kind` of a hit is called `hit_kind`, since
    /// `kind` is the kind of the record.
    pub fn columns(self) -> Vec<Column> {
        let records = record_columns();
        let of = |names: &[&str]| -> Vec<Column> {
            names.iter().filter_map(|n| records.iter().find(|c| c.name == *n)).copied().collect()
        };
        let hit = || HIT.iter().map(|c| if c.name == "kind" { Column { name: "hit_kind", ..*c } } else { *c });
        match self {
            Self::Records => [&records, TRIAGE, STAMP].concat(),
            Self::Flagged => [&records, TRIAGE, FLAGGED, STAMP].concat(),
            Self::Hits => of(HIT_RECORD)
                .into_iter()
                .chain(TRIAGE.iter().copied())
                .chain(HIT_ROW_KEY.iter().copied())
                .chain(hit())
                .chain(of(HIT_ORIGIN))
                .chain(STAMP.iter().copied())
                .collect(),
            Self::DeadLetters => [DEAD_LETTER, &STAMP[..1]].concat(),
        }
    }

    /// Partition columns, in the order of the folders.
    pub const fn partitions(self) -> &'static [Column] {
        match self {
            Self::DeadLetters => DEAD_LETTER_PARTITIONS,
            _ => RECORD_PARTITIONS,
        }
    }

    /// Schema of the files. Every field carries its description.
    pub fn file_schema(self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().iter().map(|c| described(c, "description")).collect::<Fields>()))
    }

    /// Schema of the table: that of the files, then the partition columns. Descriptions are
    /// comments, as SQL tools show them.
    pub fn table_schema(self) -> SchemaRef {
        let columns = self.columns();
        Arc::new(Schema::new(columns.iter().chain(self.partitions()).map(|c| described(c, "comment")).collect::<Fields>()))
    }

    /// Columns whose smallest and largest values stand in the log, so that readers can skip
    /// files. No names and no document numbers: a log is copied more freely than a table.
    pub const fn stats_columns(self) -> &'static [&'static str] {
        match self {
            Self::Records | Self::Flagged => &[
                "record_id",
                "flight_key",
                "consignment_key",
                "action",
                "role",
                "carrier",
                "flight",
                "departure_port",
                "arrival_port",
                "departure_local",
                "arrival_local",
                "event_time",
                "received_at",
                "nationality",
                "source",
                "position",
                "triage",
                "epoch",
            ],
            Self::Hits => &[
                "record_id",
                "flight_key",
                "role",
                "carrier",
                "flight",
                "departure_port",
                "arrival_port",
                "departure_local",
                "arrival_local",
                "triage",
                "hit_kind",
                "id",
                "list",
                "action",
                "source",
                "position",
                "epoch",
            ],
            Self::DeadLetters => &["source", "position", "stage", "code", "received_at", "epoch"],
        }
    }

    /// Columns that are looked up by one value; they get a bloom filter.
    pub const fn bloom_columns(self) -> &'static [&'static str] {
        match self {
            Self::Records | Self::Flagged => &["record_id", "document_number", "bill_number", "ccn"],
            Self::Hits => &["record_id", "id"],
            Self::DeadLetters => &[],
        }
    }

    /// Leaves, as Parquet paths, in which hardly any value comes twice: a dictionary would only cost.
    pub const fn distinct_leaves(self) -> &'static [&'static str] {
        match self {
            Self::Records | Self::Flagged => &[
                "record_id",
                "person_key",
                "name_raw",
                "given_names",
                "mrz",
                "document_number",
                "documents.list.item.number",
                "pnr_locator",
                "carrier_ref",
                "ticket",
                "bag_tags.list.item",
                "consignment_key",
                "bill_number",
                "ccn",
                "parties.list.item.address",
                "containers.list.item.number",
                "items.list.item.gross_weight_kg",
                "contacts.list.item.value",
                "position",
                "max_bits",
                "summary",
                "hits.list.item.bits",
                "hits.list.item.explanation",
                "hits.list.item.evidence.list.item.bits",
            ],
            Self::Hits => &["record_id", "person_key", "bits", "explanation", "evidence.list.item.bits", "position"],
            Self::DeadLetters => &["position", "message", "raw"],
        }
    }

    /// Folder of the table.
    pub fn dir(self, root: &Path) -> PathBuf {
        root.join(self.name())
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

fn described(column: &Column, key: &str) -> Field {
    Field::new(column.name, (column.data_type)(), column.nullable)
        .with_metadata([(key.to_owned(), column.description.to_owned())].into())
}

/// Folder under which epochs are staged, one folder an epoch.
pub(crate) fn staging_root(root: &Path) -> PathBuf {
    root.join(STATE_DIR).join("staging")
}

/// Name of a folder in staging: it tells whose it is.
pub(crate) fn staging_name(app_id: &str, what: &str) -> String {
    format!("{app_id}.{what}")
}

/// Whether a folder in staging belongs to this application; or to nobody, as those of older outputs.
pub(crate) fn is_staged_by(name: &str, app_id: &str) -> bool {
    name.split_once('.').is_none_or(|(whose, _)| whose == app_id)
}

/// Name of a data file: the same epoch gives the same names, so that a repeat replaces its files.
pub(crate) fn file_name(app_id: &str, epoch: u64, n: u32) -> String {
    format!("part-{app_id}-{epoch:010}-{n:05}.parquet")
}

/// Epoch of a data file that this application wrote; `None` for any other name.
pub(crate) fn epoch_of_file(name: &str, app_id: &str) -> Option<u64> {
    owner_of_file(name).filter(|(whose, _)| *whose == app_id).map(|(_, epoch)| epoch)
}

/// Application and epoch of a data file; `None` for a name that none of ours would give.
pub(crate) fn owner_of_file(name: &str) -> Option<(&str, u64)> {
    let mut parts = name.strip_prefix("part-")?.strip_suffix(".parquet")?.rsplitn(3, '-');
    let (n, epoch, whose) = (parts.next()?, parts.next()?, parts.next()?);
    n.split('.').next()?.parse::<u32>().ok()?;
    Some((whose, epoch.parse().ok()?))
}

/// Term of the owner that wrote a data file into a bucket; 0 for files of folders, which have none in their names.
pub(crate) fn term_of_file(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|n| n.split('.').nth(1)?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_named_column_exists() {
        for table in Table::ALL {
            let schema = table.file_schema();
            for name in table.stats_columns().iter().chain(table.bloom_columns()) {
                assert!(schema.column_with_name(name).is_some(), "{table}.{name}");
            }
            for leaf in table.distinct_leaves() {
                let root = leaf.split('.').next().unwrap();
                let elsewhere = Table::Flagged.file_schema().column_with_name(root).is_some();
                assert!(schema.column_with_name(root).is_some() || elsewhere, "{table}.{leaf}");
            }
            for partition in table.partitions() {
                assert!(schema.column_with_name(partition.name).is_none(), "{table} has {} in its files", partition.name);
            }
        }
    }

    #[test]
    fn hits_have_no_two_columns_of_one_name() {
        let mut names: Vec<_> = Table::Hits.columns().iter().map(|c| c.name).collect();
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), n), (n, HIT_RECORD.len() + 1 + 1 + HIT.len() + HIT_ORIGIN.len() + STAMP.len()));
    }

    #[test]
    fn file_names_tell_their_epoch() {
        let name = file_name("tamis", 41, 7);
        assert_eq!(name, "part-tamis-0000000041-00007.parquet");
        assert_eq!(epoch_of_file(&name, "tamis"), Some(41));
        assert_eq!(epoch_of_file(&name, "other"), None);
        assert_eq!(epoch_of_file(&file_name("tamis-b", 41, 7), "tamis"), None);
        assert_eq!(owner_of_file(&file_name("tamis-b", 41, 7)), Some(("tamis-b", 41)));
        assert!(is_staged_by("tamis-b.epoch-41", "tamis-b") && !is_staged_by("tamis-b.epoch-41", "tamis"));
        assert_eq!(epoch_of_file("part-00000-1c9c9d0e-c000.snappy.parquet", "tamis"), None);
    }
}
