//! The second domain controller, whose replication is the test's.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::domain::Domain;
use super::lab::{
    ADMINISTRATOR, CONTROLLER, DN, INSIDE, INSIDE_SECOND, NAME, PASSWORD, SECOND_CONTROLLER,
};
use crate::program::Output;

impl Domain {
    /// Folder of the domain below the second one's SYSVOL, on the server's own disk.
    pub fn second_sysvol(&self) -> PathBuf {
        self.scratch().join("second/state/sysvol").join(NAME)
    }

    /// Brings it what the first one has now, as replication does: the directory by Samba's own protocol,
    /// SYSVOL by a copy.
    ///
    /// # Errors
    /// The one or the other fails.
    pub fn replicate(&self) -> Result<()> {
        self.replicate_sysvol()?;
        self.succeeded(
            "samba-tool",
            &[
                "drs",
                "replicate",
                "--local",
                SECOND_CONTROLLER,
                CONTROLLER,
                DN,
                &format!("--configfile={INSIDE_SECOND}/etc/smb.conf"),
                "-U",
                &format!("{ADMINISTRATOR}%{PASSWORD}"),
            ],
        )
    }

    /// Brings it the files alone.
    ///
    /// # Errors
    /// It fails.
    pub fn replicate_sysvol(&self) -> Result<()> {
        let copy = format!("cp -a {INSIDE}/state/sysvol/. {INSIDE_SECOND}/state/sysvol/");
        self.succeeded("sh", &["-c", &copy])
    }

    /// Ends it.
    ///
    /// # Errors
    /// It does not run.
    pub fn stop_second(&self) -> Result<()> {
        let stop = format!("kill -TERM \"$(cat {INSIDE_SECOND}/run/samba.pid)\"");
        self.succeeded("sh", &["-c", &stop])
    }

    /// Commands of `smbclient` on a share of it.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn smbclient_on_second(
        &self,
        share: &str,
        account: &str,
        commands: &str,
    ) -> Result<Output> {
        let mut command = self.command("smbclient");
        command.arg(format!("//{SECOND_CONTROLLER}/{share}")).args([
            "-U",
            &format!("{account}%{PASSWORD}"),
            "-c",
            commands,
        ]);
        self.run(&mut command)
    }

    fn succeeded(&self, program: &str, arguments: &[&str]) -> Result<()> {
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
}
