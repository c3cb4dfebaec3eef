use chrono::NaiveDate;
use serde::Deserialize;

/// Which records a scenario looks at.
pub use crate::schema::RecordKind as Kind;

/// Prefix of the ids of scenarios of a kind.
pub fn id_prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Traveller => "T-",
        Kind::Consignment => "C-",
    }
}

/// How grave a scenario is; orders the hits of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a line.
    Low,
    /// Worth a look.
    Medium,
    /// Look at it first.
    High,
}

impl Severity {
    /// The word in files and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a hit asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A person looks at the record.
    Refer,
    /// The record says so and goes on.
    Note,
}

impl Action {
    /// The word in files and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refer => "refer",
            Self::Note => "note",
        }
    }
}

/// Why an indicator may be used at all. Every column that a predicate reads must stand in one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Justification {
    /// The indicator in words.
    pub indicator: String,
    /// Columns that carry it.
    pub columns: Vec<String>,
    /// Why it says something.
    pub why: String,
    /// Publication that names it.
    pub source: String,
}

/// One example beside the rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScenarioTest {
    /// What the example shows.
    pub name: Option<String>,
    /// Columns of the record; all others are NULL, or neutral where a column is never null.
    pub given: serde_json::Map<String, serde_json::Value>,
    /// Whether the scenario fires.
    pub fires: bool,
    /// Explanation that it must give.
    pub explains: Option<String>,
    /// Line of the file, from 1; 0 where there is none.
    pub line: usize,
}

/// Where a scenario was written, for messages alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// File; empty where it was built in code.
    pub file: String,
    /// Line of the scenario, from 1.
    pub line: usize,
    /// Line at which the text of the predicate begins, from 1.
    pub when_line: usize,
    /// Line of the explanation template, from 1.
    pub reason_line: usize,
}

/// A risk rule. A person decides on what it refers.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Stable name, never used again for another rule: `T-001`.
    pub id: String,
    /// Rises with every change of meaning.
    pub version: u32,
    /// Records that it looks at.
    pub kind: Kind,
    /// What it finds, in a few words.
    pub title: String,
    /// SQL predicate over the columns of a record.
    pub when: String,
    /// Explanation with `{column}` placeholders.
    pub reason: String,
    /// How grave it is.
    pub severity: Severity,
    /// What a hit asks for.
    pub action: Action,
    /// Why each of its indicators may be used.
    pub justification: Vec<Justification>,
    /// Who answers for it.
    pub owner: String,
    /// Day by which it must be reviewed.
    pub review_by: NaiveDate,
    /// Examples.
    pub tests: Vec<ScenarioTest>,
    /// Where it was written.
    pub origin: Origin,
}
