use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, ListArray, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, Result, SchemaError, plan_err};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, Volatility};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::definition::Scenario;
use super::error::{ScenarioError, nearest};
use super::hits::scenario_hits;
use super::set::ScenarioSet;
use super::template::Template;

/// What a person is, not what a person does: never enough for a referral by itself (EU Directive
/// 2016/681 article 6(4); CJEU C-817/19; CBSA and NSIRA on scenario based targeting).
const ORIGIN: &[&str] = &[
    "name_raw",
    "surname",
    "given_names",
    "title",
    "sex",
    "nationality",
    "residence_country",
    "birth_place",
    "birth_country",
    "document_issuer",
];

/// Conduct, or the state of a document or of the report: what must stand beside an origin.
const CONDUCT: &[&str] = &[
    "action",
    "legs",
    "departure_local",
    "arrival_local",
    "deadline_local",
    "event_time",
    "received_at",
    "birth_date",
    "mrz",
    "document_number",
    "document_expiry",
    "documents",
    "document_shared",
    "pnr_locator",
    "ticket",
    "seat",
    "bag_count",
    "bag_weight_kg",
    "bag_tags",
    "contacts",
    "findings",
];

/// One scenario, ready to be put into a plan.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The predicate as a logical expression over unqualified columns.
    pub predicate: Expr,
    /// The predicate over a batch of the schema it was compiled for.
    pub physical: Arc<dyn PhysicalExpr>,
    pub(super) template: Template,
}

/// A set of scenarios, typed against the schema of one record kind.
pub struct CompiledSet {
    set: ScenarioSet,
    schema: SchemaRef,
    compiled: Vec<Compiled>,
    placeholders: Vec<String>,
    /// One row a scenario, taken from for every hit.
    pub(super) constants: Constants,
}

/// What is the same in every hit of a scenario.
pub(super) struct Constants {
    pub(super) id: StringViewArray,
    pub(super) version: StringViewArray,
    pub(super) title: StringViewArray,
    pub(super) severity: StringViewArray,
    pub(super) action: StringViewArray,
}

impl fmt::Debug for CompiledSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledSet").field("id", &self.set.id()).field("scenarios", &self.set.len()).finish_non_exhaustive()
    }
}

impl CompiledSet {
    /// The scenarios.
    pub fn set(&self) -> &ScenarioSet {
        &self.set
    }

    /// Digest of the set: the column `scenario_set`.
    pub fn id(&self) -> &str {
        self.set.id()
    }

    /// Schema of the records it was compiled for.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// In the order of [`ScenarioSet::scenarios`].
    pub fn compiled(&self) -> &[Compiled] {
        &self.compiled
    }

    /// Columns that the explanations show, each once.
    pub fn placeholders(&self) -> &[String] {
        &self.placeholders
    }

    /// The hits of one batch, without a plan: one list a row. For tests and small runs.
    ///
    /// # Errors
    /// A batch of another schema, or an expression that fails on its data.
    pub fn hits(&self, batch: &RecordBatch) -> Result<ListArray> {
        let fires = self.compiled.iter().map(|c| fires(c, batch)).collect::<Result<Vec<_>>>()?;
        self.hits_from(batch, &fires)
    }

    /// The hits of one scenario of the set, by its place in it.
    ///
    /// # Errors
    /// As [`CompiledSet::hits`], and a place beyond the set.
    pub fn hits_of(&self, scenario: usize, batch: &RecordBatch) -> Result<ListArray> {
        if scenario >= self.compiled.len() {
            return plan_err!("the set has {} scenarios", self.compiled.len());
        }
        let never = BooleanArray::from(vec![false; batch.num_rows()]);
        let of = |(i, c)| if i == scenario { fires(c, batch) } else { Ok(never.clone()) };
        let fires = self.compiled.iter().enumerate().map(of).collect::<Result<Vec<_>>>()?;
        self.hits_from(batch, &fires)
    }

