use arrow::array::{Array, AsArray, Date32Array, LargeListArray, ListArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields};
use datafusion::common::{Result, plan_err};

use super::text::Text;
use crate::watchlist::{EntityKind, PartialDate, ReportedDocument, Sex, Subject};

/// Fields that a subject struct may have, in any order and any selection.
///
/// | field | type | says |
/// |---|---|---|
/// | `name` | text | whole name; a comma may separate the surname from the rest; read where `surname` is null |
/// | `surname`, `given_names` | text | the split name |
/// | `birth_date` | date, or text `1972`, `1972-05`, `1972-05-31` | birth date; unreadable text is unknown |
/// | `birth_date_precision` | text | `day`, `month` or `year`: how much of `birth_date` is known; null is day |
/// | `birth_place` | text | place of birth, as sent |
/// | `entity_kind` | text | `person`, `organisation`, `vessel`, `aircraft`; null is a person |
/// | `nationality` | text | ISO 3166-1 alpha-3 |
/// | `sex` | text | `F`, `M`, `X` |
/// | `document_number`, `document_issuer` | text | one document |
/// | `documents` | list of struct with `number` and, if known, `issuer` | more documents |
/// | `subject_role` | text | what the subject is to its record; comes back in nested hits, weighs nothing |
///
/// Null, blank and absent are the same: unknown, never a mismatch.
pub const SUBJECT_FIELDS: [&str; 13] = [
    "name",
    "surname",
    "given_names",
    "birth_date",
    "birth_date_precision",
    "birth_place",
    "entity_kind",
    "nationality",
    "sex",
    "document_number",
    "document_issuer",
    "documents",
    "subject_role",
];

/// Checks the type of a subject argument when a query is planned.
///
/// # Errors
/// A plan error that names the field at fault and the nearest right name: the argument is no
/// struct, a field is unknown or has a type that cannot be read, or nothing names the subject.
pub fn check_subject_type(data_type: &DataType) -> Result<()> {
    let DataType::Struct(fields) = data_type else {
        return plan_err!(
            "a watchlist subject is a struct, not {data_type}: write named_struct('name', …, 'birth_date', …) or \
             traveller_subject(…)"
        );
    };
    for field in fields {
        let name = field.name().as_str();
        let readable = match name {
            "documents" => documents_fields(field.data_type()).is_some() || field.data_type().is_null(),
            "birth_date" => field.data_type() == &DataType::Date32 || Text::reads(field.data_type()),
            known if SUBJECT_FIELDS.contains(&known) => Text::reads(field.data_type()),
            unknown => {
                let nearest = nearest(unknown);
                return plan_err!("a watchlist subject has no field \"{unknown}\": did you mean \"{nearest}\"?");
            }
        };
        if !readable {
            let wanted = match name {
                "documents" => "a list of structs with the text fields number and issuer",
                "birth_date" => "a date, or text like 1972-05-31",
                _ => "text",
            };
            return plan_err!("field {name} of a watchlist subject is {}: give {wanted}", field.data_type());
        }
    }
    if !fields.iter().any(|f| matches!(f.name().as_str(), "name" | "surname" | "document_number" | "documents")) {
        return plan_err!("a watchlist subject needs a field name, surname, document_number or documents");
    }
    Ok(())
}

/// As [`check_subject_type`], for a struct or a list of them: the subjects of one record.
///
/// # Errors
/// Those of [`check_subject_type`].
pub fn check_subjects_type(data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::List(item) => check_subject_type(item.data_type()),
        one => check_subject_type(one),
    }
}

fn nearest(unknown: &str) -> &'static str {
    let unknown = unknown.to_ascii_lowercase();
    let score = |known: &str| strsim::jaro_winkler(&unknown, known);
    SUBJECT_FIELDS.into_iter().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or("name")
}

fn documents_fields(data_type: &DataType) -> Option<&Fields> {
    let (DataType::List(item) | DataType::LargeList(item)) = data_type else { return None };
    let DataType::Struct(fields) = item.data_type() else { return None };
    let (_, number) = fields.find("number")?;
    let issuer = fields.find("issuer").is_none_or(|(_, f)| Text::reads(f.data_type()));
    (Text::reads(number.data_type()) && issuer).then_some(fields)
}

/// Subjects of a batch, borrowed from the columns of a struct array.
#[derive(Debug)]
pub struct SubjectColumns<'a> {
    nulls: Option<&'a NullBuffer>,
    name: Text<'a>,
    surname: Text<'a>,
    given_names: Text<'a>,
    birth_date: Dates<'a>,
    precision: Text<'a>,
    birth_place: Text<'a>,
    entity_kind: Text<'a>,
    nationality: Text<'a>,
    sex: Text<'a>,
    document_number: Text<'a>,
    document_issuer: Text<'a>,
    documents: Option<Documents<'a>>,
    role: Text<'a>,
}

