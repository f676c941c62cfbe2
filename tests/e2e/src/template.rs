//! Templates: folders that take long to make and that every test copies. Each is made once per
//! target folder, whole or not at all, by whichever test comes first.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{leftovers, required};

/// Folder of the template `name`; the first caller lets `make` fill it, callers in other
/// processes wait. A name stands for one recipe: who changes the recipe changes the name.
///
/// # Errors
/// No folder can be made or locked, or `make` fails; the next caller then starts anew.
pub(crate) fn folder(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    folder_in(&required::work_folder()?, name, make)
}

fn folder_in(work: &Path, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let lock_file = work.join(format!("{name}.lock"));
    let lock = File::create(&lock_file)
        .with_context(|| format!("create file `{}`", lock_file.display()))?;
    lock.lock()
        .with_context(|| format!("lock file `{}`", lock_file.display()))?;
    leftovers::remove(work);
    let template = work.join(name);
    if !template.is_dir() {
        let unfinished = work.join(format!("{name}.new"));
        // Of a making that failed or was killed.
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)
                .with_context(|| format!("remove folder `{}`", unfinished.display()))?;
        }
        fs::create_dir(&unfinished)
            .with_context(|| format!("create folder `{}`", unfinished.display()))?;
        make(&unfinished).with_context(|| format!("make the template `{name}`"))?;
        fs::rename(&unfinished, &template)
            .with_context(|| format!("rename `{}`", unfinished.display()))?;
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_template_is_made_once_and_holds_nothing_of_a_making_that_failed() {
        let work = tempfile::tempdir().unwrap();
        let fail = |folder: &Path| {
            fs::write(folder.join("half"), "").unwrap();
            bail!("killed")
        };
        folder_in(work.path(), "one", fail).unwrap_err();
        let make = |folder: &Path| Ok(fs::write(folder.join("whole"), "")?);
        let template = folder_in(work.path(), "one", make).unwrap();
        let entries = fs::read_dir(&template).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["whole"]);
        let again = folder_in(work.path(), "one", |_| panic!("it is there")).unwrap();
        assert_eq!(again, template);
    }
}
