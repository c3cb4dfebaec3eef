use std::path::Path;

use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use crate::checkpoint::Checkpoint;
use crate::sink::{OutputError, Result, Table};

use super::delta;
use super::home::Home;

/// Registers the tables of an output folder as `flagged`, `hits`, `records` and `dead_letters`,
/// for reading. All are taken at the same epoch, the last that `flagged` has: of an epoch that is
/// being committed, or that a crash cut short, no row is seen in any table. A table that was
/// never made (`records` can be switched off) is left out. Nothing on the disk is changed and no
/// lock is taken.
pub async fn register_tables(ctx: &SessionContext, root: &Path) -> Result<()> {
    let home = Home::open(root)?;
    let flagged = delta::open(&home, Table::Flagged, None).await?;
    let record = delta::last_record(&home, &flagged, Table::Flagged)?;
    let epochs = match &record {
        Some(record) if !record.epochs.is_empty() => record.epochs.clone(),
        _ => delta::last_epochs(&flagged, Table::Flagged, root).await?,
    };
    for table in Table::ALL {
        if !home.has_log(table)? {
            continue;
        }
        let mut open = if table == Table::Flagged { flagged.clone() } else { delta::open(&home, table, None).await? };
        if delta::ahead(&home, &open, table, &epochs).await?.is_some() {
            let version = record.as_ref().and_then(|r| r.versions.get(table.name())).copied().unwrap_or(0);
            open = delta::open(&home, table, Some(version)).await?;
        }
        let fail = |e: DataFusionError| OutputError::delta("read", table)(e.into());
        let provider = open.table_provider().await.map_err(fail)?;
        ctx.register_table(table.name(), provider).map_err(fail)?;
    }
    Ok(())
}

/// Everything that is committed at this moment, by all instances. No lock is taken.
pub async fn committed(root: &Path) -> Result<Checkpoint> {
    let home = Home::open(root)?;
    let flagged = delta::open(&home, Table::Flagged, None).await?;
    let record = delta::last_record(&home, &flagged, Table::Flagged)?;
    Ok(record.and_then(|r| r.checkpoint).unwrap_or_default())
}
