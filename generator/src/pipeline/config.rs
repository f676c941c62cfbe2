//! `gangway.toml`: what an administrator decides, read once, every path resolved.
//!
//! Unknown sections and fields are refused with a suggestion, because a setting that is
//! silently ignored is worse than none.

use std::path::{Path, PathBuf};

use gangway_contract::OrgId;
use gangway_contract::manifest::{AgentRoute, AntivirusMode, Mode, RebootRule, Settings, Window};
use serde::Deserialize;

use super::suggest;
use crate::gpo::DomainName;
use crate::intake::TrustSettings;

/// Largest config that is read, in bytes: a hand-written file has a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// The config as it stands in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose servers these are.
    pub organization: Organization,
    /// Where the portal downloads lie.
    pub downloads: Downloads,
    /// Who besides Microsoft is trusted; for labs.
    #[serde(default)]
    pub trust: TrustSettings,
    /// Where servers find payloads and leave reports.
    pub share: Share,
    /// What becomes policy, and in which domains.
    pub gpo: Gpo,
    /// What the bootstrap does.
    #[serde(default)]
    pub onboard: Onboard,
    /// What the bootstrap does when it offboards.
    #[serde(default)]
    pub offboard: Offboard,
    /// Which servers beyond the usual ones are meant.
    #[serde(default)]
    pub targets: Targets,
    /// When and on how many servers it does it.
    #[serde(default)]
    pub rollout: Rollout,
    /// The stub the bootstrap is made from.
    #[serde(default)]
    pub bootstrap: BootstrapSection,
    /// Who signs the bootstrap.
    #[serde(default)]
    pub signing: Signing,
}

/// `[organization]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Display name; stable, because GPO GUIDs are derived from it.
    pub name: String,
    /// Pins the Defender tenant: a package for another one is an error.
    pub org_id: Option<OrgId>,
}

/// `[downloads]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downloads {
    /// Files and folders, relative to the config file.
    pub paths: Vec<PathBuf>,
}

/// `[share]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// UNC folder for payloads, with the server's full DNS name.
    pub root: String,
    /// UNC folder for host reports, create-only.
    pub reports: Option<String>,
}

/// `[gpo]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpo {
    /// One GPO set per domain.
    pub domain: Vec<Domain>,
    /// How the task names SYSTEM.
    #[serde(default)]
    pub principal: Principal,
    /// Adds the daily heartbeat task.
    #[serde(default)]
    pub heartbeat: bool,
}

/// `[[gpo.domain]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Full DNS name, such as `contoso.com`.
    #[serde(deserialize_with = "from_text")]
    pub dns_name: DomainName,
    /// Whether the policy applies to domain controllers too.
    #[serde(default)]
    pub include_domain_controllers: bool,
}

/// How the task names SYSTEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// `NT AUTHORITY\System`, the form measured to work.
    #[default]
    Name,
    /// `S-1-5-18`, for estates with localised account names.
    Sid,
}

/// `[onboard]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Onboard {
    /// `precheck`, `onboard`.
    pub mode: OnboardMode,
    /// `auto`, `always_passive`, `never_passive`.
    pub antivirus_mode: AntivirusMode,
    /// `auto`, `install_script`.
    pub agent_route: AgentRoute,
    /// Device tag, at most 200 characters.
    pub device_tag: Option<String>,
    /// Log Analytics workspaces that the retired agent has to lose, by id.
    pub remove_workspaces: Vec<String>,
}

impl Default for Onboard {
    fn default() -> Self {
        Self {
            mode: OnboardMode::Onboard,
            antivirus_mode: AntivirusMode::Auto,
            agent_route: AgentRoute::Auto,
            device_tag: None,
            remove_workspaces: Vec::new(),
        }
    }
}

/// `[offboard]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Offboard {
    /// Also uninstalls the unified agent on Server 2012 R2 and 2016.
    pub uninstall_agent: bool,
}

/// `[targets]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Azure Stack HCI nodes too.
    pub azure_stack_hci: bool,
    /// Non-persistent desktops, which get the VDI tag.
    pub vdi: bool,
}

/// Modes of the onboarding exe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnboardMode {
    /// Assess only.
    Precheck,
    /// Bring the server to onboarded.
    Onboard,
}

impl From<OnboardMode> for Mode {
    fn from(mode: OnboardMode) -> Self {
        match mode {
            OnboardMode::Precheck => Self::Precheck,
            OnboardMode::Onboard => Self::Onboard,
        }
    }
}

