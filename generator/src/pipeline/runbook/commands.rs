//! The commands of the runbook, as they are typed in PowerShell or in a shell of Linux, in the folder of
//! the bundle. Capitals stand for what the page cannot know.

use std::fmt::Write as _;

use crate::gpo::DomainName;
use crate::pipeline::briefing::Facts;
use crate::pipeline::policies::Written;
use crate::publication::{ShareCommands, SharedFolder, share_commands};

/// Where the share is mounted in the examples for Linux.
const MOUNTED: &str = "/mnt/gangway";
/// The same of the share of the reports.
const REPORTS_MOUNTED: &str = "/mnt/gangway-reports";

/// Commands that are the same for every domain; each field holds whole lines.
pub(super) struct Commands {
    pub(super) version: String,
    pub(super) programs_on_linux: String,
    pub(super) mount: String,
    pub(super) verify: String,
    pub(super) payload_folder: FolderCommands,
    pub(super) report_folder: Option<FolderCommands>,
    pub(super) publish_share: String,
    pub(super) publish_share_mounted: String,
    pub(super) copy_windows: String,
    pub(super) copy_linux: String,
    pub(super) compare_share: String,
    /// What the share lets servers do, and who changed it.
    pub(super) widen: String,
    /// And takes the pause back.
    pub(super) pause: String,
    pub(super) mount_reports: Option<String>,
    pub(super) report_windows: String,
    pub(super) report_linux: String,
    pub(super) build_again: String,
}

/// How a folder's permissions are set.
pub(super) struct FolderCommands {
    pub(super) windows: String,
    pub(super) samba: String,
    pub(super) smb_conf: String,
}

impl From<ShareCommands> for FolderCommands {
    fn from(commands: ShareCommands) -> Self {
        let windows = [commands.ask_windows, commands.windows].concat();
        let samba = [commands.ask_samba, vec![commands.samba]].concat();
        Self {
            windows: windows.join("\n"),
            samba: samba.join("\n"),
            smb_conf: commands.smb_conf.trim_end().to_owned(),
        }
    }
}

/// What is typed where one domain is published.
pub(super) struct DomainCommands {
    pub(super) offline: String,
    pub(super) look: String,
    pub(super) apply: String,
    pub(super) program: String,
    pub(super) import: String,
    pub(super) link: String,
    pub(super) unlink: String,
    /// Of the onboarding task, before an offboarding.
    pub(super) unlink_deploy: String,
    /// The same by command: the policy goes with its links.
    pub(super) remove_deploy: String,
    pub(super) rollback: String,
    pub(super) remove: String,
}

pub(super) fn of_all(facts: &Facts<'_>) -> Commands {
    let settings = &facts.manifest.settings;
    let share = settings.release_root.as_str();
    let reports = settings.report_root.as_ref();
    let domains: Vec<&str> = (facts.config.gpo.domain.iter())
        .map(|domain| domain.dns_name.as_str())
        .collect();
    let quoted_share = quoted(share);
    let report = |folder: &str| format!("gangway report {folder} --bundle .");
    let compare = match reports {
        Some(reports) => format!(
            "gangway verify . --config CONFIG --share {quoted_share} --reports {} --user ACCOUNT",
            quoted(reports.as_str())
        ),
        None => {
            format!("gangway verify . --config CONFIG --share {quoted_share} --user ACCOUNT")
        }
    };
    Commands {
        version: "gangway --version".to_owned(),
        programs_on_linux: "sudo apt-get install smbclient cifs-utils".to_owned(),
        mount: mount(share, MOUNTED, ""),
        // `cifsacl` shows whose each file is.
        mount_reports: reports.map(|root| mount(root.as_str(), REPORTS_MOUNTED, ",ro,cifsacl")),
        verify: "gangway verify . --signed --config CONFIG\ngangway verify . --signed --expect \
                 DIGEST --root ROOT"
            .to_owned(),
        payload_folder: share_commands(SharedFolder::Payloads, &settings.release_root, &domains)
            .into(),
        report_folder: reports
            .map(|reports| share_commands(SharedFolder::Reports, reports, &domains).into()),
        publish_share: "gangway publish share . --config CONFIG --user ACCOUNT\ngangway publish \
                        share . --config CONFIG --user ACCOUNT --apply"
            .to_owned(),
        publish_share_mounted: format!(
            "gangway publish share . --config CONFIG --to {MOUNTED}\ngangway publish share . \
             --config CONFIG --to {MOUNTED} --apply"
        ),
        // `/XC /XN /XO`: what is there already stays, whatever its bytes and times are.
        copy_windows: format!(
            "robocopy.exe share\\releases {} /E /XC /XN /XO\nrobocopy.exe share {quoted_share} \
             control.json /XC /XN /XO",
            quoted(&format!(r"{share}\releases"))
        ),
        copy_linux: format!(
            "cp -R --no-clobber share/releases {MOUNTED}/\ncp --no-clobber share/control.json \
             {MOUNTED}/"
        ),
        compare_share: compare,
        widen: rollout(&["show", "ring 50", "ring 50 --apply"]),
        pause: rollout(&["pause --apply", "resume --apply"]),
        report_windows: match reports {
            Some(root) => report(&quoted(root.as_str())),
            None => report("REPORTS"),
        },
        report_linux: report(REPORTS_MOUNTED),
        build_again: "gangway build --config CONFIG --out EARLIER --update-lock --allow-downgrade"
            .to_owned(),
    }
}