    fn hits_from(&self, batch: &RecordBatch, fires: &[BooleanArray]) -> Result<ListArray> {
        let columns = self.placeholders.iter().map(|name| Ok(batch.schema_ref().index_of(name)?)).collect::<Result<Vec<_>>>()?;
        scenario_hits(batch, &fires.iter().collect::<Vec<_>>(), &columns, self)
    }
}

fn fires(compiled: &Compiled, batch: &RecordBatch) -> Result<BooleanArray> {
    let array = compiled.physical.evaluate(batch)?.into_array(batch.num_rows())?;
    let Some(answers) = array.as_any().downcast_ref::<BooleanArray>() else {
        return plan_err!("a predicate gave {}", array.data_type());
    };
    Ok(answers.clone())
}

/// Types every predicate against the schema of the records and every explanation against its
/// columns. The session state brings the functions; [`crate::functions::standard_state`] is one.
///
/// # Errors
/// Every fault of every scenario, with the line of its file, the place in the predicate and the
/// nearest right name.
pub fn compile(set: ScenarioSet, schema: SchemaRef, state: &SessionState) -> Result<CompiledSet, Vec<ScenarioError>> {
    let df_schema = DFSchema::try_from(Arc::clone(&schema))
        .map_err(|e| vec![ScenarioError { message: e.strip_backtrace(), ..ScenarioError::default() }])?;
    let mut errors = Vec::new();
    let mut placeholders = Vec::new();
    let mut compiled = Vec::with_capacity(set.len());
    for scenario in set.scenarios() {
        let predicate = compile_predicate(scenario, &df_schema, state);
        let template = Template::parse(&scenario.reason, &schema, &mut placeholders)
            .map_err(|message| ScenarioError::at(&scenario.origin, scenario.origin.reason_line, &scenario.id, message));
        match (predicate, template) {
            (Ok((predicate, physical)), Ok(template)) => {
                errors.extend(unjustified(scenario, &predicate, &schema));
                compiled.push(Compiled { predicate, physical, template });
            }
            (predicate, template) => errors.extend(predicate.err().into_iter().chain(template.err())),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let column = |text: fn(&Scenario) -> String| set.scenarios().iter().map(|s| Some(text(s))).collect::<StringViewArray>();
    let constants = Constants {
        id: column(|s| s.id.clone()),
        version: column(|s| format!("v{}", s.version)),
        title: column(|s| s.title.clone()),
        severity: column(|s| s.severity.as_str().to_owned()),
        action: column(|s| s.action.as_str().to_owned()),
    };
    Ok(CompiledSet { set, schema, compiled, placeholders, constants })
}

fn compile_predicate(
    scenario: &Scenario,
    schema: &DFSchema,
    state: &SessionState,
) -> Result<(Expr, Arc<dyn PhysicalExpr>), ScenarioError> {
    let fault = |(place, message): (Option<Place>, String)| {
        let (line, message) = match place {
            Some(place) => (
                scenario.origin.when_line + place.line.saturating_sub(1) as usize,
                format!("in the predicate, line {} column {}: {message}", place.line, place.column),
            ),
            None => (scenario.origin.when_line, format!("in the predicate: {message}")),
        };
        ScenarioError::at(&scenario.origin, line, &scenario.id, message)
    };
    let explain = |e: DataFusionError| fault(explain(&scenario.when, &e, schema));
    let predicate = state.create_logical_expr(&scenario.when, schema).map_err(explain)?;
    if let Some(message) = refused(&predicate).map_err(explain)? {
        return Err(fault((None, message)));
    }
    // A plan simplifies as well, and some functions run only after it.
    let context = SimplifyContext::builder()
        .with_schema(Arc::new(schema.clone()))
        .with_config_options(Arc::clone(state.config_options()))
        .build();
    let simplifier = ExprSimplifier::new(context);
    let simple = simplifier.coerce(predicate.clone(), schema).and_then(|e| simplifier.simplify(e)).map_err(explain)?;
    let constant = matches!(&simple, Expr::Literal(value, _) if value.is_null() || value.data_type() == DataType::Boolean);
    if constant {
        return Err(fault((None, format!("it is {simple} for every record; a NULL is found with IS NULL"))));
    }
    let physical = state.create_physical_expr(simple, schema).map_err(explain)?;
    let data_type = physical.data_type(schema.as_arrow()).map_err(explain)?;
    if data_type != DataType::Boolean {
        return Err(fault((None, format!("it gives {data_type}, not true or false; compare the value with something"))));
    }
    Ok((predicate, physical))
}

/// Expressions that a predicate over one record must not hold.
fn refused(predicate: &Expr) -> Result<Option<String>> {
    let mut refused = None;
    predicate.apply(|e| {
        refused = match e {
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                Some("it looks at one record at a time, aggregates and windows have no place".to_owned())
            }
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_) => {
                Some("it looks at one record at a time, subqueries have no place".to_owned())
            }
            Expr::ScalarFunction(f) if f.func.signature().volatility != Volatility::Immutable => {
                Some(format!("{} answers differently when an epoch is replayed; use received_at for the time", f.func.name()))
            }
            Expr::Alias(_) => Some("leave out AS, the scenario has its id".to_owned()),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Ok(TreeNodeRecursion::Stop)
    })?;
    Ok(refused)
}

/// Columns without justification, and origins that stand alone.
fn unjustified(scenario: &Scenario, predicate: &Expr, schema: &SchemaRef) -> Vec<ScenarioError> {
    let fault = |message: String| ScenarioError::at(&scenario.origin, scenario.origin.line, &scenario.id, message);
    let mut reads = predicate.column_refs().into_iter().map(Column::name).collect::<Vec<_>>();
    reads.sort_unstable();
    reads.dedup();
    let mut errors = Vec::new();
    for column in scenario.justification.iter().flat_map(|j| &j.columns) {
        if schema.field_with_name(column).is_err() {
            let hint = nearest(column, schema.fields().iter().map(|f| f.name().as_str()))
                .map_or_else(String::new, |right| format!(", did you mean {right}"));
            errors.push(fault(format!("a justification names no column {column}{hint}")));
        }
    }
    for column in &reads {
        if !scenario.justification.iter().any(|j| j.columns.iter().any(|c| c == column)) {
            errors.push(fault(format!("the predicate reads {column}, but no justification has it in its columns")));
        }
    }
    if let Some(origin) = reads.iter().find(|c| ORIGIN.contains(c))
        && !reads.iter().any(|c| CONDUCT.contains(c))
    {
        errors.push(fault(format!(
            "{origin} alone is never a criterion, the predicate must also read conduct or the state of a document"
        )));
    }
    errors
}

/// Where in the text of a predicate, from 1.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: u64,
    column: u64,
}

