//! The one shape that all scalar functions here share: typed parameters, a kernel over arrays,
//! and its documentation.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, LargeStringArray, StringArray, StringViewArray,
    StringViewBuilder, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_OTHER;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Text of any layout; dictionaries stay dictionaries.
    Text,
    /// A date; timestamps and text are cast.
    Date,
    /// A clock time in microseconds; an instant is taken by its UTC clock.
    Time,
    /// A list of structs with at least these fields.
    Structs(&'static [&'static str]),
}

/// Kernel over arrays of one length; a NULL in the column is the kernel's own to decide.
pub(super) type Kernel = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// A scalar function.
#[derive(Debug)]
pub(super) struct Function {
    name: &'static str,
    parameters: &'static [Parameter],
    /// Parameters from here on may be left out.
    required: usize,
    returns: DataType,
    kernel: Kernel,
    signature: Signature,
    documentation: Documentation,
}

impl Function {
    /// `syntax` begins with the name, as in `age_at(birth_date, on_date)`.
    pub(super) fn udf(
        syntax: &'static str,
        parameters: &'static [Parameter],
        returns: DataType,
        kernel: Kernel,
        description: &'static str,
    ) -> ScalarUDF {
        Self::udf_with_optional(syntax, parameters, parameters.len(), returns, kernel, description)
    }

    pub(super) fn udf_with_optional(
        syntax: &'static str,
        parameters: &'static [Parameter],
        required: usize,
        returns: DataType,
        kernel: Kernel,
        description: &'static str,
    ) -> ScalarUDF {
        let name = syntax.split_once('(').map_or(syntax, |(name, _)| name);
        ScalarUDF::new_from_impl(Self {
            name,
            parameters,
            required,
            returns,
            kernel,
            signature: Signature::user_defined(Volatility::Immutable),
            documentation: Documentation::builder(DOC_SECTION_OTHER, description, syntax).build(),
        })
    }

