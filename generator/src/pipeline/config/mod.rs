//! `gangway.toml`: what an administrator decides, read once, every path resolved.
//!
//! Unknown sections and fields are refused with a suggestion, because a setting that is
//! silently ignored is worse than none.

mod error;
mod place;
mod sections;
mod tables;
mod values;

use std::path::{Path, PathBuf};

use gangway_contract::OrgId;
use gangway_contract::manifest::{MonitoringAgent, Settings};

use super::output::DOWNLOAD;
use super::suggest;
use crate::plain_file;

pub use error::ConfigError;
pub use sections::*;

use values::{
    contain_each_other, is_bypass, is_host_and_port, is_proxy_url, is_service_name, parse_window,
    signing_fault, unc_fault,
};

/// Largest config that is read, in bytes: a hand-written file has a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

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
        let text = String::from_utf8(bytes).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            why: format!("it is no text in UTF-8: {}", error.utf8_error()),
            hint: "save it as UTF-8".to_owned(),
        })?;
        Self::parse(&text, path)
    }

    /// [`Config::load`] on text; `path` is where it came from.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let why = error.to_string();
            ConfigError::Malformed {
                path: path.to_owned(),
                hint: suggest::hint(&why, &tables::tables()),
                // The excerpt of a file with CRLF would end in a visible `\u{d}`.
                why: why.trim_end().replace('\r', ""),
            }
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = config.downloads.paths.iter_mut();
        let roots = config
            .trust
            .lab_roots
            .iter_mut()
            .chain(&mut config.trust.blob_roots)
            .chain(&mut config.trust.revocation_lists)
            .chain(&mut config.signing.roots);
        let paths = paths.chain(&mut config.downloads.deployment_source);
        let key = config.onboard.monitoring_agent.as_mut();
        let paths = paths.chain(key.map(|agent| &mut agent.key_file));
        for entry in paths.chain(roots).chain(&mut config.bootstrap.stub) {
            *entry = folder.join(&*entry);
        }
        config.check(text, path)?;
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

    fn check(&self, text: &str, path: &Path) -> Result<(), ConfigError> {
        let refuse = |field: &str, why: String, hint| {
            Err(ConfigError::Value {
                path: path.to_owned(),
                line: place::line_of(text, field),
                field: field.to_owned(),
                why,
                hint,
            })
        };
        if let Some((field, line)) = place::control_character(text) {
            return Err(ConfigError::Value {
                path: path.to_owned(),
                line: Some(line),
                field,
                why: "holds a control character".to_owned(),
                hint: "write the text without it; single quotes take a backslash as it is",
            });
        }
        if self.organization.name.trim().is_empty() || self.organization.name.chars().count() > 64 {
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
        if let Some(reports) = &self.share.reports
            && contain_each_other(&self.share.root, reports)
        {
            return refuse(
                "share.reports",
                format!(
                    "is `{reports}`, and one of it and `share.root` (`{}`) lies in the other: \
                     who may leave reports could change payloads",
                    self.share.root
                ),
                r"write a folder of its own, as '\\files.contoso.com\gangway-reports$'",
            );
        }
        let domains = &self.gpo.domain;
        if let Some(twice) = domains.iter().enumerate().find_map(|(place, domain)| {
            let mut before = domains.iter().take(place);
            before
                .any(|other| other.dns_name == domain.dns_name)
                .then_some(domain)
        }) {
            return refuse(
                "gpo.domain",
                format!("names `{}` twice", twice.dns_name),
                "leave one section for each domain",
            );
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
        if let Some(name) = self
            .onboard
            .other_antivirus
            .iter()
            .find(|name| !is_service_name(name))
        {
            return refuse(
                "onboard.other_antivirus",
                format!("holds `{name}`, which is no name of a service"),
                "write the service's short name, as `sc query` shows it",
            );
        }
        for (field, days) in [
            ("health.silent_after_days", self.health.silent_after_days),
            (
                "health.content_old_after_days",
                self.health.content_old_after_days,
            ),
        ] {
            if days == 0 {
                return refuse(
                    field,
                    "is 0, so that every server would be called so".to_owned(),
                    "write a number of days from 1",
                );
            }
        }
        let proxy = &self.gpo.settings.proxy;
        if proxy
            .winhttp
            .as_deref()
            .is_some_and(|text| !is_host_and_port(text))
        {
            return refuse(
                "gpo.settings.proxy.winhttp",
                "is no host with a port".to_owned(),
                "write it as `proxy.contoso.com:8080`, without a scheme",
            );
        }
        if proxy.winhttp.is_none() && !proxy.winhttp_bypass.is_empty() {
            return refuse(
                "gpo.settings.proxy.winhttp_bypass",
                "names hosts and there is no `winhttp` to go past".to_owned(),
                "write the proxy too, or leave the hosts out",
            );
        }
        if let Some(host) = proxy.winhttp_bypass.iter().find(|host| !is_bypass(host)) {
            return refuse(
                "gpo.settings.proxy.winhttp_bypass",
                format!("holds `{host}`, which is no host"),
                "write one host an entry; `*` may begin it, and `<local>` means names without a dot",
            );
        }
        let is_guid = |text: &String| text.parse::<OrgId>().is_ok();
        const WORKSPACE: &str = "write the workspace's id, a GUID, without braces";
        if let Some(id) = self
            .onboard
            .remove_workspaces
            .iter()
            .find(|id| !is_guid(id))
        {
            return refuse(
                "onboard.remove_workspaces",
                format!("holds `{id}`, which is no workspace id"),
                WORKSPACE,
            );
        }
        if let Some(agent) = &self.onboard.monitoring_agent {
            if !is_guid(&agent.workspace) {
                return refuse(
                    "onboard.monitoring_agent.workspace",
                    format!("is `{}`, which is no workspace id", agent.workspace),
                    WORKSPACE,
                );
            }
            if agent.proxy.as_deref().is_some_and(|url| !is_proxy_url(url)) {
                return refuse(
                    "onboard.monitoring_agent.proxy",
                    "is no URL of a proxy without credentials".to_owned(),
                    "write it as `https://proxy.contoso.com:8080`",
                );
            }
        }
        if self
            .rollout
            .ring_percent
            .is_some_and(|percent| !(0..=100).contains(&percent))
        {
            return refuse(
                "rollout.ring_percent",
                "is no percentage".to_owned(),
                "write a percentage from 0 to 100",
            );
        }
        if self
            .rollout
            .report_every_days
            .is_some_and(|days| !(0..=30).contains(&days))
        {
            return refuse(
                "rollout.report_every_days",
                "is no number of days that fits".to_owned(),
                "write 1 to 30, or 0 for no reports of servers that are done",
            );
        }
        if let Some((field, why, hint)) = signing_fault(&self.signing) {
            return refuse(field, why, hint);
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

    /// Days between two reports of a server that is done; 0 for none.
    pub fn report_every_days(&self) -> u16 {
        let given = self.rollout.report_every_days;
        given.map_or(1, |days| u16::try_from(days).unwrap_or(1))
    }

    /// The settings that go into the manifest.
    pub fn settings(&self) -> Settings {
        let rollout = &self.rollout;
        let defaults = Settings::with_release_root(self.share.root.clone());
        Settings {
            report_root: self.share.reports.clone(),
            antivirus_mode: self.onboard.antivirus_mode,
            other_antivirus: self.onboard.other_antivirus.clone(),
            health: self.health,
            agent_route: self.onboard.agent_route,
            device_tag: self.onboard.device_tag.clone(),
            machine_proxy: self.gpo.settings.proxy.machine(),
            window: rollout.window.as_deref().and_then(parse_window),
            ring_percent: rollout
                .ring_percent
                .and_then(|percent| u8::try_from(percent).ok())
                .unwrap_or(defaults.ring_percent),
            reboot: rollout.reboot.unwrap_or(defaults.reboot),
            azure_stack_hci: self.targets.azure_stack_hci,
            vdi: self.targets.vdi,
            apply: self.onboard.apply,
            remove_workspaces: self.onboard.remove_workspaces.clone(),
            monitoring_agent: self
                .onboard
                .monitoring_agent
                .as_ref()
                .map(|agent| MonitoringAgent {
                    workspace: agent.workspace.clone(),
                    proxy: agent.proxy.clone(),
                }),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Fault as _;

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
            config.settings(),
            Settings::with_release_root(config.share.root.clone())
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
                "`gpo.domain` names `contoso.com` twice",
            ),
            (
                "\"Contoso\"",
                "\"Con\\u0000toso\"",
                "line 3: `organization.name`",
            ),
            (
                "[share]",
                "[onboard]\ndevice_tag = \"a\\tb\"\n[share]",
                "line 7: `onboard.device_tag`",
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
                "unknown field `key`",
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
            ("name = \"Contoso\"", "", "gangway init"),
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
        let settings = config.settings().monitoring_agent.unwrap();
        assert_eq!(settings.workspace, "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90");
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
