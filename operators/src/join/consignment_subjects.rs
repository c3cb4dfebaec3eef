use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Date32Builder, ListArray, StringViewArray, StringViewBuilder, StructArray,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Date32Type, Field, Fields};
use datafusion::common::{Column, DFSchema, Result, exec_err, plan_err};
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_OTHER;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::watchlist::EntityKind;

/// Columns of a canonical consignment that name who and what is screened, in the order of the arguments.
const ARGUMENTS: [&str; 5] = ["parties", "containers", "mode", "conveyance_name", "conveyance_id"];

/// `consignment_subjects(parties, containers, mode, conveyance_name, conveyance_id)`: everything
/// on a canonical consignment that a watchlist may name, as a list of subjects.
///
/// A party is a person where it is a driver or crew or the message says so, an organisation where
/// the message says so or its name has a legal form, else either. Its identifier or travel
/// document is its document. The country of an address is no nationality and is left out. The
/// vessel (or aircraft) has its IMO number (or registration) as document; the number of a container
/// is its name and its document.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ConsignmentSubjects {
    signature: Signature,
    documentation: Documentation,
}

/// The function `consignment_subjects`.
pub fn consignment_subjects() -> ScalarUDF {
    ScalarUDF::new_from_impl(ConsignmentSubjects {
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: Documentation::builder(
            DOC_SECTION_OTHER,
            "Everything on a canonical consignment that a watchlist may name, as a list of subjects: its parties, its vessel \
             or aircraft, its containers.",
            "consignment_subjects(parties, containers, mode, conveyance_name, conveyance_id)",
        )
        .build(),
    })
}

/// [`consignment_subjects`] over the columns of a canonical consignment.
///
/// # Errors
/// A plan error where a column is missing.
pub fn consignment_subjects_expr(schema: &DFSchema) -> Result<Expr> {
    let column = |name: &&str| {
        let Some((qualifier, _)) = schema.iter().find(|(_, f)| f.name() == *name) else {
            return plan_err!("there is no column {name}, consignments have one");
        };
        Ok(Expr::Column(Column::new(qualifier.cloned(), *name)))
    };
    Ok(consignment_subjects().call(ARGUMENTS.iter().map(column).collect::<Result<Vec<_>>>()?))
}

fn subject_fields() -> Fields {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    Fields::from(vec![
        text("subject_role"),
        text("name"),
        text("entity_kind"),
        text("nationality"),
        Field::new("birth_date", DataType::Date32, true),
        text("document_number"),
    ])
}

impl ScalarUDFImpl for ConsignmentSubjects {
    fn name(&self) -> &'static str {
        "consignment_subjects"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::new_list(DataType::Struct(subject_fields()), true))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let structs = |t: &DataType| matches!(t, DataType::List(item) if matches!(item.data_type(), DataType::Struct(_)));
        let [parties, containers, texts @ ..] = arg_types else {
            return plan_err!("consignment_subjects takes 5 arguments: {}", ARGUMENTS.join(", "));
        };
        if !structs(parties) || !structs(containers) || texts.len() != 3 {
            return plan_err!("consignment_subjects takes the columns {} of a canonical consignment", ARGUMENTS.join(", "));
        }
        Ok(vec![parties.clone(), containers.clone(), DataType::Utf8View, DataType::Utf8View, DataType::Utf8View])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns: Vec<ArrayRef> = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<_>>()?;
        let [parties, containers, mode, name, id] = columns.as_slice() else {
            return exec_err!("consignment_subjects takes 5 arguments");
        };
        let (Some(parties), Some(containers)) = (Children::new(parties), Children::new(containers)) else {
            return exec_err!("parties and containers are lists of structs");
        };
        let (mode, name, id) = (mode.as_string_view(), name.as_string_view(), id.as_string_view());
        let mut out = Subjects::with_rows(rows);
        for row in 0..rows {
            parties.range(row).for_each(|i| out.party(&parties, i));
            out.conveyance(text(mode, row), text(name, row), text(id, row));
            containers.range(row).for_each(|i| out.container(containers.text("number", i)));
            out.end_row();
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish()?)))
    }
}

fn text(array: &StringViewArray, row: usize) -> &str {
    if array.is_null(row) { "" } else { array.value(row) }
}

/// A list of structs and its text fields by name.
struct Children<'a> {
    list: &'a ListArray,
    texts: Vec<(&'a str, &'a StringViewArray)>,
    birth_date: Option<&'a Date32Array>,
}

impl<'a> Children<'a> {
    fn new(array: &'a ArrayRef) -> Option<Self> {
        let list = array.as_list_opt::<i32>()?;
        let items = list.values().as_struct_opt()?;
        let texts = items.fields().iter().zip(items.columns());
        let texts = texts.filter_map(|(f, c)| Some((f.name().as_str(), c.as_string_view_opt()?))).collect();
        let birth_date = items.column_by_name("birth_date").and_then(|c| c.as_primitive_opt::<Date32Type>());
        Some(Self { list, texts, birth_date })
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        if self.list.is_null(row) {
            return 0..0;
        }
        let offsets = self.list.value_offsets();
        offsets[row] as usize..offsets[row + 1] as usize
    }

