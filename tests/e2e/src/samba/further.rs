//! A further domain beside the first one, whose file server knows its accounts.

use anyhow::Result;

use super::domain::{Domain, copy_of, set};
use super::lab::{ADMINISTRATOR, FIRST, FURTHER, INSIDE, PASSWORD};
use crate::program::Output;

impl Domain {
    /// Starts two domains that are independent of each other, each with folders and accounts of its own, in
    /// one network. The first one trusts the other, so that accounts of that one can be given rights on
    /// shares here, as between a company's domains.
    ///
    /// # Errors
    /// As for [`Domain::start`], or the trust is not made.
    pub fn start_with_further() -> Result<(Self, Self)> {
        let first = Self::start_from(&FIRST, None, |folder| {
            copy_of(&FIRST, folder)?;
            // Else it finds no controller of the other one; the way back is not needed.
            set(folder, &format!("dns forwarder = {}", FURTHER.address))
        })?;
        let further = Self::start_from(&FURTHER, Some(&first), |folder| copy_of(&FURTHER, folder))?;
        first.trust(&further)?;
        Ok((first, further))
    }

    fn trust(&self, other: &Self) -> Result<()> {
        let realm = other.names().name.to_uppercase();
        let settings = format!("--configfile={INSIDE}/etc/smb.conf");
        let account = format!("{ADMINISTRATOR}@{realm}%{PASSWORD}");
        self.succeeded(
            "samba-tool",
            &[
                "domain",
                "trust",
                "create",
                other.names().name,
                // Between two domains, not between what else their forests may have.
                "--type=external",
                "--direction=outgoing",
                "--create-location=both",
                &settings,
                "-U",
                &account,
            ],
        )
    }

    /// Commands of `smbclient` by an account of this domain on a share of another one.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub fn smbclient_at(
        &self,
        other: &Self,
        share: &str,
        account: &str,
        commands: &str,
    ) -> Result<Output> {
        let mut command = self.command("smbclient");
        command
            .arg(format!("//{}/{share}", other.names().controller))
            .args(["-W", self.names().short_name, "-U"])
            .args([&format!("{account}%{PASSWORD}"), "-c", commands]);
        self.run(&mut command)
    }
}