/// `[rollout]`; every value replaces the default of [`Settings::with_release_root`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    missing_docs,
    reason = "each field is the setting of the same name in the manifest"
)]
pub struct Rollout {
    pub ring_percent: Option<u8>,
    /// `HH:MM-HH:MM`, local time of each server.
    pub window: Option<String>,
    pub reboot: Option<RebootRule>,
    pub retry_wait_s: Option<u32>,
    pub jitter_s: Option<u32>,
    pub fetch_retries: Option<u32>,
    pub fetch_retry_wait_s: Option<u32>,
    pub installer_wait_s: Option<u32>,
    pub install_limit_s: Option<u32>,
    pub script_limit_s: Option<u32>,
    pub verify_wait_s: Option<u32>,
    pub free_space_bytes: Option<u64>,
}

/// `[bootstrap]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BootstrapSection {
    /// The stub, relative to the config file; else `gangway-runner.exe` beside `gangway`.
    pub stub: Option<PathBuf>,
}

/// `[signing]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Root certificates (PEM or DER) that may end the chain of the bootstrap's own signature,
    /// relative to the config file; `verify` judges against them.
    pub roots: Vec<PathBuf>,
    /// Program and arguments that sign the exe in place; `{}` stands for its path.
    pub command: Option<Vec<String>>,
}

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read config `{}`: {why}", path.display())]
    Unreadable {
        /// The config file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Not TOML, or a field that is not known.
    #[error("config `{}` is not understood\n{why}", path.display())]
    Malformed {
        /// The config file.
        path: PathBuf,
        /// Line, column, excerpt and suggestion.
        why: String,
    },
    /// A value that its field cannot have.
    #[error("config `{}`: `{field}` {why}\nhint: {hint}", path.display())]
    Value {
        /// The config file.
        path: PathBuf,
        /// Section and field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
        /// What to write instead.
        hint: &'static str,
    },
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
        let size = std::fs::metadata(path)
            .map_err(|error| unreadable(error.to_string()))?
            .len();
        if size > MAX_BYTES {
            return Err(unreadable(format!(
                "{size} bytes; the limit is {MAX_BYTES}"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(&text, path)
    }

    /// [`Config::load`] on text; `path` is where it came from.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            why: suggest::with_nearest_name(&error.to_string()),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = config.downloads.paths.iter_mut();
        let roots = config
            .trust
            .lab_roots
            .iter_mut()
            .chain(&mut config.signing.roots);
        for entry in paths.chain(roots).chain(&mut config.bootstrap.stub) {
            *entry = folder.join(&*entry);
        }
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let refuse = |field, why: String, hint| {
            Err(ConfigError::Value {
                path: path.to_owned(),
                field,
                why,
                hint,
            })
        };
        if self.organization.name.trim().is_empty() || self.organization.name.len() > 64 {
            return refuse(
                "organization.name",
                "must have 1 to 64 characters".to_owned(),
                "write the name that reports and GPO names should show",
            );
        }
        if self.downloads.paths.is_empty() {
            return refuse(
                "downloads.paths",
                "is empty".to_owned(),
                "name the folder with the portal downloads",
            );
        }
        for (field, unc) in [
            ("share.root", Some(&self.share.root)),
            ("share.reports", self.share.reports.as_ref()),
        ] {
            if let Some(why) = unc.and_then(|unc| unc_fault(unc)) {
                return refuse(
                    field,
                    why,
                    r"write a UNC path with the file server's full DNS name, as '\\files.contoso.com\gangway$'",
                );
            }
        }
        if self.gpo.domain.is_empty() {
            return refuse(
                "gpo.domain",
                "names no domain".to_owned(),
                "add a [[gpo.domain]] section with `dns_name`",
            );
        }
        if self
            .onboard
            .device_tag
            .as_ref()
            .is_some_and(|tag| tag.chars().count() > 200)
        {
            return refuse(
                "onboard.device_tag",
                "is longer than 200 characters".to_owned(),
                "the sensor refuses longer tags (event 74)",
            );
        }
        if self
            .rollout
            .ring_percent
            .is_some_and(|percent| percent > 100)
        {
            return refuse(
                "rollout.ring_percent",
                "is above 100".to_owned(),
                "write a percentage from 0 to 100",
            );
        }
        if let Some(window) = &self.rollout.window
            && parse_window(window).is_none()
        {
            return refuse(
                "rollout.window",
                format!("`{window}` is no window"),
                "write local times as `22:00-04:00`",
            );
        }
        Ok(())
    }

    /// The settings that go into the manifest.
    pub fn settings(&self) -> Settings {
        let rollout = &self.rollout;
        let defaults = Settings::with_release_root(self.share.root.clone());
        Settings {
            report_root: self.share.reports.clone(),
            antivirus_mode: self.onboard.antivirus_mode,
            agent_route: self.onboard.agent_route,
            device_tag: self.onboard.device_tag.clone(),
            window: rollout.window.as_deref().and_then(parse_window),
            ring_percent: rollout.ring_percent.unwrap_or(defaults.ring_percent),
            reboot: rollout.reboot.unwrap_or(defaults.reboot),
            azure_stack_hci: self.targets.azure_stack_hci,
            vdi: self.targets.vdi,
            remove_workspaces: self.onboard.remove_workspaces.clone(),
            uninstall_agent: self.offboard.uninstall_agent,
            retry_wait_s: rollout.retry_wait_s.unwrap_or(defaults.retry_wait_s),
            jitter_s: rollout.jitter_s.unwrap_or(defaults.jitter_s),
            fetch_retries: rollout.fetch_retries.unwrap_or(defaults.fetch_retries),
            fetch_retry_wait_s: rollout
                .fetch_retry_wait_s
                .unwrap_or(defaults.fetch_retry_wait_s),
            installer_wait_s: rollout
                .installer_wait_s
                .unwrap_or(defaults.installer_wait_s),
            install_limit_s: rollout.install_limit_s.unwrap_or(defaults.install_limit_s),
            script_limit_s: rollout.script_limit_s.unwrap_or(defaults.script_limit_s),
            verify_wait_s: rollout.verify_wait_s.unwrap_or(defaults.verify_wait_s),
            free_space_bytes: rollout
                .free_space_bytes
                .unwrap_or(defaults.free_space_bytes),
            ..defaults
        }
    }
}

/// Reads a field through its type's own parser, so that the file and line of a mistake are
/// named by the TOML reader.
fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

/// What is wrong with a UNC path, if anything: short server names fall back to NTLM and some
/// policies forbid it, so only full names are taken.
fn unc_fault(unc: &str) -> Option<String> {
    let Some(rest) = unc.strip_prefix(r"\\") else {
        return Some(format!("`{unc}` is no UNC path"));
    };
    let mut parts = rest.split('\\');
    let server = parts.next().unwrap_or_default();
    if !is_dns_name(server) {
        return Some(format!("`{unc}` does not name its server by full DNS name"));
    }
    let forbidden = |part: &str| {
        part.is_empty()
            || part == "."
            || part == ".."
            || part.contains(['/', ':', '*', '?', '"', '<', '>', '|', '%'])
            || part.chars().any(char::is_control)
    };
    let folders: Vec<&str> = parts.collect();
    if folders.is_empty() || folders.iter().any(|part| forbidden(part)) {
        return Some(format!("`{unc}` has an empty or forbidden part"));
    }
    None
}

/// Two labels at least, letters, digits and inner hyphens (RFC 1123).
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_numeric = name
        .split('.')
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    name.len() <= 253 && name.contains('.') && !all_numeric && name.split('.').all(label)
}

/// `HH:MM-HH:MM`; the end is exclusive and may lie on the next day.
fn parse_window(text: &str) -> Option<Window> {
    let minute = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.split_once('-')?;
    let window = Window {
        from_minute: minute(from)?,
        to_minute: minute(to)?,
    };
    (window.from_minute != window.to_minute).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
[organization]
name = "Contoso"
[downloads]
paths = ["downloads"]
[share]
root = '\\files.contoso.com\gangway$'
[[gpo.domain]]
dns_name = "contoso.com"
"#;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("lab/gangway.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_smallest_config_has_defaults_for_the_rest() {
        let config = parse(SMALLEST).unwrap();
        assert_eq!(config.downloads.paths, [Path::new("lab/downloads")]);
        assert_eq!(
            config.settings(),
            Settings::with_release_root(config.share.root.clone())
        );
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
            ("\"contoso.com\"", "\"contoso\"", "fully qualified DNS name"),
            (
                "[share]",
                "[rollout]\nwindow = \"22-4\"\n[share]",
                "rollout.window",
            ),
            (
                "[share]",
                "[rollout]\nring_percent = 101\n[share]",
                "rollout.ring_percent",
            ),
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
    fn a_window_may_pass_midnight() {
        let window = Window {
            from_minute: 22 * 60,
            to_minute: 4 * 60,
        };
        assert_eq!(parse_window("22:00-04:00"), Some(window));
        assert_eq!(parse_window("04:00-04:00"), None);
        assert_eq!(parse_window("24:00-04:00"), None);
    }
}
