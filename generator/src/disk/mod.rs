//! What this program changes on the disk beside the files of others: each change goes through
//! `changes.rs`, where tests cut a run as a kill does.

mod changes;
mod claim;
mod error;
mod leftover;
mod links;
mod whole_file;

#[cfg(test)]
pub(crate) use changes::cuts;
pub(crate) use changes::{
    Identity, create_file, create_folder, create_folders, create_private_folder, exchange,
    identity, remove_file, remove_folder, remove_tree, rename, write, write_new,
};
pub(crate) use claim::Claim;
pub use error::DiskError;
pub(crate) use error::{WORK_FOLDER, room_for_work};
pub(crate) use leftover::{BEGINNING, remove_leftover};
pub(crate) use links::{behind_links, links_to, resolved};
pub(crate) use whole_file::{Prepared, beside, flush, flush_name, flush_names};
