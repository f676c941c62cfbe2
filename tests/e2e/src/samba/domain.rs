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
/// For one command; a publication takes seconds, and minutes where the machine has much else to do.
pub(super) const LIMIT: Duration = Duration::from_secs(300);
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
            // a chroot; and the present folder would lie outside of it.
            .args(["--root", "--wd", "--"])
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

    /// Runs a program inside, and expects that it goes well.
    pub(super) fn succeeded(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(program);
        command.args(arguments);
        let output = self.run(&mut command)?;
        ensure!(
            output.status.success(),
            "{program} {arguments:?}: {}\n{}{}",
            output.status,
            output.stdout,
            output.stderr
        );
        Ok(())
    }

    /// Files for the output of one more command.
    pub(super) fn next_files(&self) -> PathBuf {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("run-{run}"))
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
        let settings = format!("--configfile={INSIDE}/etc/smb.conf");
        self.succeeded("samba-tool", &["ntacl", "sysvolreset", &settings])
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
        let server = format!("ldap://{}", self.names.controller);
        let account = format!("{ADMINISTRATOR}%{PASSWORD}");
        let path = path.to_string_lossy();
        self.succeeded("ldbmodify", &["-H", &server, "-U", &account, &path])
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
