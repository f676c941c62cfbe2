//! Two domains.
