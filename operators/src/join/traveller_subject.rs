use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Column, DFSchema, Result, ScalarValue, plan_err};
use datafusion::functions::core::named_struct;
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_OTHER;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};

use super::subject::{SUBJECT_FIELDS, check_subject_type};

/// What the arguments of `traveller_subject` become, in order.
const FIELDS: [&str; 7] = ["surname", "given_names", "birth_date", "birth_date_precision", "nationality", "sex", "documents"];

/// `traveller_subject(surname, given_names, birth_date, birth_date_precision, nationality, sex, documents)`:
/// the subject of a watchlist function from the columns of a canonical traveller. Arguments may be
/// left off from the right; null is unknown.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct TravellerSubject {
    signature: Signature,
    documentation: Documentation,
}

/// The function `traveller_subject`.
pub fn traveller_subject() -> ScalarUDF {
    ScalarUDF::new_from_impl(TravellerSubject {
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: Documentation::builder(
            DOC_SECTION_OTHER,
            "The subject of a watchlist function from the columns of a canonical traveller. Arguments may be left off \
             from the right; null is unknown.",
            "traveller_subject(surname, given_names, birth_date, birth_date_precision, nationality, sex, documents)",
        )
        .build(),
    })
}

fn fields_of<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Fields {
    FIELDS.into_iter().zip(types).map(|(name, t)| Field::new(name, t.clone(), true)).collect()
}

impl ScalarUDFImpl for TravellerSubject {
    fn name(&self) -> &'static str {
        "traveller_subject"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields_of(arg_types)))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        if arg_types.is_empty() || arg_types.len() > FIELDS.len() {
            return plan_err!("traveller_subject takes 1 to {} arguments: {}", FIELDS.len(), FIELDS.join(", "));
        }
        check_subject_type(&DataType::Struct(fields_of(arg_types)))?;
        Ok(arg_types.to_vec())
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let columns: Vec<ArrayRef> = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<_>>()?;
        let fields = fields_of(columns.iter().map(|c| c.data_type()));
        let subjects = Arc::new(StructArray::try_new(fields, columns, None)?);
        Ok(if constant { ColumnarValue::Scalar(ScalarValue::Struct(subjects)) } else { ColumnarValue::Array(subjects) })
    }
}

/// The subject of a table that has columns named as in [`SUBJECT_FIELDS`], as the canonical
/// traveller table has: `named_struct` over those of them that are there and have a type that can
/// be read. `name` is left out where the table has `surname`.
///
/// # Errors
/// A plan error where no column names the subject.
pub fn subject_expr(schema: &DFSchema) -> Result<Expr> {
    let split = schema.iter().any(|(_, f)| f.name() == "surname");
    let mut args = vec![];
    let mut fields = vec![];
    for (qualifier, field) in schema.iter() {
        let name = field.name().as_str();
        if !SUBJECT_FIELDS.contains(&name) || (split && name == "name") {
            continue;
        }
        if fields.iter().any(|f: &Field| f.name() == name) {
            return plan_err!("two columns are named {name}: build the subject with named_struct");
        }
        fields.push(Field::new(name, field.data_type().clone(), true));
        args.extend([lit(name), Expr::Column(Column::new(qualifier.cloned(), name))]);
    }
    check_subject_type(&DataType::Struct(fields.into()))?;
    Ok(named_struct().call(args))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::datatypes::Schema;

    use super::*;
    use crate::schema::traveller_schema;

    #[test]
    fn the_canonical_traveller_is_a_subject() {
        let schema = DFSchema::try_from_qualified_schema("t", &traveller_schema()).unwrap();
        let text = subject_expr(&schema).unwrap().to_string();
        for column in ["t.surname", "t.given_names", "t.birth_date", "t.birth_date_precision", "t.documents", "t.sex"] {
            assert!(text.contains(column), "{text}");
        }
        assert!(!text.contains("name_raw"));
    }

    #[test]
    fn a_table_without_names_is_not() {
        let schema = Schema::new(vec![Field::new("sex", DataType::Utf8, true)]);
        let schema = DFSchema::try_from_qualified_schema("t", &schema).unwrap();
        assert!(subject_expr(&schema).unwrap_err().to_string().contains("needs a field name"));
    }
}