/// The fault in words, with its place and the nearest right name where they can be found.
fn explain(sql: &str, error: &DataFusionError, schema: &DFSchema) -> (Option<Place>, String) {
    match innermost(error) {
        DataFusionError::SchemaError(e, _) => match e.as_ref() {
            SchemaError::FieldNotFound { field, .. } => {
                let hint = nearest(field.name(), schema.fields().iter().map(|f| f.name().as_str())).map_or_else(
                    || ", see the data dictionary for the columns".to_owned(),
                    |right| format!(", did you mean {right}"),
                );
                (place_of(sql, field.name()), format!("there is no column {}{hint}", field.name()))
            }
            other => (None, one_line(&other.to_string())),
        },
        DataFusionError::SQL(e, _) => {
            let text = one_line(&e.to_string());
            (place_in(&text), text)
        }
        other => {
            let text = one_line(&other.strip_backtrace());
            let place = text.split_once("Invalid function '").and_then(|(_, rest)| place_of(sql, rest.split('\'').next()?));
            (place, text)
        }
    }
}

fn innermost(error: &DataFusionError) -> &DataFusionError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => innermost(inner),
        DataFusionError::Shared(inner) => innermost(inner),
        DataFusionError::Collection(all) => all.first().map_or(error, innermost),
        _ => error,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first word of the predicate with this name.