#[derive(Debug)]
enum Dates<'a> {
    Days(&'a Date32Array),
    Text(Text<'a>),
}

#[derive(Debug)]
struct Documents<'a> {
    list: Lists<'a>,
    item_nulls: Option<&'a NullBuffer>,
    number: Text<'a>,
    issuer: Text<'a>,
}

#[derive(Debug)]
enum Lists<'a> {
    Small(&'a ListArray),
    Large(&'a LargeListArray),
}

impl<'a> SubjectColumns<'a> {
    /// Finds the columns of [`SUBJECT_FIELDS`] in a struct array.
    ///
    /// # Errors
    /// Those of [`check_subject_type`].
    pub fn try_new(subjects: &'a StructArray) -> Result<Self> {
        check_subject_type(subjects.data_type())?;
        let text = |name: &str| subjects.column_by_name(name).and_then(|c| Text::new(c.as_ref())).unwrap_or(Text::Absent);
        let birth_date = match subjects.column_by_name("birth_date") {
            Some(c) if c.data_type() == &DataType::Date32 => Dates::Days(c.as_primitive()),
            _ => Dates::Text(text("birth_date")),
        };
        Ok(Self {
            nulls: subjects.nulls(),
            name: text("name"),
            surname: text("surname"),
            given_names: text("given_names"),
            birth_date,
            precision: text("birth_date_precision"),
            birth_place: text("birth_place"),
            entity_kind: text("entity_kind"),
            nationality: text("nationality"),
            sex: text("sex"),
            document_number: text("document_number"),
            document_issuer: text("document_issuer"),
            documents: subjects.column_by_name("documents").and_then(|c| Documents::new(c.as_ref())),
            role: text("subject_role"),
        })
    }

    /// The subject of one row; `None` where the whole struct is null. `scratch` holds its documents.
    pub fn row<'s>(&'s self, row: usize, scratch: &'s mut Vec<ReportedDocument<'a>>) -> Option<Subject<'s>> {
        if self.nulls.is_some_and(|n| n.is_null(row)) {
            return None;
        }
        scratch.clear();
        if let Some(number) = self.document_number.get(row) {
            scratch.push(ReportedDocument { number, issuer: self.document_issuer.get(row) });
        }
        if let Some(documents) = &self.documents {
            documents.append(row, scratch);
        }
        // A lone given name, and a lone surname, is all there is of a name: a whole name.
        let (surname, given_names) = match (self.surname.get(row), self.given_names.get(row)) {
            (Some(surname), given) => (surname, given),
            (None, given) => (self.name.get(row).or(given).unwrap_or_default(), None),
        };
        Some(Subject {
            surname,
            given_names,
            kind: self.entity_kind.get(row).and_then(EntityKind::parse),
            birth_date: self.birth_date(row),
            birth_place: self.birth_place.get(row),
            nationality: self.nationality.get(row),
            sex: self.sex.get(row).and_then(Sex::parse),
            documents: scratch,
        })
    }

    /// What the subject of a row is to its record.
    pub fn role(&self, row: usize) -> Option<&str> {
        self.role.get(row)
    }

    fn birth_date(&self, row: usize) -> Option<PartialDate> {
        let date = match &self.birth_date {
            Dates::Days(days) => (!days.is_null(row)).then(|| PartialDate::from_days(days.value(row)))??,
            Dates::Text(text) => text.get(row)?.parse().ok()?,
        };
        let known = self.precision.get(row).unwrap_or("day");
        Some(if known.eq_ignore_ascii_case("year") {
            PartialDate { month: 0, day: 0, ..date }
        } else if known.eq_ignore_ascii_case("month") {
            PartialDate { day: 0, ..date }
        } else {
            date
        })
    }
}

impl<'a> Documents<'a> {
    fn new(array: &'a dyn Array) -> Option<Self> {
        documents_fields(array.data_type())?;
        let (list, values) = if let Some(list) = array.as_list_opt::<i32>() {
            (Lists::Small(list), list.values())
        } else {
            let list = array.as_list_opt::<i64>()?;
            (Lists::Large(list), list.values())
        };
        let items = values.as_struct_opt()?;
        let text = |name: &str| items.column_by_name(name).and_then(|c| Text::new(c.as_ref())).unwrap_or(Text::Absent);
        Some(Self { list, item_nulls: items.nulls(), number: text("number"), issuer: text("issuer") })
    }

