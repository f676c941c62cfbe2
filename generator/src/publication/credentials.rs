//! Who publishes. The password is never shown, never on a command line, and in no file.

use std::borrow::Cow;
use std::fmt;

use crate::failure::{FailureCode, Fault};

/// An account and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

/// An account name or password that the directory or `smbclient` would misread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// No name.
    #[error("the account name is empty")]
    EmptyUser,
    /// An empty password makes an anonymous bind that looks like a good one (RFC 4513 5.1.2).
    #[error("the password is empty")]
    EmptyPassword,
    /// More lines than the file that `smbclient` reads them from has.
    #[error("account name and password are single lines")]
    LineBreak,
}

impl Fault for InvalidCredentials {
    fn code(&self) -> FailureCode {
        FailureCode::CommandLine
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::EmptyUser => r"give `admin@contoso.com` or `CONTOSO\admin`",
            Self::EmptyPassword => "its first line is the password when it comes from a file",
            Self::LineBreak => "take the line break out of the one that has it",
        };
        Some(hint.into())
    }
}

impl Credentials {
    /// Takes `user@domain` or `DOMAIN\user`, and the password.
    ///
    /// # Errors
    /// Empty texts and line breaks.
    pub fn new(user: &str, password: &str) -> Result<Self, InvalidCredentials> {
        if user.trim().is_empty() {
            return Err(InvalidCredentials::EmptyUser);
        }
        if password.is_empty() {
            return Err(InvalidCredentials::EmptyPassword);
        }
        if [user, password]
            .iter()
            .any(|text| text.contains(['\n', '\r', '\0']))
        {
            return Err(InvalidCredentials::LineBreak);
        }
        Ok(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// The account as given.
    pub fn user(&self) -> &str {
        &self.user
    }

    #[cfg(feature = "directory")]
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// What `smbclient -A` reads.
    #[cfg(unix)]
    pub(super) fn authentication_file(&self) -> String {
        let (domain, user) = match self.user.split_once('\\') {
            Some((domain, user)) => (format!("domain = {domain}\n"), user),
            None => (String::new(), self.user.as_str()),
        };
        format!("username = {user}\npassword = {}\n{domain}", self.password)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let credentials = Credentials::new(r"CONTOSO\admin", "secret").unwrap();
        assert_eq!(format!("{credentials:?}"), r"Credentials(CONTOSO\admin)");
    }

    #[cfg(unix)]
    #[test]
    fn both_spellings_of_an_account_reach_smbclient() {
        for (user, wanted) in [
            (
                r"CONTOSO\admin",
                "username = admin\npassword = p w\ndomain = CONTOSO\n",
            ),
            (
                "admin@contoso.com",
                "username = admin@contoso.com\npassword = p w\n",
            ),
        ] {
            let credentials = Credentials::new(user, "p w").unwrap();
            assert_eq!(credentials.authentication_file(), wanted);
        }
    }

    #[test]
    fn empty_and_broken_lines_are_refused() {
        for (user, password) in [
            ("", "x"),
            (" ", "x"),
            ("a", ""),
            ("a\nb", "x"),
            ("a", "x\r"),
        ] {
            assert!(Credentials::new(user, password).is_err());
        }
    }
}
