use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use tamis_operators::functions::standard_state;
use tamis_operators::scenario::{CompiledSet, Scenario, ScenarioError, ScenarioSet, ScenarioTest, compile, example_batch};

/// What a check found in scenarios that compile.
#[derive(Debug)]
pub struct CheckReport {
    /// The set, ready for a plan.
    pub compiled: Arc<CompiledSet>,
    /// Examples that were run.
    pub tests: usize,
    /// Examples that did not hold, and scenarios without an example of either outcome.
    pub failures: Vec<ScenarioError>,
    /// Scenarios whose review is due.
    pub warnings: Vec<ScenarioError>,
}

/// Compiles scenarios against the schema of their records and runs the examples beside them.
/// `today` decides which reviews are due; a due review warns and no more.
///
/// # Errors
/// Every fault that keeps a scenario from compiling.
pub fn check(scenarios: Vec<Scenario>, schema: SchemaRef, today: NaiveDate) -> Result<CheckReport, Vec<ScenarioError>> {
    let set = ScenarioSet::new(scenarios)?;
    let state = standard_state().map_err(|e| vec![ScenarioError { message: e.strip_backtrace(), ..ScenarioError::default() }])?;
    let compiled = compile(set, schema, &state)?;
    let mut report = CheckReport { compiled: Arc::new(compiled), tests: 0, failures: Vec::new(), warnings: Vec::new() };
    let compiled = Arc::clone(&report.compiled);
    for (ordinal, scenario) in compiled.set().scenarios().iter().enumerate() {
        if scenario.review_by < today {
            report.warnings.push(ScenarioError::at(
                &scenario.origin,
                scenario.origin.line,
                &scenario.id,
                format!("the review was due on {}, ask {} for it", scenario.review_by, scenario.owner),
            ));
        }
        for fires in [true, false] {
            if !scenario.tests.iter().any(|t| t.fires == fires) {
                report.failures.push(ScenarioError::at(
                    &scenario.origin,
                    scenario.origin.line,
                    &scenario.id,
                    format!("there is no [[scenario.test]] with fires = {fires}, every scenario shows both"),
                ));
            }
        }
        for test in &scenario.tests {
            report.tests += 1;
            if let Err(message) = run(&compiled, ordinal, test) {
                let name = test.name.as_ref().map_or_else(String::new, |n| format!(" ({n})"));
                report.failures.push(ScenarioError::at(
                    &scenario.origin,
                    test.line,
                    &scenario.id,
                    format!("test{name}: {message}"),
                ));
            }
        }
    }
    Ok(report)
}

/// Runs one example through the same kernels that a plan uses.
fn run(compiled: &CompiledSet, ordinal: usize, test: &ScenarioTest) -> Result<(), String> {
    let batch = example_batch(&test.given, compiled.schema())?;
    let hits = compiled.hits_of(ordinal, &batch).map_err(|e| e.strip_backtrace())?;
    let row = hits.value(0);
    let hits = row.as_struct();
    let id = compiled.set().scenarios()[ordinal].id.as_str();
    let text = |name: &str| hits.column_by_name(name).and_then(|c| c.as_string_view_opt()).ok_or("a hit has no text");
    let (ids, explanations) = (text("id")?, text("explanation")?);
    let hit = (0..hits.len()).find(|i| ids.value(*i) == id);
    match (hit, test.fires) {
        (None, true) => Err("it should fire and does not".to_owned()),
        (Some(_), false) => Err("it should not fire and does".to_owned()),
        (None, false) => Ok(()),
        (Some(hit), true) => match &test.explains {
            Some(expected) if expected != explanations.value(hit) => {
                Err(format!("it should explain {expected:?} and explains {:?}", explanations.value(hit)))
            }
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tamis_operators::schema::traveller_schema;

    use super::*;
    use crate::scenarios::parse;

    fn checked(tests: &str) -> CheckReport {
        let text = format!(
            "[[scenario]]\nid = 'T-900'\nversion = 1\nkind = 'traveller'\ntitle = 't'\nwhen = 'bag_count = 0'\n\
             reason = '{{bag_count}} bags'\nseverity = 'low'\naction = 'note'\nowner = 'me'\nreview_by = 2026-06-30\n\
             justification = [{{ indicator = 'i', columns = ['bag_count'], why = 'w', source = 's' }}]\n{tests}"
        );
        let today = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        check(parse("f.toml", &text).unwrap(), traveller_schema(), today).unwrap()
    }

    #[test]
    fn examples_that_hold_pass_and_a_due_review_warns() {
        let report = checked(
            "[[scenario.test]]\ngiven = { bag_count = 0 }\nfires = true\nexplains = '0 bags'\n\
             [[scenario.test]]\ngiven = {}\nfires = false",
        );
        assert_eq!((report.tests, report.failures.len()), (2, 0), "{:?}", report.failures);
        assert_eq!(report.warnings[0].to_string(), "f.toml:1: scenario T-900: the review was due on 2026-06-30, ask me for it");
    }

    #[test]
    fn examples_that_do_not_hold_say_so_with_their_line() {
        let report = checked(
            "[[scenario.test]]\ngiven = { bag_count = 1 }\nfires = true\n\
             [[scenario.test]]\ngiven = { bag_count = 0 }\nfires = false\nname = 'zero'\n\
             [[scenario.test]]\ngiven = { bag_count = 0 }\nfires = true\nexplains = 'none'\n\
             [[scenario.test]]\ngiven = { bag_cuont = 0 }\nfires = true",
        );
        let messages = report.failures.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            messages,
            [
                "f.toml:13: scenario T-900: test: it should fire and does not",
                "f.toml:16: scenario T-900: test (zero): it should not fire and does",
                "f.toml:20: scenario T-900: test: it should explain \"none\" and explains \"0 bags\"",
                "f.toml:24: scenario T-900: test: there is no column bag_cuont, did you mean bag_count",
            ]
        );
    }

    #[test]
    fn both_outcomes_must_be_shown() {
        let report = checked("[[scenario.test]]\ngiven = { bag_count = 0 }\nfires = true");
        assert!(report.failures[0].message.contains("fires = false"));
    }
}
