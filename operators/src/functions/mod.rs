//! Scalar functions over identifiers, documents, trips and names, for scenarios and for plain SQL.
//!
//! All of them answer NULL where what they need is NULL: unknown is never a finding. None looks
//! at a clock, and no table but those that are part of the program, so that a replay gives the same
//! answer.

mod documents;
mod function;
mod identifiers;
mod legs;
mod local_time;
mod mrz;
mod names;
mod places;
mod travel;

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;

pub use tamis_records::country;

/// Every scalar function of this crate, in the order of the reference.
pub fn all() -> Vec<Arc<ScalarUDF>> {
    [
        mrz::functions(),
        identifiers::functions(),
        places::functions(),
        local_time::functions(),
        travel::functions(),
        legs::functions(),
        documents::functions(),
        names::functions(),
    ]
    .into_iter()
    .flatten()
    .map(Arc::new)
    .collect()
}

/// Registers [`all`] functions with a session.
///
/// # Errors
/// What the registry says when it takes no functions.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in all() {
        registry.register_udf(function)?;
    }
    Ok(())
}

/// A session state with DataFusion's own functions and [`all`] of these: what scenarios are
/// compiled against where no session is at hand.
///
/// # Errors
/// What the registry says when it takes no functions.
pub fn standard_state() -> Result<SessionState> {
    let mut state = SessionStateBuilder::new_with_default_features().build();
    register_all(&mut state)?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hashbrown::HashSet;

    use super::*;

    #[test]
    fn every_function_has_its_own_name_and_is_described() {
        let all = all();
        let names = all.iter().map(|f| f.name().to_owned()).collect::<HashSet<_>>();
        assert_eq!(names.len(), all.len());
        for function in &all {
            let doc = function.documentation().unwrap();
            assert!(doc.syntax_example.starts_with(function.name()), "{}", function.name());
            assert!(doc.description.len() > 20, "{}", function.name());
        }
    }

    #[test]
    fn a_session_takes_them_all() {
        let state = standard_state().unwrap();
        for function in all() {
            assert!(state.udf(function.name()).is_ok());
        }
    }
}
