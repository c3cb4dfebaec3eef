use std::sync::Arc;

use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::consignment_subjects::consignment_subjects;
use super::options::TamisOptions;
use super::planner::TamisQueryPlanner;
use super::rule::WatchlistJoinRule;
use super::traveller_subject::traveller_subject;

/// All functions that need no watchlist. Those that do come with
/// [`register_watchlist`](super::register_watchlist).
pub fn functions() -> Vec<Arc<ScalarUDF>> {
    let mut all = crate::functions::all();
    all.push(Arc::new(traveller_subject()));
    all.push(Arc::new(consignment_subjects()));
    all
}

/// Adds everything of this crate to a session under construction: the settings `tamis.…`, the
/// optimizer rule, the planner and the functions. Call it last: it replaces the query planner, and
/// functions that are set afterwards replace its own.
pub fn with_tamis(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let config = builder.config().get_or_insert_with(SessionConfig::new);
    let extensions = &mut config.options_mut().extensions;
    if extensions.get::<TamisOptions>().is_none() {
        extensions.insert(TamisOptions::default());
    }
    builder.scalar_functions().get_or_insert_with(Vec::new).extend(functions());
    builder.with_optimizer_rule(Arc::new(WatchlistJoinRule)).with_query_planner(Arc::new(TamisQueryPlanner))
}

/// A session with DataFusion's defaults and everything of this crate; to be adjusted and built.
pub fn tamis_session_state(config: SessionConfig) -> SessionStateBuilder {
    with_tamis(SessionStateBuilder::new_with_default_features().with_config(config))
}

/// A context with DataFusion's defaults and everything of this crate.
pub fn tamis_context(config: SessionConfig) -> SessionContext {
    SessionContext::new_with_state(tamis_session_state(config).build())
}
