//! `gangway.toml`: what an administrator decides, read once, every path resolved.
//!
//! Unknown sections and fields are refused with a suggestion, because a setting that is
//! silently ignored is worse than none.

mod account;
mod check;
mod error;
mod intended;
mod named_files;
mod numbers;
mod path_signs;
mod place;
mod portable;
mod remarks;
mod secret;
mod sections;
mod slip;
mod tables;
mod toml_text;
mod trust;
mod values;
mod words;

use std::path::{Path, PathBuf};

use gangway_contract::manifest::Settings;

use super::output::DOWNLOAD;
use super::suggest;
use crate::intake::TrustSettings;
use crate::plain_file;
use crate::problem::Problem;

use slip::Slip;

pub use error::ConfigError;
pub(in crate::pipeline) use error::of_named_file;
pub use named_files::NamedFiles;
pub(crate) use portable::{
    BLOB_ROOTS, DEPLOYMENT_SOURCE, DOWNLOADS, LAB_ROOTS, WORKSPACE_KEY, with_exclusions,
    without_exclusions,
};
pub use sections::*;

/// Largest config that is read, in bytes: a hand-written file has a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// What an administrator decided. It was checked as it was read, and none of its texts is parsed
/// again.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whose servers these are.
    pub organization: Organization,
    /// Where the portal downloads lie.
    pub downloads: Downloads,
    /// Who besides Microsoft is trusted; for labs.
    pub trust: TrustSettings,
    /// What becomes policy, and in which domains.
    pub gpo: Gpo,
    /// What the bootstrap does.
    pub onboard: Onboard,
    /// The stub the bootstrap is made from.
    pub bootstrap: BootstrapSection,
    /// Who signs the bootstrap.
    pub signing: Signing,
    /// Who vouches for what a bundle was made of.
    pub provenance: Provenance,
    /// What goes into the manifest, of all sections.
    pub settings: Settings,
    /// Days between two reports of a server that is done; 0 for none. The policy carries it.
    pub report_every_days: u16,
    /// The sections that make a bundle, as a recipe has them.
    pub portable: String,
    /// Where it names files that are read later.
    pub named_files: NamedFiles,
    /// What there is to say of values that are taken all the same.
    pub remarks: Vec<Problem>,
}

