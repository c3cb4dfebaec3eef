//! The SQL face of the watchlist: a join that finds its pairs through the index.
//!
//! ```sql
//! SELECT q.id, w.entity_id, watchlist_weight(named_struct('name', q.name, 'birth_date', q.birth_date), w.entity) AS bits
//! FROM queries q JOIN watchlist w
//!   ON watchlist_weight(named_struct('name', q.name, 'birth_date', q.birth_date), w.entity) >= 24
//! ```
//!
//! In the order of the data: [`register_watchlist`] gives a generation a table and functions,
//! [`SubjectColumns`] reads subjects out of a batch, [`WatchlistJoinRule`] turns the join of the
//! query into a [`WatchlistJoin`], [`WatchlistPlanner`] turns that into a [`WatchlistJoinExec`].
//! With `SET tamis.watchlist_join = false` the same SQL is a nested loop that weighs every pair:
//! slow, and the oracle that the index is held against.
//!
//! [`nest_watchlist_hits`] is the second form: one output row an input row, with its hits as a list.

mod build;
mod consignment_subjects;
mod exec;
mod function;
mod hits;
mod metrics;
mod nest;
mod node;
mod options;
mod pairs;
mod planner;
mod rule;
mod session;
mod subject;
mod table;
mod text;
mod traveller_subject;

pub use consignment_subjects::{ConsignmentSubjects, consignment_subjects, consignment_subjects_expr};
pub use exec::WatchlistJoinExec;
pub use function::{WatchlistFunction, WatchlistQuestion};
pub use nest::{HITS_COLUMN, Strategy, WatchlistNest, nest_watchlist_hits};
pub use node::WatchlistJoin;
pub use options::TamisOptions;
pub use planner::{TamisQueryPlanner, WatchlistPlanner};
pub use rule::WatchlistJoinRule;
pub use session::{functions, tamis_context, tamis_session_state, with_tamis};
pub use subject::{SUBJECT_FIELDS, SubjectColumns, check_subject_type, check_subjects_type};
pub use table::{GENERATION_KEY, WatchlistTable, register_watchlist};
pub use traveller_subject::{TravellerSubject, subject_expr, traveller_subject};
