use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

/// One canonical column: what it is called, what it holds and what it means when it is null.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Column name, snake case.
    pub name: &'static str,
    /// Builds the Arrow type; a function because nested types allocate.
    pub data_type: fn() -> DataType,
    /// Whether a null may stand here.
    pub nullable: bool,
    /// What the column holds, and the source of the rule where there is one.
    pub description: &'static str,
    /// Unit or format of a value.
    pub format: &'static str,
    /// What a null says; empty when the column is never null.
    pub null_meaning: &'static str,
}

impl Column {
    /// The Arrow field, with description, format and null meaning as field metadata.
    pub fn field(&self) -> Field {
        let mut metadata =
            vec![("description".to_owned(), self.description.to_owned()), ("format".to_owned(), self.format.to_owned())];
        if !self.null_meaning.is_empty() {
            metadata.push(("null_meaning".to_owned(), self.null_meaning.to_owned()));
        }
        Field::new(self.name, (self.data_type)(), self.nullable).with_metadata(metadata.into_iter().collect())
    }
}

/// A run of columns: `"name" type, nullable; "description"; "format"; "null meaning"`.
macro_rules! columns {
    ($($name:literal $ty:expr, $null:literal; $desc:literal; $fmt:literal; $nm:literal)*) => {
        &[$($crate::schema::Column { name: $name, data_type: $ty, nullable: $null, description: $desc, format: $fmt, null_meaning: $nm }),*]
    };
}
pub(super) use columns;

/// The Arrow schema of a run of columns.
pub fn schema_of<'a>(columns: impl IntoIterator<Item = &'a Column>) -> SchemaRef {
    Arc::new(Schema::new(columns.into_iter().map(Column::field).collect::<Vec<_>>()))
}

/// The struct type of a run of columns, for lists of structs. Metadata is left out: readers
/// compare nested types by equality.
pub(super) fn struct_of(columns: &[Column]) -> DataType {
    DataType::Struct(columns.iter().map(|c| Field::new(c.name, (c.data_type)(), c.nullable)).collect::<Fields>())
}

pub(super) fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

pub(super) fn text() -> DataType {
    DataType::Utf8View
}
pub(super) fn texts() -> DataType {
    list_of(DataType::Utf8View)
}
pub(super) fn date() -> DataType {
    DataType::Date32
}
/// Microseconds on the clock of the place; ports have no time zone in the messages.
pub(super) fn local_time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}
/// Microseconds since the epoch, UTC.
pub(super) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}
pub(super) fn int32() -> DataType {
    DataType::Int32
}
pub(super) fn int64() -> DataType {
    DataType::Int64
}
pub(super) fn boolean() -> DataType {
    DataType::Boolean
}
pub(super) fn float32() -> DataType {
    DataType::Float32
}
pub(super) fn float64() -> DataType {
    DataType::Float64
}

/// Markdown data dictionary of one table.
pub fn data_dictionary<'a>(title: &str, about: &str, columns: impl IntoIterator<Item = &'a Column>) -> String {
    let mut out = format!(
        "## {title}\n\n{about}\n\n| column | type | format or unit | what it holds | null means |\n|---|---|---|---|---|\n"
    );
    for c in columns {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            c.name,
            type_name(&(c.data_type)()),
            c.format,
            c.description,
            if c.nullable { c.null_meaning } else { "never null" }
        );
    }
    out
}

/// Name of a type as the reference writes it.
pub fn type_name(t: &DataType) -> String {
    match t {
        DataType::Utf8View | DataType::Utf8 => "text".into(),
        DataType::BinaryView | DataType::Binary => "bytes".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(_, Some(_)) => "instant (UTC, µs)".into(),
        DataType::Timestamp(_, None) => "local time (µs)".into(),
        DataType::List(f) => format!("list of {}", type_name(f.data_type())),
        DataType::Struct(fields) => format!(
            "struct {{{}}}",
            fields.iter().map(|f| format!("{}: {}", f.name(), type_name(f.data_type()))).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_tells_its_null_meaning() {
        let c = Column { name: "x", data_type: text, nullable: true, description: "d", format: "f", null_meaning: "not sent" };
        assert_eq!(c.field().metadata()["null_meaning"], "not sent");
        assert!(data_dictionary("t", "about", [&c]).contains("| `x` | text | f | d | not sent |"));
    }
}
