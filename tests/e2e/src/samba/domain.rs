//! A running domain.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::contents::{Attributes, Objects, read_ldif};
use super::lab::{ADMINISTRATOR, FIRST, INSIDE, Names, PASSWORD, search_path};
use super::namespaces::{beside, isolated};
use super::template;
use crate::program::{self, Output};
use crate::required;

const SERVE: &str = include_str!("serve.sh");
/// For one command; a publication takes seconds.
pub(super) const LIMIT: Duration = Duration::from_secs(120);
/// From the end of its input until the domain has stopped by itself.
const STOP_LIMIT: Duration = Duration::from_secs(20);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A running domain.
#[derive(Debug)]
pub struct Domain {
    names: &'static Names,
    folder: PathBuf,
    child: Child,
    /// Its end is the sign to stop.
    input: Option<ChildStdin>,
    /// First process inside, by its number outside.
    init: u32,
    runs: AtomicU32,
}

impl Domain {
    /// Copies the template and serves it.
    ///
    /// # Errors
    /// Not root, a program is missing, or the domain does not start.
    pub fn start() -> Result<Self> {
        Self::start_from(&FIRST, None, |folder| copy_of(&FIRST, folder))
    }

    /// The same with a domain controller that takes Kerberos tickets inside TLS, as Windows does and Samba
    /// by itself does not (`ldap server require strong auth` in smb.conf(5)).
    ///
    /// # Errors
    /// As above.
    pub fn start_taking_tickets() -> Result<Self> {
        Self::start_from(&FIRST, None, |folder| {
            copy_of(&FIRST, folder)?;
            set(
                folder,
                "ldap server require strong auth = allow_sasl_over_tls",
            )
        })
    }

    /// The same with a second domain controller, [`super::SECOND_CONTROLLER`], which has what was there
    /// when it was joined until [`Domain::replicate`].
    ///
    /// # Errors
    /// As above.
    pub fn start_with_second() -> Result<Self> {
        Self::start_from(&FIRST, None, |folder| {
            let template = template::folder_of_two()?;
            for part in ["tree", "second"] {
                template::copy(
                    &template.join(part),
                    &folder.join(part),
                    &folder.join("copy"),
                )?;
            }
            Ok(())
        })
    }

    /// Serves what `bring` puts into its folder: in a network of its own, or in that of another one.
    pub(super) fn start_from(
        names: &'static Names,
        beside: Option<&Self>,
        bring: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let user = fs::metadata("/proc/self")
            .context("ask for the user")?
            .uid();
        ensure!(
            user == 0,
            "the suite `samba` makes namespaces and low ports\nhint: start it as root"
        );
        let folder = required::work_folder()?.join(format!(
            "samba-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        ));
        fs::create_dir(&folder).with_context(|| format!("create `{}`", folder.display()))?;
        bring(&folder)?;
        fs::write(folder.join("password"), PASSWORD).context("write the password")?;
        Self::serve(names, beside, folder)
    }

    fn serve(names: &'static Names, other: Option<&Self>, folder: PathBuf) -> Result<Self> {
        let mut isolated = match other {
            None => isolated(SERVE)?,
            Some(other) => beside(other.init, SERVE)?,
        };
        let log = fs::File::create(folder.join("serve.err")).context("create a log")?;
        let second = folder.join("second");
        let mut child = isolated
            .command
            .arg(folder.join("tree"))
            .arg(names.address)
            .args(second.is_dir().then_some(second))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("start `unshare`")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("no output")?;
        let id = child.id();
        // From here on the drop ends it.
        let mut domain = Self {
            names,
            folder,
            child,
            input,
            init: 0,
            runs: AtomicU32::new(0),
        };
        let mut said = String::new();
        let mut lines = BufReader::new(output);
        // The script has limits of its own.
        while lines.read_line(&mut said).context("read what it says")? > 0 {
            if said.ends_with("ready\n") {
                let children = format!("/proc/{id}/task/{id}/children");
                let children =
                    fs::read_to_string(&children).with_context(|| format!("read `{children}`"))?;
                let first = children.split_whitespace().next();
                domain.init = first
                    .and_then(|number| number.parse().ok())
                    .context("`unshare` has no child")?;
                return Ok(domain);
            }
        }
        let log = fs::read_to_string(domain.folder.join("serve.err")).unwrap_or_default();
        bail!("the domain does not start\n{said}{log}")
    }

    /// What it is called.
    pub fn names(&self) -> &'static Names {
        self.names
    }

    /// A program inside the domain's namespaces. Paths have to be absolute.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.init.to_string()])
            // Its processes too: `/dev/fd` leads to those that the mounted `/proc` shows.
            .args(["--net", "--mount", "--pid"])
            // Else the root folder would be that of the mounts, which is another one where the tests run in
            // a chroot.
            .args(["--root", "--"])
            .arg(program.as_ref())
            .env("PATH", search_path())
            .env("KRB5_CONFIG", format!("{INSIDE}/nss/krb5.conf"));
        command
    }

