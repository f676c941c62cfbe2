//! Where a path leads: links are followed, and the end need not be there yet.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use super::error::DiskError;

/// Links after each other that are followed; Linux follows as many (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// The file that a link leads to, and that need not be there yet. Links among the folders on the way
/// stay as they are written.
pub(crate) fn behind_links(path: &Path) -> Result<PathBuf, DiskError> {
    followed(path).map(|(_, behind)| behind)
}

/// Every link on the way to a file, the first one first.
pub(crate) fn links_to(path: &Path) -> Result<Vec<PathBuf>, DiskError> {
    followed(path).map(|(links, _)| links)
}

fn followed(path: &Path) -> Result<(Vec<PathBuf>, PathBuf), DiskError> {
    let mut links_left = MAX_LINKS;
    follow(path, &mut links_left).map_err(DiskError::io("follow", path))
}

/// Like `canonicalize`, for a path whose end may be missing.
pub(crate) fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut links_left = MAX_LINKS;
    resolve(path, &mut links_left)
}

fn resolve(path: &Path, links_left: &mut usize) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    let (_, behind) = follow(path, links_left)?;
    match (behind.parent(), behind.components().next_back()) {
        (Some(parent), Some(Component::Normal(name))) => {
            Ok(resolve(parent, links_left)?.join(name))
        }
        // `..` behind a folder that is not there.
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The links, and what is behind the last of them.
fn follow(path: &Path, links_left: &mut usize) -> io::Result<(Vec<PathBuf>, PathBuf)> {
    // Without a slash at the end, which would ask for what a link leads to.
    let mut behind: PathBuf = std::path::absolute(path)?.components().collect();
    let mut links = Vec::new();
    while let Ok(to) = fs::read_link(&behind) {
        *links_left = links_left
            .checked_sub(1)
            .ok_or_else(|| io::Error::other("too many links after each other"))?;
        let next = behind.parent().unwrap_or(Path::new("/")).join(to);
        links.push(std::mem::replace(&mut behind, next));
    }
    Ok((links, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_file_behind_it() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink("second", path("first")).unwrap();
        symlink("file", path("second")).unwrap();
        assert_eq!(behind_links(&path("first")).unwrap(), path("file"));
        assert_eq!(behind_links(&path("file")).unwrap(), path("file"));
        assert_eq!(
            links_to(&path("first")).unwrap(),
            [path("first"), path("second")]
        );
        symlink("round", path("round")).unwrap();
        assert!(behind_links(&path("round")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_resolved_although_its_end_is_missing() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("real")).unwrap();
        symlink("real", root.join("alias")).unwrap();
        symlink("alias/new/", root.join("dangling")).unwrap();
        symlink("round", root.join("round")).unwrap();
        for (path, leads_to) in [
            ("real", Some("real")),
            ("alias/new/deeper", Some("real/new/deeper")),
            ("dangling", Some("real/new")),
            ("dangling/", Some("real/new")),
            ("real/new/..", None),
            ("round", None),
            ("round/new", None),
        ] {
            let found = resolved(&root.join(path)).ok();
            assert_eq!(found, leads_to.map(|to| root.join(to)), "{path}");
        }
    }
}
