use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::FutureExt;
use futures::future::BoxFuture;
pub use tamis_operators::join::Strategy;
use tamis_operators::join::{nest_watchlist_hits, subject_expr, tamis_context};
use tamis_operators::scenario::{CompiledSet, ScenarioSet, compile, evaluate_scenarios};
use tamis_operators::schema::traveller_schema;
use tamis_operators::triage::triage_plan;
use tamis_operators::watchlist::{Generation, MinBits};
use tokio::sync::mpsc;

use super::lane::ChannelStream;
use crate::error::{Error, Result};

/// Name of the records in a screening plan.
const RECORDS: &str = "travellers";

/// What records are screened against: one generation and one set of scenarios (C4), and the
/// session that plans with them.
pub struct Screening {
    generation: Arc<Generation>,
    scenarios: Arc<CompiledSet>,
    min_bits: MinBits,
    strategy: Strategy,
    session: SessionContext,
}

impl fmt::Debug for Screening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screening")
            .field("generation", &self.generation.id())
            .field("scenarios", &self.scenarios.id())
            .field("min_bits", &self.min_bits)
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}

impl Screening {
    /// Types the scenarios against the traveller schema.
    ///
    /// # Errors
    /// [`Error::Scenario`] with every fault of every scenario, one a line.
    pub fn try_new(
        generation: Arc<Generation>,
        scenarios: ScenarioSet,
        min_bits: impl Into<MinBits>,
        strategy: Strategy,
    ) -> Result<Self> {
        let min_bits = min_bits.into();
        let session = tamis_context(SessionConfig::new().with_target_partitions(1));
        let scenarios = compile(scenarios, traveller_schema(), &session.state())
            .map_err(|errors| Error::Scenario(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ")))?;
        Ok(Self { generation, scenarios: Arc::new(scenarios), min_bits, strategy, session })
    }

    /// The watchlist generation.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// Digest of the scenario set.
    pub fn scenario_set(&self) -> &str {
        self.scenarios.id()
    }

    /// Titles of the scenarios by id.
    pub fn titles(&self) -> BTreeMap<String, String> {
        self.scenarios.set().scenarios().iter().map(|s| (s.id.clone(), s.title.clone())).collect()
    }

    /// Schema of the records that go in.
    pub fn input_schema(&self) -> &SchemaRef {
        self.scenarios.schema()
    }

    pub(super) fn session(&self) -> &SessionContext {
        &self.session
    }

    /// The plan: records → scenarios → watchlist hits → triage. One row out for each row in.
    pub(super) fn plan(&self, records: Arc<dyn TableProvider>) -> PlanResult<LogicalPlan> {
        let scan = LogicalPlanBuilder::scan(RECORDS, provider_as_source(records), None)?.build()?;
        let subject = subject_expr(scan.schema())?;
        let plan = evaluate_scenarios(scan, &self.scenarios)?;
        let plan = nest_watchlist_hits(plan, subject, Arc::clone(&self.generation), self.min_bits.clone(), self.strategy)?;
        triage_plan(plan)
    }

    /// The logical and the physical plan as text.
    pub fn explain(&self) -> BoxFuture<'_, Result<String>> {
        async move {
            let planned = async {
                let (_, batches) = mpsc::channel(1);
                let plan = self.plan(ChannelStream::table(self.input_schema(), batches)?)?;
                let state = self.session.state();
                let logical = state.optimize(&plan)?;
                let physical = state.create_physical_plan(&plan).await?;
                let physical = displayable(physical.as_ref()).indent(false).to_string();
                PlanResult::Ok(format!("logical plan\n{}\n\nphysical plan\n{physical}", logical.display_indent()))
            };
            planned.await.map_err(|e| Error::screen(&e))
        }
        .boxed()
    }
}
