use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, JoinSide, Result, ScalarValue};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Extension, Join, LogicalPlan, Operator};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::function::{WatchlistFunction, WatchlistQuestion};
use super::node::WatchlistJoin;
use super::options::TamisOptions;
use crate::watchlist::Generation;

/// Turns a join without equal keys, of which a condition is `watchlist_weight(subject, entity) >=
/// number` (or `>`, or the other way round), into a [`WatchlistJoin`]. Subject and entity must come
/// from different sides. Other conditions stay as a residual filter on the found pairs.
///
/// The number may be a `CASE` whose results are numbers, as `CASE w.list WHEN 'ofac_sdn' THEN 20
/// ELSE 24 END`: pairs are found by the least of them, and the condition itself is the residual.
///
/// It runs after the built-in rules: by then a condition of WHERE lies on the join, and what
/// concerns one side only lies below it. Joins with equal keys stay hash joins.
#[derive(Debug, Default)]
pub struct WatchlistJoinRule;

impl OptimizerRule for WatchlistJoinRule {
    fn name(&self) -> &'static str {
        "watchlist_join"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(join) = &plan else {
            return Ok(Transformed::no(plan));
        };
        if !TamisOptions::of(&config.options()).watchlist_join {
            return Ok(Transformed::no(plan));
        }
        Ok(match watchlist_join(join) {
            Some(node) => Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(node) })),
            None => Transformed::no(plan),
        })
    }
}

fn watchlist_join(join: &Join) -> Option<WatchlistJoin> {
    if !join.on.is_empty() || join.null_aware {
        return None;
    }
    let conjuncts = split_conjunction(join.filter.as_ref()?);
    let (at, threshold, probe) = conjuncts.iter().enumerate().find_map(|(at, conjunct)| {
        let threshold = Threshold::read(conjunct)?;
        let probe = side_of(threshold.subject, join)?;
        let build = side_of(threshold.entity, join)?;
        (probe != build && WatchlistJoin::supports(join.join_type, probe)).then_some((at, threshold, probe))
    })?;
    let rest = conjuncts.iter().enumerate().filter(|(i, _)| *i != at || threshold.varies).map(|(_, &c)| c.clone());
    Some(WatchlistJoin {
        left: join.left.as_ref().clone(),
        right: join.right.as_ref().clone(),
        join_type: join.join_type,
        probe,
        subject: threshold.subject.clone(),
        entity: threshold.entity.clone(),
        residual: conjunction(rest),
        min_bits: threshold.min_bits,
        generation: Arc::clone(threshold.generation),
        schema: Arc::clone(&join.schema),
    })
}

/// The side that an expression reads; `None` where it reads both, or none.
fn side_of(expr: &Expr, join: &Join) -> Option<JoinSide> {
    if expr.is_volatile() || expr.contains_outer() {
        return None;
    }
    let columns = expr.column_refs();
    let all_in = |schema: &DFSchema| columns.iter().all(|c| schema.has_column(c));
    match (columns.is_empty(), all_in(join.left.schema()), all_in(join.right.schema())) {
        (false, true, false) => Some(JoinSide::Left),
        (false, false, true) => Some(JoinSide::Right),
        _ => None,
    }
}

/// `watchlist_weight(subject, entity) >= min_bits`.
struct Threshold<'a> {
    subject: &'a Expr,
    entity: &'a Expr,
    min_bits: f32,
    /// `min_bits` is the least of several: the condition must be looked at pair by pair.
    varies: bool,
    generation: &'a Arc<Generation>,
}

