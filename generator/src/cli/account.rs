//! Who signs in at a directory: a named account, or on Windows whoever is signed in there.

use std::path::Path;

use super::failure::Failure;
use super::password;
use crate::publication::{Account, Credentials};

/// The account of the command line; a named one has a password.
pub(super) fn account(
    user: Option<&str>,
    password_file: Option<&Path>,
) -> Result<Account, Failure> {
    let Some(user) = user else {
        return unnamed();
    };
    let password = password::read(password_file, user)?;
    Ok(Account::Named(Credentials::new(user, &password)?))
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "not every system can")]
fn unnamed() -> Result<Account, Failure> {
    Ok(Account::SignedIn)
}

#[cfg(not(windows))]
fn unnamed() -> Result<Account, Failure> {
    use crate::failure::FailureCode;

    let text = "no account was named to sign in at the domain controller";
    Err(Failure::of(FailureCode::CommandLine, text)
        .hint("give `--user ACCOUNT`; on Windows alone whoever is signed in needs none"))
}
