//! Keeps those out who have no right to the tables any more, where these lie in a bucket: an owner that another
//! one replaced, and requests of a process that is gone.

use crate::sink::{OutputError, Result, Table};

use super::delta;
use super::tables::Tables;

/// How often an entry is tried again that others were before with.
const TRIES: usize = 32;

impl Tables {
    /// Puts an entry of its own into every log, then makes sure that the tables are still those of this output
    /// folder. Says whether there was anything to do: on a disk there is not.
    ///
    /// What was under way finds its version taken from now on, and so does the next commit of an owner that was
    /// replaced: commits go to the version behind the one that was read, and to no other. `flagged` comes first:
    /// behind its entry no epoch counts that is not known here.
    pub(super) async fn fence(&mut self) -> Result<bool> {
        let Some(term) = self.owner().map(super::bucket::Owner::term) else { return Ok(false) };
        let home = self.home().clone();
        for table in Table::ALL.into_iter().rev() {
            let mut tries = 0;
            while let Some(delta) = self.delta_mut(table) {
                match delta::fence(&home, delta, table, term).await {
                    Err(OutputError::Conflict { .. }) if tries < TRIES => {
                        tries += 1;
                        *delta = delta::open(&home, table, None).await?;
                    }
                    done => {
                        done?;
                        break;
                    }
                }
            }
        }
        self.check_owner()?;
        Ok(true)
    }

    /// Makes sure that nobody has taken the tables over. To be called whenever logs were read anew: only what was
    /// read before a take-over may be built upon, and then the next commit fails.
    pub(super) fn check_owner(&self) -> Result<()> {
        match (self.owner(), self.home().bucket()) {
            (Some(owner), Some(bucket)) => owner.check(bucket),
            _ => Ok(()),
        }
    }
}