/// Steers the share that this bundle names.
fn rollout(asked: &[&str]) -> String {
    let line = |asked: &&str| format!("gangway rollout . {asked} --user ACCOUNT");
    asked.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Mounts a share on Linux.
fn mount(share: &str, folder: &str, more: &str) -> String {
    format!(
        "sudo mkdir -p {folder}\nsudo mount -t cifs {} {folder} -o \
         username=USER,domain=DOMAIN,vers=3.1.1,seal{more}",
        quoted(&share.replace('\\', "/"))
    )
}

pub(super) fn of_domain(
    facts: &Facts<'_>,
    domain: &DomainName,
    policies: &[&Written],
    task_gpo: &str,
) -> DomainCommands {
    let dn = domain.distinguished_name();
    let publish = format!("gangway publish . --config CONFIG --domain {domain}");
    let mut links = String::new();
    for policy in policies {
        let link = format!("{}=OU={},{dn}", policy.link_name, unit(policy));
        // Writing to a text cannot fail.
        let _ = write!(links, " --link {}", quoted(&link));
    }
    let look = format!("{publish} --user ACCOUNT{links}");
    let folder = quoted(&format!(r"\\{domain}\NETLOGON\Gangway"));
    let exe = quoted(&format!(r"bootstrap\{}", facts.exe_name));
    let unlink = |name: &str| {
        let target = quoted(&format!("OU=PILOT,{dn}"));
        let name = quoted(name);
        format!("Remove-GPLink -Name {name} -Target {target} -Domain {domain}")
    };
    DomainCommands {
        offline: format!("{publish} --offline{links}"),
        apply: format!("{look} --apply"),
        look,
        program: format!(
            "New-Item -ItemType Directory -Force -Path {folder}\nCopy-Item -Path {exe} -Destination \
             {folder}"
        ),
        import: import(domain, policies),
        link: lines(policies, |policy| {
            let target = quoted(&format!("OU={},{dn}", unit(policy)));
            let name = quoted(&policy.display_name);
            format!("New-GPLink -Name {name} -Target {target} -LinkEnabled Yes -Domain {domain}")
        }),
        unlink: unlink(task_gpo),
        unlink_deploy: unlink("Gangway Deploy"),
        remove_deploy: {
            let remove = format!(
                "gangway publish ONBOARDING --config CONFIG --domain {domain} --user ACCOUNT \
                 --remove=deploy"
            );
            format!("{remove}\n{remove} --apply")
        },
        remove: format!(
            "{publish} --user ACCOUNT --remove\n{publish} --user ACCOUNT --remove --apply"
        ),
        rollback: format!(
            "{publish} --user ACCOUNT --rollback\n{publish} --user ACCOUNT --rollback --apply"
        ),
    }
}

/// Loads the WMI filter, then the GPOs in the order in which they rely on each other.
fn import(domain: &DomainName, policies: &[&Written]) -> String {
    let gpos = lines(policies, |policy| {
        let path = quoted(&format!(r"BUNDLE\gpo\{domain}\{}", policy.folder));
        let name = quoted(&policy.display_name);
        format!(
            "Import-GPO -Path {path} -BackupGpoName {name} -TargetName {name} -CreateIfNeeded \
             -Domain {domain}"
        )
    });
    format!("mofcomp.exe -N:root\\Policy 'BUNDLE\\gpo\\{domain}\\wmi-filter.mof'\n{gpos}")
}

/// The unit that a policy is linked to, as a placeholder: a role's servers are others.
fn unit(policy: &Written) -> &'static str {
    if policy.is_for_a_role {
        "ROLE"
    } else {
        "PILOT"
    }
}

fn lines(policies: &[&Written], of: impl Fn(&Written) -> String) -> String {
    let lines: Vec<String> = policies.iter().map(|policy| of(policy)).collect();
    lines.join("\n")
}

/// A word that PowerShell and the shells of Linux both take as it is. In front of an apostrophe,
/// which no ordinary share has, PowerShell's way counts.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
