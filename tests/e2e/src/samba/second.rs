//! The second domain controller, whose replication is the test's.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::domain::Domain;
use super::lab::{
    ADMINISTRATOR, CONTROLLER, DN, INSIDE, INSIDE_SECOND, NAME, PASSWORD, SECOND_CONTROLLER,
};
use crate::program::Output;

/// How rsync ends when a file went between its listing and its turn (its manual, "Exit values").
const VANISHED: i32 = 24;

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

    /// Brings it the files alone, as replication does: each whole, and what is gone goes. Whoever copies
    /// while the first one is written to meets files that are there for a moment only.
    ///
    /// # Errors
    /// It fails.
    pub fn replicate_sysvol(&self) -> Result<()> {
        let mut command = self.command("rsync");
        command
            .args(["--archive", "--acls", "--xattrs", "--delete"])
            .arg(format!("{INSIDE}/state/sysvol/"))
            .arg(format!("{INSIDE_SECOND}/state/sysvol/"));
        let output = self.run(&mut command)?;
        ensure!(
            matches!(output.status.code(), Some(0 | VANISHED)),
            "rsync: {}\n{}{}",
            output.status,
            output.stdout,
            output.stderr
        );
        Ok(())
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
}
