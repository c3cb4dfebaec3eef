//! Output folders: only empty ones, or ones that the same command made, are written to.

use std::fs;
use std::io;
use std::path::Path;

use tamis::error::Error;

/// Name of the file that says whose folder it is.
const MARKER: &str = ".tamis-made-by";

/// Makes the folder, or checks that it is empty or was made by the same command before.
/// Touches nothing in a folder that is not.
pub(crate) fn claim(folder: &Path, command: &str) -> Result<(), Error> {
    let refused = |reason: String| Error::Output { path: folder.to_owned(), reason };
    match fs::metadata(folder) {
        Ok(meta) if !meta.is_dir() => {
            return Err(refused("is a file, not a folder; name another --out".into()));
        }
        Ok(_) => match fs::read_to_string(folder.join(MARKER)) {
            Ok(made_by) if made_by.trim() == command => return Ok(()),
            Ok(made_by) => {
                return Err(refused(format!("was made by tamis {}; name another --out", made_by.trim())));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let mut entries = fs::read_dir(folder).map_err(|e| Error::input(folder, &e))?;
                if entries.next().is_some() {
                    return Err(refused("holds something else; name a new or empty folder with --out".into()));
                }
            }
            Err(e) => return Err(Error::input(folder, &e)),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => fs::create_dir_all(folder).map_err(|e| Error::write(folder, &e))?,
        Err(e) => return Err(Error::input(folder, &e)),
    }
    fs::write(folder.join(MARKER), format!("{command}\n")).map_err(|e| Error::write(folder, &e))
}

/// Removes a subfolder of a claimed folder, if it is there.
pub(crate) fn clear(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::write(folder, &e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_an_own_or_empty_folder_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        claim(&own, "demo").unwrap();
        fs::write(own.join("x"), "x").unwrap();
        claim(&own, "demo").unwrap();
        assert!(claim(&own, "decode").unwrap_err().to_string().contains("tamis demo"));
        let other = dir.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("thesis.txt"), "x").unwrap();
        assert_eq!(claim(&other, "demo").unwrap_err().domain().exit_code(), 2);
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
        assert!(claim(&other.join("thesis.txt"), "demo").is_err());
    }
}