    /// A dictionary in front of constants is worked on by its values: a few for thousands of rows.
    fn on_dictionary(&self, args: &[ColumnarValue]) -> Result<Option<ArrayRef>> {
        let [ColumnarValue::Array(first), rest @ ..] = args else { return Ok(None) };
        let Some(dictionary) = first.as_any_dictionary_opt() else { return Ok(None) };
        let values = dictionary.values();
        // An unused or oversized dictionary would cost more than its rows.
        if values.len() > first.len() || rest.iter().any(|arg| matches!(arg, ColumnarValue::Array(_))) {
            return Ok(None);
        }
        let mut arrays = vec![Arc::clone(values)];
        for arg in rest {
            arrays.push(arg.to_array(values.len())?);
        }
        Ok(Some(take(&(self.kernel)(&arrays)?, dictionary.keys(), None)?))
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Function {}
impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        if !(self.required..=self.parameters.len()).contains(&arg_types.len()) {
            return plan_err!("write {}", self.documentation.syntax_example);
        }
        arg_types
            .iter()
            .zip(self.parameters)
            .enumerate()
            .map(|(i, (given, parameter))| match coerce(given, *parameter) {
                Some(t) => Ok(t),
                None => {
                    plan_err!(
                        "{} takes {} as argument {}, not {given}",
                        self.documentation.syntax_example,
                        parameter.describe(),
                        i + 1
                    )
                }
            })
            .collect()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_scalar { 1 } else { args.number_rows };
        if args.args.iter().any(|arg| arg.data_type().is_null()) {
            return if all_scalar {
                ScalarValue::try_from(&self.returns).map(ColumnarValue::Scalar)
            } else {
                Ok(ColumnarValue::Array(new_null_array(&self.returns, rows)))
            };
        }
        if let Some(array) = self.on_dictionary(&args.args)? {
            return Ok(ColumnarValue::Array(array));
        }
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let array = (self.kernel)(&arrays)?;
        if array.len() != rows || array.data_type() != &self.returns {
            return internal_err!("{} gave {} {} for {rows} rows", self.name, array.len(), array.data_type());
        }
        if all_scalar {
            return ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(array))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl Parameter {
    fn describe(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Date => "a date".to_owned(),
            Self::Time => "a time".to_owned(),
            Self::Structs(fields) => format!("a list of structs with {}", fields.join(", ")),
        }
    }
}

fn coerce(given: &DataType, parameter: Parameter) -> Option<DataType> {
    if given.is_null() {
        return Some(DataType::Null);
    }
    match parameter {
        Parameter::Text => match given {
            DataType::Dictionary(_, values) if values.is_string() => Some(given.clone()),
            other if other.is_string() => Some(given.clone()),
            _ => None,
        },
        Parameter::Date => match given {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => Some(DataType::Date32),
            other if other.is_string() => Some(DataType::Date32),
            _ => None,
        },
        Parameter::Time => match given {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => {
                Some(DataType::Timestamp(TimeUnit::Microsecond, None))
            }
            other if other.is_string() => Some(DataType::Timestamp(TimeUnit::Microsecond, None)),
            _ => None,
        },
        Parameter::Structs(names) => match given {
            DataType::List(item) => match item.data_type() {
                DataType::Struct(fields) if names.iter().all(|name| fields.find(name).is_some()) => Some(given.clone()),
                _ => None,
            },
            _ => None,
        },
    }
}

/// Text of any layout, read by row.
pub(super) enum Texts<'a> {
    /// `Utf8View`.
    View(&'a StringViewArray),
    /// `Utf8`.
    Small(&'a StringArray),
    /// `LargeUtf8`.
    Large(&'a LargeStringArray),
    /// A column that is NULL throughout.
    Null,
}

impl<'a> Texts<'a> {
    /// Dictionaries must have been unpacked, see [`texts`].
    pub(super) fn new(array: &'a dyn Array) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Utf8View => Self::View(array.as_string_view()),
            DataType::Utf8 => Self::Small(array.as_string()),
            DataType::LargeUtf8 => Self::Large(array.as_string()),
            DataType::Null => Self::Null,
            other => return exec_err!("{other} is not text"),
        })
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::View(a) => a.is_valid(row).then(|| a.value(row)),
            Self::Small(a) => a.is_valid(row).then(|| a.value(row)),
            Self::Large(a) => a.is_valid(row).then(|| a.value(row)),
            Self::Null => None,
        }
    }
}

/// The array without its dictionary.
pub(super) fn unpacked(array: &ArrayRef) -> Result<ArrayRef> {
    match array.as_any_dictionary_opt() {
        Some(dictionary) => Ok(take(dictionary.values(), dictionary.keys(), None)?),
        None => Ok(Arc::clone(array)),
    }
}

/// A kernel of one text argument and a boolean answer.
pub(super) fn text_to_bool(args: &[ArrayRef], answer: impl Fn(&str) -> Option<bool>) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let text = Texts::new(&array)?;
    Ok(Arc::new((0..array.len()).map(|row| text.get(row).and_then(&answer)).collect::<BooleanArray>()))
}

/// A kernel of one text argument and a number.
pub(super) fn text_to_int(args: &[ArrayRef], answer: impl Fn(&str) -> Option<i32>) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let text = Texts::new(&array)?;
    Ok(Arc::new((0..array.len()).map(|row| text.get(row).and_then(&answer)).collect::<Int32Array>()))
}

/// A kernel of one text argument and a text that the program holds.
pub(super) fn text_to_text(args: &[ArrayRef], answer: impl Fn(&str) -> Option<&'static str>) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let text = Texts::new(&array)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        out.append_option(text.get(row).and_then(&answer));
    }
    Ok(Arc::new(out.finish()))
}

/// A date column, already coerced.
pub(super) fn dates(array: &ArrayRef) -> Result<&Date32Array> {
    let Some(dates) = array.as_primitive_opt() else {
        return exec_err!("{} is not a date", array.data_type());
    };
    Ok(dates)
}

/// A column of clock times, already coerced.
pub(super) fn times(array: &ArrayRef) -> Result<&TimestampMicrosecondArray> {
    let Some(times) = array.as_primitive_opt() else {
        return exec_err!("{} is not a time in microseconds", array.data_type());
    };
    Ok(times)
}