    /// Runs such a command.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn run(&self, command: &mut Command) -> Result<Output> {
        program::run(command, &self.next_files(), LIMIT)
    }

    /// Files for the output of one more command.
    pub(super) fn next_files(&self) -> PathBuf {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("run-{run}"))
    }

    /// `gangway publish gpo` as a user would type it, with more arguments.
    ///
    /// # Errors
    /// The program is missing.
    pub fn publish_command(
        &self,
        bundle: &Path,
        account: &str,
        arguments: &[&str],
    ) -> Result<Command> {
        let mut command = self.publish_command_without_password(bundle, account, arguments)?;
        command
            .arg("--password-file")
            .arg(self.folder.join("password"));
        Ok(command)
    }

    /// The same, with no word on where the password is.
    ///
    /// # Errors
    /// The program is missing.
    pub fn publish_command_without_password(
        &self,
        bundle: &Path,
        account: &str,
        arguments: &[&str],
    ) -> Result<Command> {
        let mut command = self.publishing(Some("gpo"), bundle, account)?;
        command
            .arg("--state")
            .arg(self.folder.join("state"))
            .args(arguments)
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        Ok(command)
    }

    /// Runs it.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn publish(&self, bundle: &Path, account: &str, arguments: &[&str]) -> Result<Output> {
        self.run(&mut self.publish_command(bundle, account, arguments)?)
    }

    /// Runs `gangway publish gpo --history`, which asks no server.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn history(&self, bundle: &Path) -> Result<Output> {
        let mut command = self.publishing_as(Some("gpo"), bundle, None)?;
        command
            .arg("--history")
            .arg("--state")
            .arg(self.folder.join("state"));
        self.run(&mut command)
    }

    /// Publishes as the administrator and expects success; gives what was said.
    ///
    /// # Errors
    /// It fails.
    pub fn published(&self, bundle: &Path, arguments: &[&str]) -> Result<String> {
        let arguments = [&["--apply"], arguments].concat();
        let output = self.publish(bundle, ADMINISTRATOR, &arguments)?;
        ensure!(
            output.status.success(),
            "{arguments:?}: {}\n{}{}",
            output.status,
            output.stdout,
            output.stderr
        );
        Ok(output.stdout)
    }

    /// `gangway publish` of a bundle by an account, or the part of it that is named, up to the
    /// password.
    fn publishing(&self, what: Option<&str>, bundle: &Path, account: &str) -> Result<Command> {
        self.publishing_as(what, bundle, Some(account))
    }

    fn publishing_as(
        &self,
        what: Option<&str>,
        bundle: &Path,
        account: Option<&str>,
    ) -> Result<Command> {
        let mut command = self.command(required::path(required::GANGWAY)?);
        // Beside the bundle, where it was made.
        let lab = bundle.parent().unwrap_or(bundle).join("lab/root.pem");
        command
            .arg("publish")
            .args(what)
            .arg(bundle)
            .arg("--root")
            .arg(lab);
        if let Some(account) = account {
            command.args(["--user", &format!("{account}@{}", self.names.name)]);
        }
        Ok(command)
    }

    /// `gangway publish` as a user would type it, with more arguments: payloads and policies.
    ///
    /// # Errors
    /// The program is missing.
    pub fn publish_whole_command(&self, bundle: &Path, arguments: &[&str]) -> Result<Command> {
        let mut command = self.publishing(None, bundle, ADMINISTRATOR)?;
        command
            .arg("--password-file")
            .arg(self.folder.join("password"))
            .arg("--state")
            .arg(self.folder.join("state"))
            .args(arguments)
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        Ok(command)
    }

    /// Runs it.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn publish_whole(&self, bundle: &Path, arguments: &[&str]) -> Result<Output> {
        self.run(&mut self.publish_whole_command(bundle, arguments)?)
    }

    /// Runs `gangway publish share` as a user would type it, with more arguments.
    ///
    /// # Errors
    /// The program is missing, cannot be started or does not end.
    pub fn publish_share(
        &self,
        bundle: &Path,
        account: &str,
        arguments: &[&str],
    ) -> Result<Output> {
        let mut command = self.publishing(Some("share"), bundle, account)?;
        command
            .arg("--password-file")
            .arg(self.folder.join("password"))
            .args(arguments)
            // Asked with `--keep-releases`.
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        self.run(&mut command)
    }

    /// Runs `gangway retire` as a user would type it, with more arguments.
    ///
    /// # Errors
    /// The program is missing, cannot be started or does not end.
    pub fn retire(&self, bundle: &Path, arguments: &[&str]) -> Result<Output> {
        let mut command = self.command(required::path(required::GANGWAY)?);
        let lab = bundle.parent().unwrap_or(bundle).join("lab/root.pem");
        command
            .arg("retire")
            .arg(bundle)
            .arg("--root")
            .arg(lab)
            .args(["--user", &format!("{ADMINISTRATOR}@{}", self.names.name)])
            .arg("--password-file")
            .arg(self.folder.join("password"))
            .arg("--state")
            .arg(self.folder.join("state"))
            .args(arguments)
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        self.run(&mut command)
    }

    /// Runs `gangway reconstruct` as a user would type it, with more arguments.
    ///
    /// # Errors
    /// The program is missing, cannot be started or does not end.
    pub fn reconstruct(&self, from: &str, out: &Path, account: &str) -> Result<Output> {
        let mut command = self.command(required::path(required::GANGWAY)?);
        command
            .args([
                "reconstruct",
                from,
                "--user",
                &format!("{account}@{}", self.names.name),
            ])
            .arg("--password-file")
            .arg(self.folder.join("password"))
            .arg("--out")
            .arg(out)
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        self.run(&mut command)
    }

    /// Runs `gangway publish share` to a folder, where no account signs in.
    ///
    /// # Errors
    /// The program is missing, cannot be started or does not end.
    pub fn publish_to_folder(&self, bundle: &Path, folder: &Path) -> Result<Output> {
        let mut command = self.publishing_as(Some("share"), bundle, None)?;
        command.arg("--apply").arg("--to").arg(folder);
        self.run(&mut command)
    }

    /// Signs in at the directory by a Kerberos ticket for whatever the server calls itself, by the
    /// generator's own code with Samba's client in the place of Windows.
    ///
    /// # Errors
    /// The program is missing, cannot be started or does not end.
    pub fn signed_in_by_ticket(
        &self,
        host: &str,
        encryption: &str,
        password: &str,
    ) -> Result<Output> {
        let names = self.names;
        let mut command = self.command(required::path(required::TICKET)?);
        command
            .args([host, encryption, ADMINISTRATOR, password])
            .args([names.short_name, &names.name.to_uppercase(), names.dn])
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        self.run(&mut command)
    }

    /// Runs a command of `samba-tool` as the administrator against the live server.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn samba_tool(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = self.command("samba-tool");
        command
            .args(arguments)
            .args(["-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
            .args(["-H", &format!("ldap://{}", self.names.controller)]);
        self.run(&mut command)
    }

    /// Makes every SYSVOL list what the directory says, by the server's own tool.
    ///
    /// # Errors
    /// It fails.
    pub fn reset_sysvol(&self) -> Result<()> {
        let mut command = self.command("samba-tool");
        command
            .args(["ntacl", "sysvolreset"])
            .arg(format!("--configfile={INSIDE}/etc/smb.conf"));
        let output = self.run(&mut command)?;
        ensure!(output.status.success(), "{}", output.stderr);
        Ok(())
    }

    /// Commands of `smbclient` on the SYSVOL share.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn smbclient(&self, account: &str, commands: &str) -> Result<Output> {
        self.smbclient_on("sysvol", account, commands)
    }

    /// Commands of `smbclient` on a share.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn smbclient_on(&self, share: &str, account: &str, commands: &str) -> Result<Output> {
        let mut command = self.command("smbclient");
        command
            .arg(format!("//{}/{share}", self.names.controller))
            .args(["-U", &format!("{account}%{PASSWORD}"), "-c", commands]);
        self.run(&mut command)
    }

    /// Objects that a search finds, by distinguished name: attributes and their values as
    /// `ldbsearch` prints them (base64 where they are no text).
    ///
    /// # Errors
    /// The server refuses.
    pub fn search(&self, base: &str, scope: &str, filter: &str) -> Result<Objects> {
        let mut command = self.command("ldbsearch");
        command
            .args(["-H", &format!("ldap://{}", self.names.controller)])
            .args(["-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
            .args(["-b", base, "-s", scope, "--controls=sd_flags:1:7", filter])
            .args(["*", "nTSecurityDescriptor"]);
        let output = self.run(&mut command)?;
        let said = format!("{}{}", output.stdout, output.stderr);
        if !output.status.success() && said.contains("LDAP_NO_SUCH_OBJECT") {
            return Ok(Objects::new());
        }
        ensure!(output.status.success(), "{said}");
        Ok(read_ldif(&output.stdout))
    }

    /// One object; none when there is no such object.
    ///
    /// # Errors
    /// The server refuses.
    pub fn object(&self, dn: &str) -> Result<Option<Attributes>> {
        let found = self.search(dn, "base", "(objectClass=*)")?;
        Ok(found.into_values().next())
    }

    /// Applies changes given as LDIF, as the administrator.
    ///
    /// # Errors
    /// The server refuses.
    pub fn change(&self, ldif: &str) -> Result<()> {
        let path = self.next_files().with_extension("ldif");
        fs::write(&path, ldif).with_context(|| format!("write `{}`", path.display()))?;
        let mut command = self.command("ldbmodify");
        command
            .args(["-H", &format!("ldap://{}", self.names.controller)])
            .args(["-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
            .arg(&path);
        let output = self.run(&mut command)?;
        ensure!(
            output.status.success(),
            "{}{}",
            output.stdout,
            output.stderr
        );
        Ok(())
    }

    /// Folder of the domain below SYSVOL, on the server's own disk.
    pub fn sysvol(&self) -> PathBuf {
        self.folder.join("tree/state/sysvol").join(self.names.name)
    }

    /// Folder of the share `reports`, on the server's own disk.
    pub fn reports(&self) -> PathBuf {
        self.folder.join("tree/reports")
    }

    /// Folder of the share `payloads`, on the server's own disk.
    pub fn payloads(&self) -> PathBuf {
        self.folder.join("tree/payloads")
    }

    /// A folder for files of the test, seen from inside too.
    pub fn scratch(&self) -> &Path {
        &self.folder
    }

    /// Identity of the namespaces' first process, to see that it goes.
    pub fn init(&self) -> u32 {
        self.init
    }
}

/// A copy of a domain's template, as `tree` in the folder.
pub(super) fn copy_of(names: &Names, folder: &Path) -> Result<()> {
    let template = template::folder(names)?;
    template::copy(&template, &folder.join("tree"), &folder.join("copy"))
}

/// One more global setting of the domain in the folder.
pub(super) fn set(folder: &Path, setting: &str) -> Result<()> {
    let path = folder.join("tree/etc/smb.conf");
    let settings = fs::read_to_string(&path).context("read the settings")?;
    let section = "[global]\n";
    ensure!(settings.contains(section), "no such section");
    let more = format!("{section}{setting}\n");
    fs::write(&path, settings.replacen(section, &more, 1)).context("write the settings")
}

impl Drop for Domain {
    fn drop(&mut self) {
        drop(self.input.take());
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < STOP_LIMIT {
            std::thread::sleep(Duration::from_millis(20));
        }
        // Ends `unshare`, and by `--kill-child` what is inside; nothing to do when it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
