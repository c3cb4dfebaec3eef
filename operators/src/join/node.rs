use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::common::{DFSchema, DFSchemaRef, JoinSide, JoinType, Result, internal_err};
use datafusion::logical_expr::logical_plan::builder::build_join_schema;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use crate::watchlist::Generation;

/// A join of subjects with the entities of a watchlist, found through the index.
///
/// The *probe* side has the subjects, the other side has a column of entity ordinals. Types are
/// inner, and outer, semi and anti that keep rows of the probe side.
#[derive(Clone)]
pub struct WatchlistJoin {
    /// Left input.
    pub left: LogicalPlan,
    /// Right input.
    pub right: LogicalPlan,
    /// One that [`WatchlistJoin::supports`].
    pub join_type: JoinType,
    /// Side that has the subjects.
    pub probe: JoinSide,
    /// Subject struct over the probe side.
    pub subject: Expr,
    /// Entity ordinal (UInt32) over the other side.
    pub entity: Expr,
    /// What else must hold for a pair.
    pub residual: Option<Expr>,
    /// Least weight of a pair.
    pub min_bits: f32,
    /// Generation that weighs.
    pub generation: Arc<Generation>,
    /// Output columns.
    pub schema: DFSchemaRef,
}

impl WatchlistJoin {
    /// Whether the index can answer this join type with the subjects on that side.
    pub fn supports(join_type: JoinType, probe: JoinSide) -> bool {
        match join_type {
            JoinType::Inner => probe != JoinSide::None,
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti => probe == JoinSide::Left,
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti => probe == JoinSide::Right,
            JoinType::Full | JoinType::LeftMark | JoinType::RightMark => false,
        }
    }

    fn key(&self) -> (JoinType, bool, u32, &str) {
        (self.join_type, self.probe == JoinSide::Left, self.min_bits.to_bits(), self.generation.id())
    }
}

impl fmt::Debug for WatchlistJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        UserDefinedLogicalNodeCore::fmt_for_explain(self, f)
    }
}

impl PartialEq for WatchlistJoin {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
            && self.subject == other.subject
            && self.entity == other.entity
            && self.residual == other.residual
            && self.left == other.left
            && self.right == other.right
            && self.schema == other.schema
    }
}

impl Eq for WatchlistJoin {}

impl Hash for WatchlistJoin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
        self.subject.hash(state);
        self.entity.hash(state);
        self.residual.hash(state);
        self.left.hash(state);
        self.right.hash(state);
    }
}

impl PartialOrd for WatchlistJoin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let inputs = (&self.left, &self.right, &self.subject, &self.entity, &self.residual);
        match inputs.partial_cmp(&(&other.left, &other.right, &other.subject, &other.entity, &other.residual))? {
            Ordering::Equal => (self == other).then_some(Ordering::Equal),
            unequal => Some(unequal),
        }
    }
}

impl UserDefinedLogicalNodeCore for WatchlistJoin {
    fn name(&self) -> &'static str {
        "WatchlistJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        [self.subject.clone(), self.entity.clone()].into_iter().chain(self.residual.clone()).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WatchlistJoin: type={:?}, min_bits={}, entity={}", self.join_type, self.min_bits, self.entity)?;
        match &self.residual {
            Some(residual) => write!(f, ", residual={residual}"),
            None => Ok(()),
        }
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Ok([left, right]), mut exprs) = (<[LogicalPlan; 2]>::try_from(inputs), exprs.into_iter()) else {
            return internal_err!("a watchlist join has two inputs");
        };
        let (Some(subject), Some(entity)) = (exprs.next(), exprs.next()) else {
            return internal_err!("a watchlist join has a subject and an entity");
        };
        let schema = if left.schema() == self.left.schema() && right.schema() == self.right.schema() {
            Arc::clone(&self.schema)
        } else {
            Arc::new(build_join_schema(left.schema(), right.schema(), &self.join_type)?)
        };
        Ok(Self { left, right, subject, entity, residual: exprs.next(), schema, ..self.clone() })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        // Columns that the expressions need are added by the caller.
        let left_width =
            if matches!(self.join_type, JoinType::RightSemi | JoinType::RightAnti) { 0 } else { width(self.left.schema()) };
        let (left, right): (Vec<_>, Vec<_>) = output_columns.iter().partition(|&&i| i < left_width);
        Some(vec![left, right.into_iter().map(|i| i - left_width).collect()])
    }
}

fn width(schema: &DFSchema) -> usize {
    schema.fields().len()
}