impl<'a> Threshold<'a> {
    fn read(expr: &'a Expr) -> Option<Self> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return None };
        let (weight, op, bound) = match (Bound::read(left), Bound::read(right)) {
            (None, Some(bound)) => (left.as_ref(), *op, bound),
            (Some(bound), None) => (right.as_ref(), op.swap()?, bound),
            _ => return None,
        };
        // `>= 24.5` compares as Float64, so the weight comes inside a cast. Every Float32 is a Float64.
        let weight = match weight {
            Expr::Cast(cast) if cast.field.data_type() == &DataType::Float64 => cast.expr.as_ref(),
            weight => weight,
        };
        let Expr::ScalarFunction(call) = weight else { return None };
        let function = call.func.inner().downcast_ref::<WatchlistFunction>()?;
        let ([subject, entity], WatchlistQuestion::Weight) = (call.args.as_slice(), function.question()) else {
            return None;
        };
        let (min_bits, varies) = match bound {
            Bound::Number(number) => (least(number, op)?, false),
            Bound::LeastOf(number) => (below(number, op)?, true),
        };
        Some(Self { subject, entity, min_bits, varies, generation: function.generation() })
    }
}

/// What a weight is held against.
enum Bound {
    Number(f64),
    LeastOf(f64),
}

impl Bound {
    fn read(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Literal(literal, _) => number(literal).map(Self::Number),
            Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Float32 | DataType::Float64) => {
                match Self::read(&cast.expr)? {
                    Self::Number(n) | Self::LeastOf(n) => Some(Self::LeastOf(n)),
                }
            }
            Expr::Case(case) => {
                let results = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
                let mut lowest = None;
                for result in results {
                    match result.as_ref() {
                        // Without a threshold no pair passes.
                        Expr::Literal(literal, _) if literal.is_null() => {}
                        other => match Self::read(other)? {
                            Self::Number(n) | Self::LeastOf(n) => lowest = Some(lowest.map_or(n, |l: f64| l.min(n))),
                        },
                    }
                }
                lowest.map(Self::LeastOf)
            }
            _ => None,
        }
    }
}

/// A Float32 at or below every value that satisfies `op number`, however `number` is rounded.
fn below(number: f64, op: Operator) -> Option<f32> {
    let near = number as f32;
    let bits = if f64::from(near) > number { near.next_down() } else { near };
    (matches!(op, Operator::GtEq | Operator::Gt) && bits.is_finite()).then_some(bits)
}

fn number(literal: &ScalarValue) -> Option<f64> {
    match literal {
        ScalarValue::Float64(n) => *n,
        ScalarValue::Float32(n) => n.map(f64::from),
        ScalarValue::Int64(n) => n.map(|n| n as f64),
        ScalarValue::Int32(n) => n.map(f64::from),
        _ => None,
    }
}

/// The least Float32 that satisfies `op number`, so that `>=` on it is the same condition.
fn least(number: f64, op: Operator) -> Option<f32> {
    let near = number as f32;
    let satisfies = |bits: f32| match op {
        Operator::GtEq => f64::from(bits) >= number,
        Operator::Gt => f64::from(bits) > number,
        _ => false,
    };
    [near, near.next_up()].into_iter().find(|&bits| satisfies(bits)).filter(|bits| bits.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_weight_is_exact() {
        assert_eq!(least(24.0, Operator::GtEq), Some(24.0));
        assert_eq!(least(24.0, Operator::Gt), Some(24.0_f32.next_up()));
        // 0.1 as Float32 lies above 0.1, 0.3 as Float32 above 0.3, 0.7 below 0.7.
        for n in [0.1, 0.3, 0.7, 24.1, -3.3, 1e-40] {
            for (op, holds) in [(Operator::GtEq, true), (Operator::Gt, true)] {
                let bits = least(n, op).unwrap_or(f32::NAN);
                let at = |b: f32| if op == Operator::Gt { f64::from(b) > n } else { f64::from(b) >= n };
                assert_eq!((at(bits), at(bits.next_down())), (holds, false), "{n} {op}");
            }
        }
        assert_eq!(least(24.0, Operator::Lt), None);
        assert_eq!(least(f64::NAN, Operator::GtEq), None);
        assert_eq!(least(f64::INFINITY, Operator::GtEq), None);
    }
}
