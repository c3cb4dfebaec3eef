//! Triage: the hits of watchlists and scenarios become one outcome a record, with its reasons in
//! the order of their weight. A person decides on what is referred.

mod exec;
mod kernel;
mod plan;

pub use exec::TriageExec;
pub use kernel::{SCENARIO_HITS, WATCHLIST_HITS, triage, triage_schema};
pub use plan::{TriageNode, TriagePlanner, triage_plan};
