use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, Float32Builder, StringViewBuilder, UInt32Array};
use arrow::datatypes::{DataType, Field, FieldRef, UInt32Type};
use datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_OTHER;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::hits::EvidenceBuilder;
use super::subject::{SubjectColumns, check_subject_type};
use super::table::GENERATION_KEY;
use crate::schema::evidence_type;
use crate::watchlist::{Generation, Matcher};

/// What is asked of a pair of subject and entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WatchlistQuestion {
    /// `watchlist_weight(subject, entity) -> Float32`: match weight in bits.
    Weight,
    /// `watchlist_evidence(subject, entity) -> List<Struct>`: the terms of the sum.
    Evidence,
    /// `watchlist_explanation(subject, entity) -> Utf8View`: the terms in one line.
    Explanation,
}

impl WatchlistQuestion {
    fn name(self) -> &'static str {
        match self {
            Self::Weight => "watchlist_weight",
            Self::Evidence => "watchlist_evidence",
            Self::Explanation => "watchlist_explanation",
        }
    }

    fn documentation(self) -> Documentation {
        let (syntax, description) = match self {
            Self::Weight => (
                "watchlist_weight(subject, entity)",
                "Weight of the match between a subject struct and the entity of a watchlist, in bits. A join on \
                 watchlist_weight(...) >= number is answered through the index of the watchlist.",
            ),
            Self::Evidence => (
                "watchlist_evidence(subject, entity)",
                "The compared fields behind watchlist_weight, heaviest first: field, reported, listed, level, bits.",
            ),
            Self::Explanation => (
                "watchlist_explanation(subject, entity)",
                "The compared fields behind watchlist_weight in one line that ends with the sum in bits.",
            ),
        };
        Documentation::builder(DOC_SECTION_OTHER, description, syntax)
            .with_argument("subject", "A struct, see named_struct and traveller_subject. Null gives null.")
            .with_argument("entity", "The column entity of the watchlist. Null gives null.")
            .build()
    }
}

/// A function of a subject and an entity, bound to one generation. A null subject, or a null
/// entity, gives null. Two of them are equal where they ask the same of the same generation.
pub struct WatchlistFunction {
    question: WatchlistQuestion,
    matchers: Arc<MatcherPool>,
    signature: Signature,
    documentation: Documentation,
}

impl WatchlistFunction {
    /// All three functions of a generation.
    pub fn all(generation: &Arc<Generation>) -> Vec<ScalarUDF> {
        let matchers = Arc::new(MatcherPool { generation: Arc::clone(generation), idle: Mutex::new(vec![]) });
        [WatchlistQuestion::Weight, WatchlistQuestion::Evidence, WatchlistQuestion::Explanation]
            .into_iter()
            .map(|question| {
                // User defined: text of any type arrives as it is, not cast.
                let signature = Signature::user_defined(Volatility::Immutable);
                let documentation = question.documentation();
                ScalarUDF::new_from_impl(Self { question, matchers: Arc::clone(&matchers), signature, documentation })
            })
            .collect()
    }

    /// What it asks.
    pub fn question(&self) -> WatchlistQuestion {
        self.question
    }

    /// The generation it is bound to.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.matchers.generation
    }

    fn key(&self) -> (WatchlistQuestion, &str) {
        (self.question, self.generation().id())
    }

    fn answer(&self, matcher: &mut Matcher, args: &Arguments) -> Result<ArrayRef> {
        let subjects = SubjectColumns::try_new(args.subjects.as_struct())?;
        let mut documents = Vec::new();
        let rows = args.rows;
        macro_rules! each_row {
            ($null:expr, |$subject:ident, $entity:ident| $some:expr) => {
                for row in 0..rows {
                    match (subjects.row(args.subject_row(row), &mut documents), args.entity(row, matcher)?) {
                        (Some($subject), Some($entity)) => $some,
                        _ => $null,
                    }
                }
            };
        }
        Ok(match self.question {
            WatchlistQuestion::Weight => {
                let mut out = Float32Builder::with_capacity(rows);
                each_row!(out.append_null(), |subject, entity| out.append_value(matcher.weigh(&subject, entity)));
                Arc::new(out.finish())
            }
            WatchlistQuestion::Evidence => {
                let mut out = EvidenceBuilder::with_capacity(rows);
                each_row!(out.append_null(), |subject, entity| out.append(&matcher.evidence(&subject, entity)));
                Arc::new(out.finish()?)
            }
            WatchlistQuestion::Explanation => {
                let mut out = StringViewBuilder::with_capacity(rows);
                each_row!(out.append_null(), |subject, entity| out.append_value(matcher.evidence(&subject, entity).line()));
                Arc::new(out.finish())
            }
        })
    }
}

