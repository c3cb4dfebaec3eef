use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::FutureExt;
use futures::future::BoxFuture;
pub use tamis_operators::join::Strategy;
use tamis_operators::join::{consignment_subjects_expr, nest_watchlist_hits, subject_expr, tamis_context};
use tamis_operators::scenario::{CompiledSet, ScenarioSet, compile, evaluate_scenarios};
use tamis_operators::schema::RecordKind;
use tamis_operators::triage::triage_plan;
use tamis_operators::watchlist::{Generation, MinBits};
use tokio::sync::mpsc;

use super::lane::ChannelStream;
use crate::error::{Error, Result};

/// What records are screened against: one generation and one set of scenarios (C4), and the
/// session that plans with them.
pub struct Screening {
    generation: Arc<Generation>,
    scenarios: ScenarioSet,
    /// The scenarios of each kind.
    compiled: [(RecordKind, Arc<CompiledSet>); 2],
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
    /// Types the scenarios against the schemas of their kinds.
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
        let mut errors = Vec::new();
        let mut typed = |kind: RecordKind| {
            compile(scenarios.of_kind(kind), kind.schema(), &session.state()).map_err(|e| errors.extend(e)).ok().map(Arc::new)
        };
        let compiled = [typed(RecordKind::Traveller), typed(RecordKind::Consignment)];
        let [Some(of_travellers), Some(of_consignments)] = compiled else {
            let faults = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ");
            return Err(Error::Scenario(faults));
        };
        let compiled = [(RecordKind::Traveller, of_travellers), (RecordKind::Consignment, of_consignments)];
        Ok(Self { generation, scenarios, compiled, min_bits, strategy, session })
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
        self.scenarios.scenarios().iter().map(|s| (s.id.clone(), s.title.clone())).collect()
    }

    pub(super) fn session(&self) -> &SessionContext {
        &self.session
    }

    /// The plan of one kind: records → scenarios → watchlist hits → triage. One row out for each row
    /// in. A traveller is one subject, a consignment has many.
    pub(super) fn plan(&self, kind: RecordKind, records: Arc<dyn TableProvider>) -> PlanResult<LogicalPlan> {
        let [(_, of_travellers), (_, of_consignments)] = &self.compiled;
        let (name, scenarios) = match kind {
            RecordKind::Traveller => ("travellers", of_travellers),
            RecordKind::Consignment => ("consignments", of_consignments),
        };
        let scan = LogicalPlanBuilder::scan(name, provider_as_source(records), None)?.build()?;
        let subject = match kind {
            RecordKind::Traveller => subject_expr(scan.schema())?,
            RecordKind::Consignment => consignment_subjects_expr(scan.schema())?,
        };
        let plan = evaluate_scenarios(scan, scenarios)?;
        let plan = nest_watchlist_hits(plan, subject, Arc::clone(&self.generation), self.min_bits.clone(), self.strategy)?;
        triage_plan(plan)
    }

    /// The logical and the physical plan of a kind as text.
    pub fn explain(&self, kind: RecordKind) -> BoxFuture<'_, Result<String>> {
        async move {
            let planned = async {
                let (_, batches) = mpsc::channel(1);
                let plan =
                    self.plan(kind, ChannelStream::table(&kind.schema(), RecordBatch::new_empty(kind.schema()), batches)?)?;
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
