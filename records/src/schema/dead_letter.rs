use arrow::datatypes::{DataType, SchemaRef};

use super::column::{Column, instant, int64, schema_of, text};

fn bytes() -> DataType {
    DataType::BinaryView
}

/// Input that could not be used, kept raw.
pub const DEAD_LETTER: &[Column] = &[
    Column {
        name: "source",
        data_type: text,
        nullable: false,
        description: "Source that delivered the bytes",
        format: "name of the source",
        null_meaning: "",
    },
    Column {
        name: "partition",
        data_type: text,
        nullable: false,
        description: "Partition of the source",
        format: "text",
        null_meaning: "",
    },
    Column {
        name: "position",
        data_type: int64,
        nullable: false,
        description: "Where the bytes begin in the partition",
        format: "byte offset",
        null_meaning: "",
    },
    Column {
        name: "stage",
        data_type: text,
        nullable: false,
        description: "Stage that gave up",
        format: "source, decode or screen",
        null_meaning: "",
    },
    Column {
        name: "code",
        data_type: text,
        nullable: false,
        description: "Why",
        format: "code, see docs/reference/findings.md",
        null_meaning: "",
    },
    Column {
        name: "message",
        data_type: text,
        nullable: false,
        description: "Why, in words; holds no personal data",
        format: "text",
        null_meaning: "",
    },
    Column {
        name: "raw",
        data_type: bytes,
        nullable: false,
        description: "The bytes, untouched",
        format: "bytes",
        null_meaning: "",
    },
    Column {
        name: "received_at",
        data_type: instant,
        nullable: false,
        description: "When Tamis, or the file that it read, got the bytes",
        format: "instant",
        null_meaning: "",
    },
];

/// Arrow schema of [`DEAD_LETTER`].
pub fn dead_letter_schema() -> SchemaRef {
    schema_of(DEAD_LETTER)
}
