use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef};
use datafusion::common::{DFSchema, DFSchemaRef, Result, TableReference, internal_err, plan_err};
use datafusion::logical_expr::expr_rewriter::normalize_col;
use datafusion::logical_expr::{Expr, ExprSchemable, Extension, LogicalPlan, UserDefinedLogicalNodeCore};

use super::hits::hits_type;
use super::subject::check_subjects_type;
use crate::watchlist::{Generation, MinBits};

/// Column that [`nest_watchlist_hits`] appends.
pub const HITS_COLUMN: &str = "watchlist_hits";

/// How hits are found. Both ways give the same hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// Through the compiled index.
    #[default]
    Index,
    /// By weighing every entity: slow, and the oracle of the index.
    NestedLoop,
}

impl Strategy {
    /// The word that plans show.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::NestedLoop => "nested_loop",
        }
    }
}

/// The rows of the input, each with the list of its watchlist hits, heaviest first.
#[derive(Clone)]
pub struct WatchlistNest {
    /// Rows with subjects.
    pub input: LogicalPlan,
    /// Subject struct, or a list of them.
    pub subject: Expr,
    /// Least weight of a hit.
    pub min_bits: MinBits,
    /// Index or nested loop.
    pub strategy: Strategy,
    /// Generation that weighs.
    pub generation: Arc<Generation>,
    schema: DFSchemaRef,
}

/// Appends the column [`HITS_COLUMN`] (a list of [`crate::schema::HIT`], never null) to a plan: all
/// entities that weigh at least `min_bits` (a number, or one a list: [`MinBits`]), heaviest first, equal weights by ordinal, at most as
/// many as the session setting `tamis.watchlist_top_k` says.
///
/// Where `subject` is a list of subjects, a row has the hits of all of them, and each says whose it
/// is in its field `subject`.
///
/// # Errors
/// A plan error where `subject` is no subject struct, or list of them, over the columns of `input`, or `min_bits` is
/// no number.
pub fn nest_watchlist_hits(
    input: LogicalPlan,
    subject: Expr,
    generation: Arc<Generation>,
    min_bits: impl Into<MinBits>,
    strategy: Strategy,
) -> Result<LogicalPlan> {
    let min_bits = min_bits.into();
    if !min_bits.is_number() {
        return plan_err!("the least weight of a watchlist hit must be a number of bits");
    }
    let subject = normalize_col(subject, &input)?;
    check_subjects_type(&subject.get_type(input.schema())?)?;
    let schema = nested_schema(input.schema())?;
    let node = Arc::new(WatchlistNest { input, subject, min_bits, strategy, generation, schema });
    Ok(LogicalPlan::Extension(Extension { node }))
}

/// Field of the appended column.
pub(super) fn hits_field() -> FieldRef {
    Arc::new(Field::new(HITS_COLUMN, hits_type(), false))
}

fn nested_schema(input: &DFSchema) -> Result<DFSchemaRef> {
    let mut fields: Vec<(Option<TableReference>, FieldRef)> =
        input.iter().map(|(qualifier, field)| (qualifier.cloned(), Arc::clone(field))).collect();
    fields.push((None, hits_field()));
    Ok(Arc::new(DFSchema::new_with_metadata(fields, input.metadata().clone())?))
}

impl WatchlistNest {
    fn key(&self) -> (&MinBits, Strategy, &str) {
        (&self.min_bits, self.strategy, self.generation.id())
    }
}

impl fmt::Debug for WatchlistNest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        UserDefinedLogicalNodeCore::fmt_for_explain(self, f)
    }
}

impl PartialEq for WatchlistNest {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key() && self.subject == other.subject && self.input == other.input
    }
}

impl Eq for WatchlistNest {}

impl Hash for WatchlistNest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
        self.subject.hash(state);
        self.input.hash(state);
    }
}

impl PartialOrd for WatchlistNest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (&self.input, &self.subject).partial_cmp(&(&other.input, &other.subject))? {
            Ordering::Equal => (self == other).then_some(Ordering::Equal),
            unequal => Some(unequal),
        }
    }
}

impl UserDefinedLogicalNodeCore for WatchlistNest {
    fn name(&self) -> &'static str {
        "WatchlistJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        vec![self.subject.clone()]
    }

    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::from([HITS_COLUMN.to_owned()])
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WatchlistJoin: type=Nest, min_bits={}, strategy={}", self.min_bits, self.strategy.as_str())
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Ok([subject]), Ok([input])) = (<[Expr; 1]>::try_from(exprs), <[LogicalPlan; 1]>::try_from(inputs)) else {
            return internal_err!("nested watchlist hits have one input and one subject");
        };
        let schema = nested_schema(input.schema())?;
        Ok(Self { input, subject, schema, ..self.clone() })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let width = self.input.schema().fields().len();
        Some(vec![output_columns.iter().copied().filter(|&i| i < width).collect()])
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }
}
