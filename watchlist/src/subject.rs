use super::entity::{EntityKind, PartialDate, Sex};

/// A document that a subject carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportedDocument<'a> {
    /// Number as sent.
    pub number: &'a str,
    /// Issuing state, ISO 3166-1 alpha-3, where known.
    pub issuer: Option<&'a str>,
}

/// What is screened: borrowed from the columns of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Subject<'a> {
    /// What it is; `None` is a person. A party of a consignment may be an organisation, a
    /// conveyance is a vessel or an aircraft.
    pub kind: Option<EntityKind>,
    /// Surname; or the whole name where `given_names` is `None`, in which case a comma may
    /// separate the surname from the rest.
    pub surname: &'a str,
    /// Given and middle names, separated by blanks.
    pub given_names: Option<&'a str>,
    /// Birth date; `None` is unknown, never a mismatch.
    pub birth_date: Option<PartialDate>,
    /// Place of birth as sent: words that are compared one by one. Names of countries say nothing.
    pub birth_place: Option<&'a str>,
    /// Nationality, ISO 3166-1 alpha-3.
    pub nationality: Option<&'a str>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Documents.
    pub documents: &'a [ReportedDocument<'a>],
}