fn place_of(sql: &str, name: &str) -> Option<Place> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().ok()?;
    tokens.into_iter().find_map(|token| match token.token {
        Token::Word(word) if word.value.eq_ignore_ascii_case(name) => {
            Some(Place { line: token.span.start.line, column: token.span.start.column })
        }
        _ => None,
    })
}

/// The place that a parser message ends with: `at Line: 1, Column: 7`.
fn place_in(message: &str) -> Option<Place> {
    let (_, rest) = message.rsplit_once("Line: ")?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(Place { line: line.trim().parse().ok()?, column: digits.parse().ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::set::tests::scenario;
    use super::*;
    use crate::functions::standard_state;
    use crate::schema::traveller_schema;

    fn errors(when: &str, columns: &[&str]) -> String {
        let set = ScenarioSet::new(vec![scenario("T-001", when, "{surname}", columns)]).unwrap();
        match compile(set, traveller_schema(), &standard_state().unwrap()) {
            Ok(_) => String::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn a_right_one_compiles() {
        assert_eq!(errors("document_expiry < arrival_local::date", &["document_expiry", "arrival_local"]), "");
        assert_eq!(errors("NOT mrz_valid(mrz) AND array_has(findings, 'X')", &["mrz", "findings"]), "");
    }

    #[test]
    fn a_wrong_column_is_named_with_its_place_and_the_nearest_right_one() {
        let message = errors("bag_count = 0\n  AND document_expriy < arrival_local", &["bag_count"]);
        assert_eq!(
            message,
            "f.toml:6: scenario T-001: in the predicate, line 2 column 7: there is no column document_expriy, did you mean document_expiry"
        );
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let message = errors("bag_count = = 0", &["bag_count"]);
        assert!(message.starts_with("f.toml:5: scenario T-001: in the predicate, line 1 column 13"), "{message}");
        assert!(!errors("bag_count = 0 garbage more", &["bag_count"]).is_empty());
    }

    #[test]
    fn a_wrong_function_or_type_is_refused() {
        let message = errors("mrz_vald(mrz)", &["mrz"]);
        assert!(message.contains("line 1 column 1") && message.contains("mrz_valid"), "{message}");
        assert!(errors("bag_count + 1", &["bag_count"]).contains("not true or false"));
        assert!(errors("documents = 3", &["documents"]).contains("in the predicate"));
        assert!(errors("age_at(surname, legs) > 3", &["surname", "legs"]).contains("age_at(birth_date, on_date)"));
    }

    #[test]
    fn what_is_not_of_one_record_is_refused() {
        assert!(errors("max(bag_count) > 3", &["bag_count"]).contains("one record"));
        assert!(errors("birth_date > current_date", &["birth_date"]).contains("replayed"));
        assert!(errors("random() < 0.5", &["birth_date"]).contains("replayed"));
        assert!(errors("bag_count = 1 AS x", &["bag_count"]).contains("leave out AS"));
        assert!(errors("bag_count = NULL", &["bag_count"]).contains("IS NULL"));
        assert!(errors("1 = 1 OR bag_count = 0", &["bag_count"]).contains("for every record"));
    }

    #[test]
    fn every_indicator_is_justified_and_no_origin_stands_alone() {
        assert!(errors("bag_count = 0", &["seat"]).contains("the predicate reads bag_count"));
        assert!(errors("bag_count = 0", &["bag_count", "bag_cuont"]).contains("did you mean bag_count"));
        assert!(errors("nationality = 'UTO'", &["nationality"]).contains("alone is never a criterion"));
        assert_eq!(errors("nationality = 'UTO' AND legs_broken(legs)", &["nationality", "legs"]), "");
    }
}
