//! A throwaway Active Directory domain of Samba, `lab.gangway.test` with the domain controller
//! `dc1`, in namespaces of its own: no port of the machine is taken, nothing outside is reached. A
//! further domain, `emea.gangway.test`, can be beside it.
//!
//! Each test has a fresh copy of a provisioned domain. Dropping it, or the end of the test's
//! process in any way, ends everything in it.

mod commands;
mod contents;
mod cut;
mod domain;
mod further;
mod held;
mod lab;
mod namespaces;
mod second;
mod template;

pub use contents::{Attributes, Objects, tree};
pub use cut::Cut;
pub use domain::Domain;
pub use lab::{
    ADMINISTRATOR, CONTROLLER, CREATOR, DN, FURTHER, INSIDE, NAME, Names, PASSWORD, PLAIN,
    SECOND_CONTROLLER,
};
