use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use object_store::UpdateVersion;
use serde::{Deserialize, Serialize};

use super::Bucket;
use crate::sink::{Fs, OutputError, Result, STATE_DIR, Table};

/// Says in the bucket whose its tables are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// Id of the output folder that may write.
    owner: String,
    /// Grows with every owner.
    term: u64,
    since: String,
    created_by: String,
}

/// The right of an output folder to write to the tables in a bucket, until another one takes it over.
#[derive(Debug, Clone)]
pub(in crate::commit) struct Owner {
    id: String,
    term: u64,
}

impl Owner {
    /// Makes sure that the tables are those of the output folder `root`, or that nobody has them yet, or takes
    /// them over where that is asked for. To be called by who has the turn in the folder.
    pub(in crate::commit) fn enter(root: &Path, bucket: &Bucket, take_over: bool, disk: &Arc<dyn Fs>) -> Result<Self> {
        let path = mark(bucket);
        let fail = |doing| OutputError::io(doing, &path);
        let id = own_id(root, disk)?;
        let read = || read(bucket).map_err(fail("read"));
        let mut found = read()?;
        let mut first_term = 1;
        if found.is_none() {
            let fail = |path| OutputError::io("list", path);
            let state = bucket.root().join(STATE_DIR);
            if let Some(other) = bucket.anything(bucket.root(), &state).map_err(fail(bucket.root()))? {
                let log = Table::Flagged.dir(bucket.root()).join("_delta_log");
                // Tables without a mark: they were copied here, or the mark was lost. Behind any term that there was.
                first_term = Utc::now().timestamp().unsigned_abs();
                let theirs = !take_over || bucket.below(&log).map_err(fail(&log))?.is_empty();
                let found = other.strip_prefix(bucket.root()).unwrap_or(&other).display().to_string();
                if theirs {
                    return Err(OutputError::Occupied { path: bucket.root().to_owned(), found });
                }
            }
        }
        probe(bucket)?;
        let ours = |term| Mark {
            owner: id.clone(),
            term,
            since: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            created_by: concat!("tamis ", env!("CARGO_PKG_VERSION")).into(),
        };
        let wanted = match &found {
            None => Some((ours(first_term), None)),
            Some((there, version)) if there.owner != id && take_over => Some((ours(there.term + 1), Some(version.clone()))),
            Some(_) => None,
        };
        if let Some((mark, there)) = wanted {
            let json = serde_json::to_vec(&mark).map_err(|e| fail("write")(e.into()))?;
            // Whatever comes of it: what is there then counts.
            bucket.write_if(&path, json, there).map_err(fail("write"))?;
            found = read()?;
        }
        match found {
            Some((there, _)) if there.owner == id => {
                bucket.set_term(there.term);
                Ok(Self { id, term: there.term })
            }
            Some((there, _)) => Err(OutputError::Owned { path: bucket.root().to_owned(), since: there.since }),
            None => Err(fail("read")(io::ErrorKind::NotFound.into())),
        }
    }

    pub(in crate::commit) fn term(&self) -> u64 {
        self.term
    }

    /// Makes sure that nobody has taken the tables over. What was read from their logs before this is then as
    /// good as if it were read now: who takes over puts an entry into every log behind it.
    pub(in crate::commit) fn check(&self, bucket: &Bucket) -> Result<()> {
        match read(bucket).map_err(OutputError::io("read", &mark(bucket)))? {
            Some((there, _)) if there.owner == self.id && there.term == self.term => Ok(()),
            _ => Err(OutputError::TakenOver { path: bucket.root().to_owned() }),
        }
    }
}

fn mark(bucket: &Bucket) -> PathBuf {
    bucket.root().join(STATE_DIR).join("owner.json")
}

fn read(bucket: &Bucket) -> io::Result<Option<(Mark, UpdateVersion)>> {
    let Some((bytes, version)) = bucket.read_version(&mark(bucket))? else { return Ok(None) };
    Ok(Some((serde_json::from_slice(&bytes)?, version)))
}

/// Makes sure that the server keeps its word where all depends on it: that a put fails where there is an object
/// of that name, or another than was expected. Old servers take no notice of such conditions.
fn probe(bucket: &Bucket) -> Result<()> {
    let path = bucket.root().join(STATE_DIR).join("probe");
    let fail = || OutputError::io("write", &path);
    let twice = bucket.write_if(&path, "probe", None).map_err(fail())? && bucket.write_if(&path, "probe", None).map_err(fail())?;
    let other = UpdateVersion { e_tag: Some("\"0\"".into()), version: None };
    if twice || bucket.write_if(&path, "probe", Some(other)).map_err(fail())? {
        return Err(OutputError::Unconditional { path: bucket.root().to_owned() });
    }
    Ok(())
}

/// The id of an output folder, made with the first call.
fn own_id(root: &Path, disk: &Arc<dyn Fs>) -> Result<String> {
    let state = root.join(STATE_DIR);
    let (path, aside) = (state.join("id"), state.join("id.new"));
    match fs::read_to_string(&path) {
        Ok(id) if id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) => return Ok(id),
        Ok(_) => return Err(OutputError::io("read", &path)(io::Error::other("it is not whole"))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(OutputError::io("read", &path)(e)),
    }
    let mut salt = [0; 16];
    getrandom::getrandom(&mut salt).map_err(|e| OutputError::io("make", &path)(e.into()))?;
    let id = format!("{:032x}", u128::from_be_bytes(salt));
    let written = disk.create(&aside).and_then(|mut file| {
        file.write_all(id.as_bytes())?;
        file.sync()
    });
    written.and_then(|()| disk.rename(&aside, &path)).map_err(OutputError::io("write", &path))?;
    disk.sync_dir(&state).map_err(OutputError::io("sync", &state))?;
    Ok(id)
}
