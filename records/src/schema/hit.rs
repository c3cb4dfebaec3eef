use arrow::datatypes::{DataType, SchemaRef};

use super::column::{Column, float32, list_of, schema_of, struct_of, text, texts};

/// One compared field of a hit.
pub const EVIDENCE: &[Column] = &[
    Column {
        name: "field",
        data_type: text,
        nullable: false,
        description: "What was compared: name, order, birth_date, nationality, sex, document",
        format: "code",
        null_meaning: "",
    },
    Column {
        name: "reported",
        data_type: text,
        nullable: true,
        description: "Value of the subject",
        format: "text",
        null_meaning: "the subject has nothing here",
    },
    Column {
        name: "listed",
        data_type: text,
        nullable: true,
        description: "Value of the entity",
        format: "text",
        null_meaning: "the entity has nothing here",
    },
    Column {
        name: "level",
        data_type: text,
        nullable: false,
        description: "How far they agree: exact, variant, near, initial, truncated, joined, swapped, year, left_over, differs, …",
        format: "code",
        null_meaning: "",
    },
    Column {
        name: "bits",
        data_type: float32,
        nullable: false,
        description: "Weight of the comparison, log2(m/u) (Fellegi and Sunter 1969)",
        format: "bits",
        null_meaning: "",
    },
];

/// Arrow type of a list of [`EVIDENCE`].
pub fn evidence_type() -> DataType {
    list_of(struct_of(EVIDENCE))
}

/// One subject matched to one entity or one scenario.
pub const HIT: &[Column] = &[
    Column {
        name: "kind",
        data_type: text,
        nullable: false,
        description: "What was hit",
        format: "watchlist or scenario",
        null_meaning: "",
    },
    Column {
        name: "id",
        data_type: text,
        nullable: false,
        description: "Entity or scenario",
        format: "entity_id of the list, or scenario id",
        null_meaning: "",
    },
    Column {
        name: "list",
        data_type: text,
        nullable: false,
        description: "Watchlist of the entity, or scenario version",
        format: "text",
        null_meaning: "",
    },
    Column {
        name: "sources",
        data_type: texts,
        nullable: true,
        description: "Every list that has the same person or thing, the hit's own list first",
        format: "list of LIST:ENTITY_ID",
        null_meaning: "a scenario",
    },
    Column {
        name: "matched",
        data_type: text,
        nullable: false,
        description: "Listed name that weighs most, or scenario title",
        format: "text",
        null_meaning: "",
    },
    Column {
        name: "bits",
        data_type: float32,
        nullable: true,
        description: "Match weight, sum of the evidence",
        format: "bits",
        null_meaning: "a scenario: rules have no weight",
    },
    Column {
        name: "severity",
        data_type: text,
        nullable: true,
        description: "Severity of the scenario",
        format: "low, medium or high",
        null_meaning: "a watchlist hit",
    },
    Column {
        name: "action",
        data_type: text,
        nullable: false,
        description: "What the hit asks for",
        format: "refer or note",
        null_meaning: "",
    },
    Column {
        name: "explanation",
        data_type: text,
        nullable: false,
        description: "The reason in one line",
        format: "text",
        null_meaning: "",
    },
    Column {
        name: "evidence",
        data_type: evidence_type,
        nullable: true,
        description: "The compared fields",
        format: "list, heaviest first",
        null_meaning: "a scenario: the explanation says all",
    },
    Column {
        name: "subject",
        data_type: text,
        nullable: true,
        description: "Which subject of a consignment was hit",
        format: "role of the party (consignor, driver, …), vessel or container",
        null_meaning: "the traveller, or a scenario over the whole record",
    },
];

/// Arrow type of one [`HIT`] inside a list.
pub fn hit_type() -> DataType {
    struct_of(HIT)
}

/// Arrow type of the list of hits that a flagged record carries.
pub(super) fn hits_type() -> DataType {
    list_of(hit_type())
}

/// Arrow schema of [`HIT`].
pub fn hit_schema() -> SchemaRef {
    schema_of(HIT)
}
