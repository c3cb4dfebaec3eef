use super::column::{Column, float32, int32, int64, text};
use super::hit::hits_type;

/// What every output row says of the run that wrote it.
pub const STAMP: &[Column] = &[
    Column {
        name: "epoch",
        data_type: int64,
        nullable: false,
        description: "Epoch that committed the row",
        format: "number",
        null_meaning: "",
    },
    Column {
        name: "generation",
        data_type: text,
        nullable: false,
        description: "Watchlist generation that screened it",
        format: "digest",
        null_meaning: "",
    },
    Column {
        name: "scenario_set",
        data_type: text,
        nullable: false,
        description: "Scenario set that screened it",
        format: "digest",
        null_meaning: "",
    },
];

/// Outcome for a record.
pub const TRIAGE: &[Column] = &[Column {
    name: "triage",
    data_type: text,
    nullable: false,
    description: "Outcome: a person decides on what is referred",
    format: "expedite, standard or refer",
    null_meaning: "",
}];

/// What a flagged record carries beside its own columns.
pub const FLAGGED: &[Column] = &[
    Column {
        name: "hit_count",
        data_type: int32,
        nullable: false,
        description: "Number of hits",
        format: "count",
        null_meaning: "",
    },
    Column {
        name: "max_bits",
        data_type: float32,
        nullable: true,
        description: "Heaviest watchlist hit",
        format: "bits",
        null_meaning: "no watchlist hit",
    },
    Column {
        name: "summary",
        data_type: text,
        nullable: false,
        description: "Explanations of all hits, heaviest first",
        format: "text, separated by '; '",
        null_meaning: "",
    },
    Column {
        name: "hits",
        data_type: hits_type,
        nullable: false,
        description: "All hits",
        format: "list, heaviest first",
        null_meaning: "",
    },
];
