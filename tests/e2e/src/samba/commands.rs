//! Our own commands, as somebody at this domain would type them.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::domain::Domain;
use super::lab::{ADMINISTRATOR, INSIDE};
use crate::program::Output;
use crate::required;

impl Domain {
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
            .arg(self.scratch().join("password"));
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
            .arg(self.scratch().join("state"))
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
            .arg(self.scratch().join("state"));
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
            command.args(["--user", &format!("{account}@{}", self.names().name)]);
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
            .arg(self.scratch().join("password"))
            .arg("--state")
            .arg(self.scratch().join("state"))
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
            .arg(self.scratch().join("password"))
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
            .args(["--user", &format!("{ADMINISTRATOR}@{}", self.names().name)])
            .arg("--password-file")
            .arg(self.scratch().join("password"))
            .arg("--state")
            .arg(self.scratch().join("state"))
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
                &format!("{account}@{}", self.names().name),
            ])
            .arg("--password-file")
            .arg(self.scratch().join("password"))
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
        let names = self.names();
        let mut command = self.command(required::path(required::TICKET)?);
        command
            .args([host, encryption, ADMINISTRATOR, password])
            .args([names.short_name, &names.name.to_uppercase(), names.dn])
            .env("SSL_CERT_FILE", format!("{INSIDE}/tls/ca.pem"));
        self.run(&mut command)
    }
}
