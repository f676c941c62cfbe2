//! Where a share is reached from here, as it is typed.

use std::fmt;

use gangway_contract::UncPath;

use super::host::HostName;

/// `\\host\share\folder`, with either slash; unlike a
/// [`UncPath`](gangway_contract::UncPath) by any name of the server that works from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareAddress {
    /// The file server.
    pub host: HostName,
    /// Its name on that server.
    pub share: String,
    /// A folder below it, with `/`; none when the share itself is meant.
    pub folder: Option<String>,
}

/// What the manifest tells servers, which is stricter.
impl From<&UncPath> for ShareAddress {
    fn from(path: &UncPath) -> Self {
        let folders: Vec<&str> = path.folders().collect();
        Self {
            host: HostName::of_share(path),
            share: path.share().to_owned(),
            folder: (!folders.is_empty()).then(|| folders.join("/")),
        }
    }
}

impl fmt::Display for ShareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r"\\{}\{}", self.host, self.share)?;
        match &self.folder {
            Some(folder) => write!(f, r"\{}", folder.replace('/', r"\")),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for ShareAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.replace('\\', "/");
        let rest = text
            .strip_prefix("//")
            .ok_or_else(|| "it is no UNC path".to_owned())?;
        let mut parts = rest.trim_end_matches('/').splitn(3, '/');
        let host = parts.next().unwrap_or_default();
        let host = host
            .parse()
            .map_err(|_| format!("`{host}` is no full DNS name of a server"))?;
        let share = parts.next().filter(|share| !share.is_empty());
        let share = share.ok_or_else(|| "it names no share".to_owned())?;
        let folder = parts.next().map(str::to_owned);
        let is_plain = |part: &str| !matches!(part, "" | "." | "..");
        if folder
            .as_deref()
            .is_some_and(|folder| !folder.split('/').all(is_plain))
        {
            return Err("a part of it is empty or `..`".to_owned());
        }
        Ok(Self {
            host,
            share: share.to_owned(),
            folder,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_manifest_says_is_the_same_as_when_it_is_typed() {
        for text in [
            r"\\files.contoso.com\gangway$",
            r"\\Files.contoso.com\soft ware\mde\prod",
        ] {
            let unc: UncPath = text.parse().unwrap();
            let address = ShareAddress::from(&unc);
            assert_eq!(text.parse(), Ok(address.clone()));
            assert_eq!(text.replace('\\', "/").parse(), Ok(address.clone()));
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn host_share_and_folder_are_told_apart() {
        for (text, expected) in [
            (r"\\files.contoso.com\gangway$", Ok(("gangway$", None))),
            (r"\\files.contoso.com\gangway$\", Ok(("gangway$", None))),
            (
                r"//files.contoso.com/soft ware/mde\prod",
                Ok(("soft ware", Some("mde/prod"))),
            ),
            (r"\\files.contoso.com", Err("no share")),
            (r"\\files.contoso.com\", Err("no share")),
            (r"\\fi;les\x", Err("no full DNS name")),
            (r"\\files.contoso.com\x\..\y", Err("empty or `..`")),
            (r"C:\x", Err("no UNC path")),
        ] {
            match (text.parse::<ShareAddress>(), expected) {
                (Ok(found), Ok((share, folder))) => {
                    assert_eq!(found.host.to_string(), "files.contoso.com");
                    assert_eq!((&*found.share, found.folder.as_deref()), (share, folder));
                }
                (Err(why), Err(part)) => assert!(why.contains(part), "{text}: {why}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
