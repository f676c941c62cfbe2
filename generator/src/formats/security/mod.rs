//! Security descriptors: self-relative bytes (MS-DTYP 2.4.6), their text form (SDDL), and the
//! wrappings in which file servers keep them.

mod descriptor;
mod edit;
mod ntacl;
mod sddl;
mod sid;

pub use descriptor::{Ace, AceFlags, AceKind, MalformedDescriptor, SecurityDescriptor};
pub use edit::{with_denial, without_entry};
pub use ntacl::ntacl_owner;
pub use sddl::sddl_owner;
pub use sid::{InvalidSid, Sid};
