//! `recipe.json`: what a bundle was made of, for whoever has to make it again.
//!
//! It lies in the bundle whole. On the share, where computers read, and in SYSVOL, where every account of
//! the domain does, it lies without the antivirus exclusions: they tell where nobody looks for malware.
//! Secrets stand in none of them, for none come in: of the config only sections go in that say what
//! servers are told ([`Recipe::config`]), and neither paths of this machine nor command lines.

use gangway_contract::manifest::Manifest;
use gangway_contract::{Sha256, document};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bundle::Tool;

/// Version of the document's shape.
pub const SCHEMA: u32 = 1;

/// File name, in a bundle's folder and in the folder of a policy.
pub const FILE_NAME: &str = "recipe.json";

/// Folder of our own documents below a policy's folder in SYSVOL.
pub const FOLDER: &str = "Gangway";

/// Largest document that is read, in bytes: a config may have one megabyte.
pub const MAX_BYTES: u64 = 4 << 20;

/// Most certificates, and most downloads, that are read.
const MAX_ENTRIES: usize = 5_000;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// The program that made the bundle.
    pub tool: Tool,
    /// Version of the stub; its digest stands in the manifest.
    pub stub_version: String,
    /// The time that stands in all outputs, in seconds since 1970 UTC.
    pub output_time: i64,
    /// What servers are told.
    #[schemars(with = "serde_json::Value")]
    pub manifest: Manifest,
    /// The sections of the config that make the bundle, as TOML; files are called what `gangway
    /// reconstruct` calls them.
    pub config: String,
    /// SHA-256 of that text with nothing left out.
    pub config_sha256: Sha256,
    /// Sections of the config that this copy leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// `trust.lab_roots`: certificates, DER in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lab_roots: Vec<String>,
    /// `trust.blob_roots`, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blob_roots: Vec<String>,
    /// The downloads that were accepted, and the stub, sorted by name.
    pub downloads: Vec<Accepted>,
}

/// A download as the lock has it, without what depends on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// What it is for.
    pub name: String,
    /// Digest of all bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    /// Version, where the kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Subject of the signing certificate, where the kind is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Its signatures in words, where the kind is signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// Digest of the blob that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<Sha256>,
}

impl Recipe {
    /// As it lies where others than the bundle's owner read it: with this config, and these sections of it
    /// withheld.
    #[must_use]
    pub fn shown(&self, config: String, withheld: Vec<String>) -> Self {
        Self {
            config,
            withheld,
            ..self.clone()
        }
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// Reads a document that may be anybody's.
    ///
    /// # Errors
    /// In words: too large, another schema, or the first malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!(
                "it has {} bytes, at most {MAX_BYTES} are read",
                bytes.len()
            ));
        }
        let in_words = |error: serde_json::Error| error.to_string();
        let schema = document::schema(bytes).map_err(in_words)?;
        if schema != SCHEMA {
            return Err(format!(
                "it has schema {schema}, this program reads schema {SCHEMA}"
            ));
        }
        let recipe: Self = document::read(bytes).map_err(in_words)?;
        // The manifest's own rules, such as those for names that become paths.
        Manifest::parse(&recipe.manifest.to_bytes()).map_err(|error| error.to_string())?;
        let counts = [
            recipe.downloads.len(),
            recipe.lab_roots.len(),
            recipe.blob_roots.len(),
        ];
        match counts.into_iter().find(|count| *count > MAX_ENTRIES) {
            Some(count) => Err(format!(
                "it lists {count} entries, at most {MAX_ENTRIES} are read"
            )),
            None => Ok(recipe),
        }
    }
}
