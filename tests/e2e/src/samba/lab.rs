//! The names of the throwaway domains, as `provision.sh` makes them.

use std::ffi::OsString;

/// What one domain is called, and where it is.
#[derive(Debug)]
pub struct Names {
    /// The domain.
    pub name: &'static str,
    /// Its NetBIOS name.
    pub(super) short_name: &'static str,
    /// Its distinguished name.
    pub dn: &'static str,
    /// Its domain controller.
    pub controller: &'static str,
    /// The controller's address.
    pub(super) address: &'static str,
}

/// The domain that every test has.
pub(super) const FIRST: Names = Names {
    name: NAME,
    short_name: "GANGLAB",
    dn: DN,
    controller: CONTROLLER,
    address: "127.0.0.1",
};

/// The further one, in a forest of its own.
pub const FURTHER: Names = Names {
    name: "emea.gangway.test",
    short_name: "GANGEMEA",
    dn: "DC=emea,DC=gangway,DC=test",
    controller: "dc1.emea.gangway.test",
    address: "127.0.0.4",
};

/// Every host that a lab may have, each domain controller under its domain's name too. The second
/// controller of the first domain and what cuts its connections have addresses of their own.
pub(super) const HOSTS: &str = "\
127.0.0.1 localhost
127.0.0.1 dc1.lab.gangway.test dc1 lab.gangway.test
127.0.0.2 cut.lab.gangway.test
127.0.0.3 dc2.lab.gangway.test
127.0.0.4 dc1.emea.gangway.test emea.gangway.test
";

/// The first domain.
pub const NAME: &str = "lab.gangway.test";
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
