use std::path::Path;

use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use crate::sink::{OutputError, Result, SinkOptions, Table};

use super::{delta, guard, logs};

/// Registers the tables of an output folder as `flagged`, `hits`, `records` and `dead_letters`,
/// for reading. All are taken at the same epoch, the last that `flagged` has: of an epoch that is
/// being committed, or that a crash cut short, no row is seen in any table. A table that was
/// never made (`records` can be switched off) is left out. Nothing on the disk is changed and no
/// lock is taken.
pub async fn register_tables(ctx: &SessionContext, root: &Path) -> Result<()> {
    if !guard::is_output(root)? {
        return Err(OutputError::NoOutput { path: root.to_owned() });
    }
    let app_id = SinkOptions::default().app_id;
    let flagged = delta::open(root, Table::Flagged, None).await?;
    let epoch = delta::last_epoch(&flagged, Table::Flagged, &app_id).await?;
    let record = match epoch {
        Some(_) => delta::last_record(&flagged, Table::Flagged, &app_id).await?,
        None => None,
    };
    for table in Table::ALL {
        if !logs::dir(root, table).is_dir() {
            continue;
        }
        let mut open = if table == Table::Flagged { flagged.clone() } else { delta::open(root, table, None).await? };
        if delta::last_epoch(&open, table, &app_id).await? > epoch {
            let version = record.as_ref().and_then(|r| r.versions.get(table.name())).copied().unwrap_or(0);
            open = delta::open(root, table, Some(version)).await?;
        }
        let fail = |e: DataFusionError| OutputError::delta("read", table)(e.into());
        let provider = open.table_provider().await.map_err(fail)?;
        ctx.register_table(table.name(), provider).map_err(fail)?;
    }
    Ok(())
}
