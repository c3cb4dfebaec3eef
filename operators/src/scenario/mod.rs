//! Risk scenarios: named, versioned, justified rules over the columns of a record.
//!
//! [`Scenario`] is the definition, [`ScenarioSet`] a checked set of them with a digest,
//! [`compile`] types their predicates against a record schema, [`evaluate_scenarios`] puts all of
//! them into a plan as one pass, and [`ScenarioExec`] turns the answers into hits with rendered
//! explanations. A predicate that is NULL never fires: unknown is not a finding.

mod compile;
mod definition;
mod error;
mod evaluate;
mod example;
mod exec;
mod hits;
mod set;
mod template;
#[cfg(test)]
mod tests;

pub use compile::{Compiled, CompiledSet, compile};
pub use definition::{Action, Justification, Kind, Origin, Scenario, ScenarioTest, Severity, id_prefix};
pub use error::{ScenarioError, nearest};
pub use evaluate::{HITS_COLUMN, ScenarioNode, ScenarioPlanner, evaluate_scenarios};
pub use example::example_batch;
pub use exec::ScenarioExec;
pub use hits::scenario_hits;
pub use set::ScenarioSet;
pub use template::Template;
