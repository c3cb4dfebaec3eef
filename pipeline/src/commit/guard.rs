use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sink::{Fs, OutputError, Result, SCHEMA_VERSION, STATE_DIR, Table, staging_root};

use super::bucket::Location;
use super::home::Home;
use super::instances::Instance;
use super::tables::{Lies, TablesOptions};

/// Layout of an output folder. It changes when an older Tamis could no longer write to it.
const FORMAT: u32 = 1;
/// That of a folder whose tables lie elsewhere.
const FORMAT_ELSEWHERE: u32 = 2;
const MARK: &str = "format.json";

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    format: u32,
    schema_version: u32,
    created_by: String,
    /// Where the tables lie; in the folder itself where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tables: Option<Location>,
}

/// Makes sure that `root` is an output folder of ours, or may become one, and takes the right to
/// write to it as an instance. Nothing is changed in a folder that is refused.
pub(super) fn claim(root: &Path, options: &TablesOptions) -> Result<(Instance, Home)> {
    let (app_id, fs) = (options.app_id.as_str(), &options.fs);
    if root.exists() && !root.is_dir() {
        return Err(OutputError::NotAFolder { path: root.to_owned() });
    }
    let known = tables_of(root)?;
    let ours = known.is_some();
    let tables = where_tables_lie(root, known.as_ref(), &options.tables)?;
    if !ours && let Some(found) = first_entry(root)? {
        return Err(OutputError::Occupied { path: root.to_owned(), found });
    }
    for table in Table::ALL {
        let dir = table.dir(root);
        if dir.exists() && !dir.is_dir() {
            return Err(OutputError::NotAFolder { path: dir });
        }
        if dir.is_dir()
            && !dir.join("_delta_log").is_dir()
            && let Some(found) = first_entry(&dir)?
        {
            return Err(OutputError::Occupied { path: dir, found });
        }
    }
    let home = match &tables {
        None => Home::folder(root, fs),
        Some(location) => Home::bucket_at(root, location, fs)?,
    };
    let staging = staging_root(root);
    fs.create_dir_all(&staging).map_err(OutputError::io("create folder", &staging))?;
    let instance = Instance::enter(root, app_id)?;
    if known != Some(tables.clone()) {
        write_mark(root, app_id, tables, fs)?;
    }
    Ok((instance, home))
}

/// What the folder says, and what is asked for.
fn where_tables_lie(root: &Path, known: Option<&Option<Location>>, asked: &Lies) -> Result<Option<Location>> {
    let elsewhere = |found: &str, asked: &str| OutputError::Elsewhere {
        path: root.to_owned(),
        found: found.to_owned(),
        asked: asked.to_owned(),
    };
    let itself = "the folder itself";
    match (asked, known) {
        (Lies::WhereTheyAre, known) => Ok(known.cloned().flatten()),
        (Lies::InTheFolder, Some(Some(found))) => Err(elsewhere(&found.url, itself)),
        (Lies::InTheFolder, _) => Ok(None),
        (Lies::At(asked), Some(None)) => Err(elsewhere(itself, &asked.url)),
        (Lies::At(asked), Some(Some(found))) if found.url != asked.url => Err(elsewhere(&found.url, &asked.url)),
        (Lies::At(asked), _) => Ok(Some(asked.clone())),
    }
}

/// Whether `root` bears the mark of an output folder that this Tamis understands.
pub(super) fn is_output(root: &Path) -> Result<bool> {
    Ok(tables_of(root)?.is_some())
}

/// Where the tables of the output folder `root` lie; `Some(None)` is in the folder itself, `None` that it bears no
/// mark of an output folder.
#[allow(clippy::option_option)]
pub(super) fn tables_of(root: &Path) -> Result<Option<Option<Location>>> {
    let path = root.join(STATE_DIR).join(MARK);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            // A crash between the first folder and the mark: only our own folder is there.
            return Ok(None);
        }
        Err(e) => return Err(OutputError::io("read", &path)(e)),
    };
    let expected = || format!("format {FORMAT} with schema {SCHEMA_VERSION}");
    let mark: Mark = serde_json::from_slice(&text).map_err(|_| OutputError::Format {
        path: root.to_owned(),
        found: format!("an unreadable {STATE_DIR}/{MARK}"),
        expected: expected(),
    })?;
    let format = if mark.tables.is_some() { FORMAT_ELSEWHERE } else { FORMAT };
    if mark.format != format || mark.schema_version > SCHEMA_VERSION {
        let found = format!("format {} with schema {}", mark.format, mark.schema_version);
        return Err(OutputError::Format { path: root.to_owned(), found, expected: expected() });
    }
    Ok(Some(mark.tables))
}

/// First thing in a folder, by name, that is not our state folder. `None` for a folder that is empty or absent.
fn first_entry(dir: &Path) -> Result<Option<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(OutputError::io("read folder", dir)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(OutputError::io("read folder", dir))?.file_name().to_string_lossy().into_owned();
        if name != STATE_DIR {
            names.push(name);
        }
    }
    Ok(names.into_iter().min())
}

fn write_mark(root: &Path, app_id: &str, tables: Option<Location>, fs: &Arc<dyn Fs>) -> Result<()> {
    let state = root.join(STATE_DIR);
    // Two instances may begin the same output; both write the same.
    let (path, temporary) = (state.join(MARK), state.join(format!("format.json.{app_id}")));
    let mark = Mark {
        format: if tables.is_some() { FORMAT_ELSEWHERE } else { FORMAT },
        schema_version: SCHEMA_VERSION,
        created_by: concat!("tamis ", env!("CARGO_PKG_VERSION")).into(),
        tables,
    };
    let json = serde_json::to_vec(&mark).map_err(|e| OutputError::io("write", &path)(e.into()))?;
    let written = fs.create(&temporary).and_then(|mut file| {
        file.write_all(&json)?;
        file.sync()
    });
    written.and_then(|()| fs.rename(&temporary, &path)).map_err(OutputError::io("write", &path))?;
    for dir in [state.as_path(), root] {
        fs.sync_dir(dir).map_err(OutputError::io("sync", dir))?;
    }
    Ok(())
}