impl fmt::Debug for WatchlistFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchlistFunction")
            .field("name", &self.question.name())
            .field("generation", &self.generation().id())
            .finish_non_exhaustive()
    }
}

impl PartialEq for WatchlistFunction {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for WatchlistFunction {}

impl Hash for WatchlistFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl ScalarUDFImpl for WatchlistFunction {
    fn name(&self) -> &str {
        self.question.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.question {
            WatchlistQuestion::Weight => DataType::Float32,
            WatchlistQuestion::Evidence => evidence_type(),
            WatchlistQuestion::Explanation => DataType::Utf8View,
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        // An ordinal says nothing in another generation: without this, a table and functions that
        // were registered apart would give wrong people.
        if let Some(of_table) = args.arg_fields.get(1).and_then(|f| f.metadata().get(GENERATION_KEY))
            && of_table != self.generation().id()
        {
            return plan_err!(
                "{} is bound to watchlist generation {}, the entity column is of generation {of_table}: register that \
                 watchlist again",
                self.name(),
                self.generation().id()
            );
        }
        let types: Vec<_> = args.arg_fields.iter().map(|f| f.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, true)))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let [subject, entity] = arg_types else {
            return plan_err!("{} takes a subject and an entity, not {} arguments", self.name(), arg_types.len());
        };
        check_subject_type(subject)?;
        if !entity.is_integer() && !entity.is_null() {
            return plan_err!("the second argument of {} is the column entity of a watchlist, not {entity}", self.name());
        }
        Ok(vec![subject.clone(), DataType::UInt32])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arguments = Arguments::try_new(&args)?;
        let mut matcher = self.matchers.take();
        let answer = self.answer(&mut matcher, &arguments);
        self.matchers.put_back(matcher);
        let answer = answer?;
        Ok(if arguments.one_subject && arguments.one_entity {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?)
        } else {
            ColumnarValue::Array(answer)
        })
    }
}

/// The arguments of a call; a constant stays one row.
struct Arguments {
    subjects: ArrayRef,
    one_subject: bool,
    entities: UInt32Array,
    one_entity: bool,
    rows: usize,
}

impl Arguments {
    fn try_new(args: &ScalarFunctionArgs) -> Result<Self> {
        let [subject, entity] = args.args.as_slice() else {
            return internal_err!("a watchlist function takes two arguments");
        };
        let unfold = |value: &ColumnarValue| match value {
            ColumnarValue::Array(array) => Ok((Arc::clone(array), false)),
            ColumnarValue::Scalar(scalar) => scalar.to_array().map(|array| (array, true)),
        };
        let ((subjects, one_subject), (entities, one_entity)) = (unfold(subject)?, unfold(entity)?);
        let Some(entities) = entities.as_primitive_opt::<UInt32Type>().cloned() else {
            return internal_err!("the entity of a watchlist function is UInt32, not {}", entities.data_type());
        };
        let rows = if one_subject && one_entity { 1 } else { args.number_rows };
        Ok(Self { subjects, one_subject, entities, one_entity, rows })
    }

    fn subject_row(&self, row: usize) -> usize {
        if self.one_subject { 0 } else { row }
    }

    fn entity(&self, row: usize, matcher: &Matcher) -> Result<Option<u32>> {
        let row = if self.one_entity { 0 } else { row };
        if self.entities.is_null(row) {
            return Ok(None);
        }
        check_entity(self.entities.value(row), matcher.generation()).map(Some)
    }
}

/// An ordinal that the generation does not have is an error, with and without the index.
pub(super) fn check_entity(entity: u32, generation: &Generation) -> Result<u32> {
    if (entity as usize) < generation.len() {
        return Ok(entity);
    }
    exec_err!("there is no entity {entity} in watchlist generation {}, which has {}", generation.id(), generation.len())
}

/// Matchers between calls: their scratch space is costly, and a call comes with every batch.
struct MatcherPool {
    generation: Arc<Generation>,
    idle: Mutex<Vec<Matcher>>,
}

impl MatcherPool {
    fn take(&self) -> Matcher {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        idle.unwrap_or_else(|| Matcher::new(Arc::clone(&self.generation)))
    }

    fn put_back(&self, matcher: Matcher) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(matcher);
        }
    }
}
