//! Which files carry a signature, and where in them it stands.

use serde::Serialize;

/// The kinds of file that carry an Authenticode signature and are verified here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Portable executable: `.exe`, `.dll`, `.sys`.
    Pe,
    /// Windows Installer package or patch: `.msi`, `.msp`.
    Msi,
    /// Cabinet: `.cab` and `.msu`.
    Cabinet,
    /// PowerShell script: `.ps1`, `.psm1`, `.psd1`.
    Script,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pe => "executable",
            Self::Msi => "installer package",
            Self::Cabinet => "cabinet",
            Self::Script => "PowerShell script",
        })
    }
}

/// Where in the file a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Place {
    /// The file's own signature; `entry` counts the entries of a PE certificate table from 0
    /// and is 0 for all other kinds.
    Outer {
        /// Number of the entry.
        entry: usize,
    },
    /// A signature inside the unsigned attributes of another.
    Nested {
        /// Number of the entry that holds it.
        entry: usize,
        /// Number among the nested signatures, from 0.
        index: usize,
    },
}

impl Place {
    /// The signature that `WinVerifyTrust` judges: without `WINTRUST_SIGNATURE_SETTINGS` it
    /// looks at the primary one alone.
    pub const FIRST: Self = Self::Outer { entry: 0 };
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outer { entry } => write!(f, "signature {}", entry.saturating_add(1)),
            Self::Nested { entry, index } => write!(
                f,
                "nested signature {} of signature {}",
                index.saturating_add(1),
                entry.saturating_add(1)
            ),
        }
    }
}