    fn text(&self, name: &str, item: usize) -> &'a str {
        self.texts.iter().find(|(n, _)| *n == name).map_or("", |(_, array)| text(array, item))
    }
}

/// Builders of the list of subjects.
struct Subjects {
    ends: Vec<i32>,
    role: StringViewBuilder,
    name: StringViewBuilder,
    kind: StringViewBuilder,
    nationality: StringViewBuilder,
    birth_date: Date32Builder,
    document: StringViewBuilder,
    count: i32,
}

impl Subjects {
    fn with_rows(rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self {
            ends,
            role: StringViewBuilder::new(),
            name: StringViewBuilder::new(),
            kind: StringViewBuilder::new(),
            nationality: StringViewBuilder::new(),
            birth_date: Date32Builder::new(),
            document: StringViewBuilder::new(),
            count: 0,
        }
    }

    fn party(&mut self, parties: &Children<'_>, item: usize) {
        let name = parties.text("name", item);
        let document = match parties.text("document_number", item) {
            "" => parties.text("identifier", item),
            number => number,
        };
        if name.is_empty() && document.is_empty() {
            return;
        }
        let role = parties.text("role", item);
        let kind = match (parties.text("kind", item), role) {
            ("person", _) | ("", "driver" | "crew") => EntityKind::Person,
            ("organisation", _) => EntityKind::Organisation,
            _ if has_legal_form(name) => EntityKind::Organisation,
            _ => EntityKind::Unknown,
        };
        let birth_date = parties.birth_date.filter(|a| a.is_valid(item)).map(|a| a.value(item));
        self.add(role, name, kind, parties.text("nationality", item), birth_date, document);
    }

    fn conveyance(&mut self, mode: &str, name: &str, id: &str) {
        match mode {
            "sea" | "inland_water" if !name.is_empty() || !id.is_empty() => {
                self.add("vessel", name, EntityKind::Vessel, "", None, id);
            }
            "air" if !id.is_empty() => self.add("aircraft", id, EntityKind::Aircraft, "", None, id),
            _ => {}
        }
    }

    fn container(&mut self, number: &str) {
        if !number.is_empty() {
            self.add("container", number, EntityKind::Unknown, "", None, number);
        }
    }

    fn add(&mut self, role: &str, name: &str, kind: EntityKind, nationality: &str, birth_date: Option<i32>, document: &str) {
        let put = |builder: &mut StringViewBuilder, text: &str| {
            if text.is_empty() { builder.append_null() } else { builder.append_value(text) }
        };
        put(&mut self.role, role);
        put(&mut self.name, name);
        self.kind.append_value(kind.as_str());
        put(&mut self.nationality, nationality);
        self.birth_date.append_option(birth_date);
        put(&mut self.document, document);
        self.count += 1;
    }

    fn end_row(&mut self) {
        self.ends.push(self.count);
    }

    fn finish(mut self) -> Result<ListArray> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.role.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.nationality.finish()),
            Arc::new(self.birth_date.finish()),
            Arc::new(self.document.finish()),
        ];
        let items = StructArray::try_new(subject_fields(), columns, None)?;
        let item = Arc::new(Field::new_list_field(DataType::Struct(subject_fields()), true));
        Ok(ListArray::try_new(item, OffsetBuffer::new(ScalarBuffer::from(self.ends)), Arc::new(items), None)?)
    }
}

/// Words that end, or begin, the names of companies.
const LEGAL_FORMS: &[&str] = &[
    "AB",
    "AG",
    "AS",
    "BHD",
    "BV",
    "CO",
    "COMPANY",
    "CORP",
    "CORPORATION",
    "EURL",
    "FZCO",
    "FZE",
    "GMBH",
    "INC",
    "JSC",
    "KFT",
    "KG",
    "LIMITED",
    "LLC",
    "LLP",
    "LTD",
    "LTDA",
    "NV",
    "OAO",
    "OJSC",
    "OOO",
    "OY",
    "PJSC",
    "PLC",
    "PTE",
    "PTY",
    "PVT",
    "SA",
    "SARL",
    "SAS",
    "SDN",
    "SPA",
    "SRL",
    "SRO",
    "WLL",
    "ZAO",
];

fn has_legal_form(name: &str) -> bool {
    name.split(|c: char| c.is_whitespace() || c == ',').any(|word| {
        let mut letters = [0_u8; 12];
        let mut n = 0;
        for byte in word.bytes().filter(u8::is_ascii_alphanumeric) {
            match letters.get_mut(n) {
                Some(place) => *place = byte.to_ascii_uppercase(),
                None => return false,
            }
            n += 1;
        }
        LEGAL_FORMS.binary_search_by(|form| form.as_bytes().cmp(&letters[..n])).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_are_sorted_and_found() {
        assert!(LEGAL_FORMS.is_sorted());
        for name in ["ACME TRADING CO., LTD.", "Beispiel GmbH & Co. KG", "EXEMPLO S.A.", "ooo primer"] {
            assert!(has_legal_form(name), "{name}");
        }
        for name in ["JANE DOE", "COSIMA INCE", ""] {
            assert!(!has_legal_form(name), "{name}");
        }
    }
}