impl Config {
    /// Reads and checks a config; relative paths become relative to the config's folder.
    ///
    /// # Errors
    /// Names the file, the position or the field, and what to write instead.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |why: String| ConfigError::Unreadable {
            path: path.to_owned(),
            why,
        };
        let bytes = plain_file::read_whole(path, MAX_BYTES)
            .map_err(|error| unreadable(error.to_string()))?;
        let malformed = |why: String| ConfigError::Malformed {
            path: path.to_owned(),
            why,
            hint: "save it as UTF-8".to_owned(),
        };
        // No text of UTF-8 that a person writes has one; UTF-16 has one beside every letter.
        if bytes.contains(&0) {
            return Err(malformed("it holds NUL bytes, as UTF-16 does".to_owned()));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            malformed(format!("it is no text in UTF-8: {}", error.utf8_error()))
        })?;
        Self::parse(&text, path)
    }

    /// [`Config::load`] on text; `path` is where it came from.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::parsed(text, path).map_err(|error| account::masked(error, text))
    }

    fn parsed(text: &str, path: &Path) -> Result<Self, ConfigError> {
        if text.contains('\r') && !text.contains('\n') {
            return Err(ConfigError::Malformed {
                path: path.to_owned(),
                why: "its lines end with a carriage return alone, as on old Macintosh systems"
                    .to_owned(),
                hint: "save it with the line ends of Windows or Unix".to_owned(),
            });
        }
        if let Some(line) = secret::line_of(text) {
            return Err(ConfigError::Slip {
                path: path.to_owned(),
                line: Some(line),
                what: "`onboard.monitoring_agent` holds a key itself, and no secret belongs in a config"
                    .to_owned(),
                cure: "the key of the workspace stands in a file, and nothing else in it: name that, as \
                       `key_file = \"workspace.key\"`"
                    .to_owned(),
            });
        }
        let mut file: ConfigFile = toml::from_str(text).map_err(|error| {
            let tables = tables::tables();
            if let Some(Slip { line, what, cure }) = slip::of(text, &error, &tables) {
                let path = path.to_owned();
                return ConfigError::Slip {
                    path,
                    line,
                    what,
                    cure,
                };
            }
            let why = error.to_string();
            ConfigError::Malformed {
                path: path.to_owned(),
                hint: suggest::hint(&why, &tables),
                // The excerpt of a file with CRLF would end in a visible `\u{d}`.
                why: why.trim_end().replace('\r', ""),
            }
        })?;
        named_files::empty(&file.downloads, text, path)?;
        file.resolve_paths(path.parent().unwrap_or(Path::new("")));
        let mut config = check::checked(file, text, path)?;
        remarks::empty_role(&config.gpo.settings, text, path)?;
        config.portable = portable::of(text, config.organization.identity());
        config.named_files = NamedFiles::of(text, path);
        config.remarks = remarks::of_exclusions(&config.gpo.settings, text, path);
        Ok(config)
    }

    /// Every file and folder that it names, as [`Config::load`] resolved them, in words and by path.
    pub fn named_paths(&self) -> Vec<(&'static str, PathBuf)> {
        let of = |what, paths: &[PathBuf]| -> Vec<_> {
            paths.iter().map(|path| (what, path.clone())).collect()
        };
        let agent = self.onboard.monitoring_agent.as_ref();
        let key = agent.map(|agent| ("the workspace key", agent.key_file.clone()));
        [
            of(DOWNLOAD, &self.downloads.paths),
            of(DOWNLOAD, self.downloads.deployment_source.as_slice()),
            of("the root", &self.trust.lab_roots),
            of("the root", &self.trust.blob_roots),
            of("the revocation list", &self.trust.revocation_lists),
            of("the root", &self.signing.roots),
            of("the stub", self.bootstrap.stub.as_slice()),
            key.into_iter().collect(),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::config::SMALLEST;

    use super::*;
    use crate::failure::Fault as _;

    /// The config, or what is said of it with what to do.
    fn parse(text: &str) -> Result<Config, String> {
        let parsed = Config::parse(text, Path::new("lab/gangway.toml"));
        parsed.map_err(|error| format!("{error}\n{}", error.hint().unwrap()))
    }

    #[test]
    fn the_smallest_config_has_defaults_for_the_rest() {
        let config = parse(SMALLEST).unwrap();
        assert_eq!(config.downloads.paths, [Path::new("lab/downloads")]);
        assert_eq!(
            config.settings,
            Settings::with_release_root(r"\\files.contoso.com\gangway$".parse().unwrap())
        );
    }

    #[test]
    fn the_excerpt_of_a_file_with_crlf_shows_no_control_character() {
        let text = SMALLEST
            .replace("[share]", "[share]\ncolour = 1")
            .replace('\n', "\r\n");
        let said = parse(&text).unwrap_err();
        assert!(said.contains("colour"), "{said}");
        assert!(!said.contains('\r'), "{said:?}");
    }

    #[test]
    fn a_file_of_one_line_with_carriage_returns_is_told_as_that() {
        let said = parse(&SMALLEST.replace('\n', "\r")).unwrap_err();
        assert!(said.contains("carriage return alone"), "{said}");
        assert!(said.contains("line ends of Windows or Unix"), "{said}");
    }

    #[test]
    fn faults_are_named_with_field_and_cure() {
        let cases = [
            (
                "[organization]",
                "[organisation]",
                "did you mean `organization`",
            ),
            ("dns_name", "dnsname", "did you mean `dns_name`"),
            (
                r"'\\files.contoso.com\gangway$'",
                "\"\\\\files.contoso.com\\gangway$\"",
                "single quotes",
            ),
            ("[[gpo.domain]]", "[gpo.domain]", "double brackets"),
            (
                "[share]\nroot = '\\\\files.contoso.com\\gangway$'\n",
                "",
                "add the section `[share]`",
            ),
            (
                "[[gpo.domain]]\ndns_name = \"contoso.com\"",
                "",
                "add the section `[[gpo.domain]]`",
            ),
            ("\"Contoso\"", "\"\"", "organization.name"),
            ("[\"downloads\"]", "[]", "downloads.paths"),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files\gangway$",
                "share.root",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files.contoso.com",
                "share.root",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\10.0.0.1\gangway$",
                "share.root",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files.contoso.com\a\..\b",
                "share.root",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files.contoso.com\gangway$ ",
                "line 7: `share.root`",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files.contoso.com\gangway$\v1.",
                "line 7: `share.root`",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\contoso.com\SYSVOL\contoso.com\mde",
                "line 7: `share.root` is on `SYSVOL`",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\dc1.contoso.com\netlogon",
                "line 7: `share.root` is on `NETLOGON`",
            ),
            (
                "[[gpo",
                "reports = '\\\\FILES.contoso.com\\gangway$'\n[[gpo",
                "line 8: `share.reports`",
            ),
            (
                "[[gpo",
                "reports = '\\\\files.contoso.com\\Gangway$\\reports'\n[[gpo",
                "line 8: `share.reports`",
            ),
            (
                r"gangway$'",
                "gangway$\\a'\nreports = '\\\\files.contoso.com\\gangway$'",
                "line 8: `share.reports`",
            ),
            (
                "[share]",
                "[[gpo.domain]]\ndns_name = \"CONTOSO.com\"\n[share]",
                "line 11: `gpo.domain` names `contoso.com` twice",
            ),
            (
                "\"Contoso\"",
                "\"Con\\u0000toso\"",
                "line 3: `organization.name`",
            ),
            (
                "\"Contoso\"",
                "\"Contoso\\u202Eosotnoc\"",
                "line 3: `organization.name` holds U+202E",
            ),
            (
                "\"Contoso\"",
                "\"Contoso\"\nlatin_name = \"コントソ\"",
                "line 4: `organization.latin_name`",
            ),
            (
                "[share]",
                "[onboard]\ndevice_tag = \"a\\tb\"\n[share]",
                "line 7: `onboard.device_tag`",
            ),
            (
                r"\\files.contoso.com\gangway$",
                r"\\files.contoso.com\gangway$;\\files2.contoso.com\gangway$",
                r"full DNS name, as '\\files.contoso.com\gangway$'",
            ),
            (
                "[share]",
                "[onboard]\nother_antivirus = [\"ContosoShield\", \"windefend\"]\n[share]",
                "`onboard.other_antivirus` holds `windefend`, a service of Defender itself",
            ),
            (
                "[share]",
                "[rollout]\ninstall_limit_s = 0\n[share]",
                "`rollout.install_limit_s` is 0: what is given no time",
            ),
            (
                "[share]",
                "[rollout]\nscript_limit_s = 0\n[share]",
                "write a number from 1 to 21600",
            ),
            ("\"contoso.com\"", "\"contoso\"", "fully qualified DNS name"),
            (
                "[share]",
                "[rollout]\nwindow = \"22-4\"\n[share]",
                "rollout.window",
            ),
            (
                "[share]",
                "[onboard]\nremove_workspaces = [\"aaaa\"]\n[share]",
                "onboard.remove_workspaces",
            ),
            (
                "[share]",
                "[onboard.monitoring_agent]\nworkspace = \"x\"\nkey_file = \"k\"\n[share]",
                "onboard.monitoring_agent.workspace",
            ),
            (
                "[share]",
                "[onboard.monitoring_agent]\nworkspace = \"8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90\"\n\
                 key_file = \"k\"\nproxy = \"https://user:word@proxy:8080\"\n[share]",
                "onboard.monitoring_agent.proxy",
            ),
            (
                "[share]",
                "[onboard.monitoring_agent]\nkey = \"c2VjcmV0\"\n[share]",
                "key_file = \"workspace.key\"",
            ),
            (
                "[share]",
                "[rollout]\nreport_every_days = 31\n[share]",
                "rollout.report_every_days",
            ),
            (
                "[share]",
                "[health]\nsilent_after_days = 0\n[share]",
                "health.silent_after_days",
            ),
            (
                "[share]",
                "[onboard]\nother_antivirus = [\"a/b\"]\n[share]",
                "onboard.other_antivirus",
            ),
            (
                "[share]",
                "[onboard]\nadd_sensor_from = 'D:\\fod'\n[share]",
                "onboard.add_sensor_from",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nwinhttp = \"http://proxy:8080\"\n[share]",
                "line 7: `gpo.settings.proxy.winhttp`",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nwinhttp = \"proxy:0\"\n[share]",
                "gpo.settings.proxy.winhttp",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nwinhttp_bypass = [\"a\"]\n[share]",
                "no `winhttp` to go past",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nwinhttp = \"p:1\"\nwinhttp_bypass = [\"a;b\"]\n[share]",
                "`a;b`, which is no host",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nsensor = \"http://proxy:8080\"\n[share]",
                "line 7: `gpo.settings.proxy.sensor`",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nantivirus = \"proxy:8080\"\n[share]",
                "line 7: `gpo.settings.proxy.antivirus`",
            ),
            (
                "[share]",
                "[gpo.settings.proxy]\nantivirus_bypass = [\n\"a\",\n\"a b\"]\n[share]",
                "line 9: `gpo.settings.proxy.antivirus_bypass`",
            ),
            (
                "[share]",
                "[gpo.settings.exclusions]\npaths = ['D:\\a', 'D:\\']\n[share]",
                "line 7: `gpo.settings.exclusions.paths` holds `D:\\`",
            ),
            (
                "[share]",
                "[gpo.settings.exclusions]\nextensions = [\"\"]\n[share]",
                "line 7: `gpo.settings.exclusions.extensions`",
            ),
            (
                "[share]",
                "[[gpo.settings.role]]\nname = 'a'\npaths = ['D:\\a']\n[[gpo.settings.role]]\n\
                 name = 'b'\npaths = ['C:']\n[share]",
                "line 11: `gpo.settings.role.paths` holds `C:`",
            ),
            (
                "[share]",
                "[[gpo.settings.role]]\nname = 'Data base'\n[[gpo.settings.role]]\n\
                 name = 'data-base'\n[share]",
                "line 9: `gpo.settings.role.name`",
            ),
            (
                "[[gpo",
                "reports = '\\\\files.contoso.com\\reports$'\n[onboard]\n\
                 add_sensor_from = '\\\\FILES.contoso.com\\Reports$\\fod'\n[[gpo",
                "line 10: `onboard.add_sensor_from`",
            ),
            (
                "[share]",
                "[trust.signers.agent]\nroots = [\"12:34\"]\n[share]",
                "line 7: `trust.signers.agent.roots` holds `12:34`",
            ),
            (
                "[share]",
                "[trust.signers.tools]\nextended_key_usages = [\"codeSigning\"]\n[share]",
                "line 7: `trust.signers.tools.extended_key_usages`",
            ),
            (
                "[share]",
                "[trust.signers.scripts]\norganizations = []\n[share]",
                "line 7: `trust.signers.scripts.organizations` is empty",
            ),
            (
                "[share]",
                "[rollout]\nring_percent = 101\n[share]",
                "rollout.ring_percent",
            ),
            (
                "[share]",
                "[rollout]\nring_percent = 300\n[share]",
                "rollout.ring_percent",
            ),
            (
                "[share]",
                "[rollout]\nantivirus_mode = \"auto\"\n[share]",
                "`antivirus_mode` belongs to `[onboard]`",
            ),
            (
                "name = \"Contoso\"",
                "",
                "line 2: `organization.name` is missing",
            ),
            ("name =", "colour = 1\nname =", "gangway init"),
        ];
        for (from, to, expected) in cases {
            let error = parse(&SMALLEST.replacen(from, to, 1)).unwrap_err();
            assert!(
                error.contains(expected),
                "`{to}`: expected `{expected}` in: {error}"
            );
        }
    }

    #[test]
    fn the_monitoring_agent_is_set_and_its_key_stays_a_file() {
        let section = "[onboard.monitoring_agent]
workspace = '8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90'
key_file = 'workspace.txt'
proxy = 'http://proxy.contoso.com:8080'
";
        let config = parse(&format!("{SMALLEST}{section}")).unwrap();
        let agent = config.onboard.monitoring_agent.as_ref().unwrap();
        assert_eq!(agent.key_file, Path::new("lab/workspace.txt"));
        let settings = config.settings.monitoring_agent.unwrap();
        assert_eq!(
            settings.workspace.as_str(),
            "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90"
        );
        assert_eq!(
            settings.proxy.as_deref(),
            Some("http://proxy.contoso.com:8080")
        );
    }

    #[test]
    fn the_config_that_init_writes_is_understood() {
        let text = include_str!("../../../../templates/gangway.toml");
        let config = parse(text).unwrap();
        assert_eq!(config.organization.name, "Contoso");
    }
}
