//! The names of the throwaway domain, as `provision.sh` makes it.

use std::ffi::OsString;

/// The domain.
pub const NAME: &str = "lab.gangway.test";
/// Its NetBIOS name.
pub(super) const SHORT_NAME: &str = "GANGLAB";
/// Its distinguished name.
pub const DN: &str = "DC=lab,DC=gangway,DC=test";
/// Its domain controller.
pub const CONTROLLER: &str = "dc1.lab.gangway.test";
/// Its second domain controller, where a test has one.
pub const SECOND_CONTROLLER: &str = "dc2.lab.gangway.test";
/// Another name of its domain controller, under which a test's own program stands before it.
pub(super) const CUT_NAME: &str = "cut.lab.gangway.test";
/// May do everything.
pub const ADMINISTRATOR: &str = "Administrator";
/// Member of Group Policy Creator Owners.
pub const CREATOR: &str = "creator";
/// An ordinary user.
pub const PLAIN: &str = "plain";
/// Of every account; worthless outside.
pub const PASSWORD: &str = "Passw0rd!lab";
/// Where the domain's files are, seen from inside.
pub const INSIDE: &str = "/run/samba/domain";
/// The same of the second domain controller.
pub(super) const INSIDE_SECOND: &str = "/run/samba/second";

/// With the folders of system programs, which are not on everybody's `PATH`.
pub(super) fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}
