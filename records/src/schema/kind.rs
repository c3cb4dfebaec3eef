use arrow::datatypes::SchemaRef;

use super::column::Column;
use super::consignment::{CONSIGNMENT, consignment_schema};
use super::traveller::{TRAVELLER, traveller_schema};

/// What a record is about: value of the partition column `kind`, and of `kind` in scenario files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// One person on one conveyance.
    Traveller,
    /// One shipment.
    Consignment,
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Traveller, Self::Consignment];

    /// The word in files and columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traveller => "traveller",
            Self::Consignment => "consignment",
        }
    }

    /// The kind of a word, if it is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Columns of its records.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Traveller => TRAVELLER,
            Self::Consignment => CONSIGNMENT,
        }
    }

    /// Arrow schema of its records.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Traveller => traveller_schema(),
            Self::Consignment => consignment_schema(),
        }
    }
}

/// Columns of a table that holds records of all kinds: those of travellers, then those that only
/// consignments have. What not all kinds have is null in the rows of the others.
pub fn record_columns() -> Vec<Column> {
    let find = |columns: &[Column], name: &str| columns.iter().find(|c| c.name == name).copied();
    let of_travellers = TRAVELLER.iter().map(|c| match find(CONSIGNMENT, c.name) {
        Some(other) => Column { nullable: c.nullable || other.nullable, ..*c },
        None => Column { nullable: true, ..*c },
    });
    let of_consignments = CONSIGNMENT.iter().filter(|c| find(TRAVELLER, c.name).is_none());
    of_travellers.chain(of_consignments.map(|c| Column { nullable: true, ..*c })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_name_have_one_type() {
        for c in TRAVELLER {
            for other in CONSIGNMENT.iter().filter(|other| other.name == c.name) {
                assert_eq!((c.data_type)(), (other.data_type)(), "{}", c.name);
            }
        }
        let mut names: Vec<_> = record_columns().iter().map(|c| c.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn words_of_kinds() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(RecordKind::parse("cargo"), None);
    }
}
