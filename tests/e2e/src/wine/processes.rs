//! The processes of a prefix, told by their environment.

use std::fs;
use std::path::Path;

/// One process of a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub id: u32,
    /// Its command line as the kernel shows it; Wine puts the Windows path there.
    pub command_line: String,
}

/// Programs that Wine itself starts in the background of every prefix.
const BACKGROUND: [&str; 7] = [
    "wineserver64",
    "services",
    "winedevice",
    "plugplay",
    "svchost",
    "explorer",
    "rpcss",
];

impl Process {
    /// Is it one of those that Wine itself starts?
    pub fn is_background(&self) -> bool {
        let line = self.command_line.to_lowercase();
        let program = line.split(".exe").next().unwrap_or_default();
        let name = program.rsplit(['\\', '/']).next().unwrap_or_default();
        BACKGROUND.contains(&name.split(' ').next().unwrap_or(name))
    }
}

/// All processes that run in the prefix at `folder`. A process that ends meanwhile, or that
/// belongs to another user, is passed over.
pub fn of_prefix(folder: &Path) -> Vec<Process> {
    let variable = format!("WINEPREFIX={}", folder.display()).into_bytes();
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id = entry.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            let own = environment
                .split(|&byte| byte == 0)
                .any(|entry| entry == variable);
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            own.then(|| Process {
                id,
                command_line: String::from_utf8_lossy(&line)
                    .replace('\0', " ")
                    .trim()
                    .to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_background(line: &str) -> bool {
        let command_line = line.to_owned();
        Process {
            id: 1,
            command_line,
        }
        .is_background()
    }

    #[test]
    fn wines_services_are_told_from_a_tests_programs() {
        assert!(is_background(r"C:\windows\system32\services.exe"));
        assert!(is_background("/usr/lib/wine/wineserver64 -p0"));
        assert!(is_background(
            r"C:\windows\system32\svchost.exe -k LocalServiceNetworkRestricted"
        ));
        assert!(!is_background(r"C:\windows\system32\cmd.exe /d /c a.cmd"));
        assert!(!is_background(
            r"\\files.contoso.com\x\MdeOnboard-1.exe services.exe"
        ));
    }
}