    fn append(&self, row: usize, out: &mut Vec<ReportedDocument<'a>>) {
        let range = match self.list {
            Lists::Small(list) if !list.is_null(row) => {
                list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize
            }
            Lists::Large(list) if !list.is_null(row) => {
                list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize
            }
            _ => return,
        };
        for item in range {
            if self.item_nulls.is_some_and(|n| n.is_null(item)) {
                continue;
            }
            let Some(number) = self.number.get(item) else { continue };
            let document = ReportedDocument { number, issuer: self.issuer.get(item) };
            // The travel document stands both by itself and in the list.
            if !out.contains(&document) {
                out.push(document);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray, StringViewArray, new_null_array};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::Field;

    use super::*;

    fn subjects(columns: Vec<(&str, ArrayRef)>) -> StructArray {
        let columns: Vec<_> =
            columns.into_iter().map(|(n, a)| (Arc::new(Field::new(n, a.data_type().clone(), true)), a)).collect();
        StructArray::from(columns)
    }

    fn text(rows: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringViewArray::from(rows.to_vec()))
    }

    #[test]
    fn names_split_or_whole() {
        let s = subjects(vec![
            ("name", text(&[Some("ignored"), Some("DOE, JANE"), None, None])),
            ("surname", text(&[Some("DOE"), None, None, None])),
            ("given_names", text(&[Some("JOHN"), None, Some("SUKARNO"), None])),
        ]);
        let columns = SubjectColumns::try_new(&s).unwrap();
        let mut scratch = vec![];
        let names: Vec<_> = (0..4)
            .map(|i| columns.row(i, &mut scratch).map(|s| (s.surname.to_owned(), s.given_names.map(str::to_owned))).unwrap())
            .collect();
        assert_eq!(
            names,
            [("DOE".into(), Some("JOHN".into())), ("DOE, JANE".into(), None), ("SUKARNO".into(), None), (String::new(), None)]
        );
    }

    #[test]
    fn birth_dates_of_every_precision() {
        let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(881), Some(881), Some(881), None]));
        let s = subjects(vec![
            ("surname", text(&[None; 4])),
            ("birth_date", days),
            ("birth_date_precision", text(&[None, Some("month"), Some("year"), Some("day")])),
        ]);
        let columns = SubjectColumns::try_new(&s).unwrap();
        let read = |columns: &SubjectColumns<'_>, i| {
            let mut scratch = vec![];
            columns.row(i, &mut scratch).unwrap().birth_date.map(|d| d.to_string())
        };
        let got: Vec<_> = (0..4).map(|i| read(&columns, i)).collect();
        assert_eq!(got, [Some("1972-05-31".into()), Some("1972-05".into()), Some("1972".into()), None]);

        let s = subjects(vec![
            ("name", text(&[None; 4])),
            ("birth_date", text(&[Some("1972"), Some("1972-05"), Some("31/05/1972"), None])),
        ]);
        let columns = SubjectColumns::try_new(&s).unwrap();
        let got: Vec<_> = (0..4).map(|i| read(&columns, i)).collect();
        assert_eq!(got, [Some("1972".into()), Some("1972-05".into()), None, None]);
    }

    #[test]
    fn documents_from_both_places_once() {
        let items = subjects(vec![
            ("type", text(&[Some("P"), Some("V"), Some("P")])),
            ("number", text(&[Some("A1"), Some("V9"), None])),
            ("issuer", text(&[Some("IRQ"), None, Some("IRQ")])),
        ]);
        let field = Arc::new(Field::new("item", items.data_type().clone(), true));
        let list: ArrayRef = Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([3, 0]), Arc::new(items), None));
        let s = subjects(vec![
            ("document_number", text(&[Some("A1"), None])),
            ("document_issuer", text(&[Some("IRQ"), None])),
            ("documents", list),
            ("sex", text(&[Some("female"), Some("U")])),
            ("nationality", text(&[Some("IRQ"), Some("")])),
        ]);
        let columns = SubjectColumns::try_new(&s).unwrap();
        let mut scratch = vec![];
        let first = columns.row(0, &mut scratch).unwrap();
        assert_eq!(
            first.documents,
            [ReportedDocument { number: "A1", issuer: Some("IRQ") }, ReportedDocument { number: "V9", issuer: None }]
        );
        assert_eq!((first.sex, first.nationality), (Some(Sex::Female), Some("IRQ")));
        let second = columns.row(1, &mut scratch).unwrap();
        assert_eq!((second.sex, second.nationality, second.documents.len()), (None, None, 0));
    }

    #[test]
    fn a_null_struct_is_no_subject() {
        let s = subjects(vec![("name", text(&[Some("A")]))]);
        let null = new_null_array(s.data_type(), 1);
        assert!(SubjectColumns::try_new(null.as_struct()).unwrap().row(0, &mut vec![]).is_none());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let message = |t: &DataType| check_subject_type(t).unwrap_err().to_string();
        let with = |n: &str, t: DataType| DataType::Struct(vec![Field::new(n, t, true)].into());
        assert!(message(&DataType::Utf8).contains("is a struct, not Utf8"));
        assert!(message(&with("brith_date", DataType::Utf8)).contains("did you mean \"birth_date\"?"));
        assert!(message(&with("sur_name", DataType::Utf8)).contains("did you mean \"surname\"?"));
        assert!(message(&with("name", DataType::Int32)).contains("is Int32: give text"));
        assert!(message(&with("documents", DataType::Utf8)).contains("a list of structs"));
        assert!(message(&with("sex", DataType::Utf8)).contains("needs a field name"));
        let utf8: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        assert!(SubjectColumns::try_new(&subjects(vec![("name", utf8)])).is_ok());
    }
}
