//! Where a cabinet goes: counted, held against the limit, and hashed on the way.

use std::io::Write;

use sha2::Digest as _;

use super::{CabinetError, MAX_CABINET_BYTES};

/// Counts what is written, and knows where the limit is.
pub(super) struct Sink<'a, W> {
    out: &'a mut W,
    pub(super) at: u64,
    /// Of all that was written, while nothing will be written over.
    hash: Option<sha2::Sha256>,
}

impl<'a, W: Write> Sink<'a, W> {
    pub(super) fn new(out: &'a mut W, hash: Option<sha2::Sha256>) -> Self {
        Self { out, at: 0, hash }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CabinetError> {
        self.count(bytes)?;
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        self.out.write_all(bytes).map_err(CabinetError::Write)
    }

    /// Writes on this thread, and meanwhile hashes on others: all of it for the cabinet, and what
    /// `besides` does.
    pub(super) fn write_while<T>(
        &mut self,
        bytes: &[u8],
        besides: impl FnOnce() + Send,
        then: impl FnOnce() -> Result<T, CabinetError>,
    ) -> Result<T, CabinetError> {
        self.count(bytes)?;
        let Self { out, hash, .. } = self;
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| besides());
            if let Some(hash) = hash {
                scope.spawn(|_| hash.update(bytes));
            }
            out.write_all(bytes).map_err(CabinetError::Write)?;
            then()
        })
    }

    pub(super) fn end(self) -> (&'a mut W, Option<sha2::Sha256>) {
        (self.out, self.hash)
    }

    fn count(&mut self, bytes: &[u8]) -> Result<(), CabinetError> {
        self.at += bytes.len() as u64;
        match self.at > MAX_CABINET_BYTES {
            true => Err(CabinetError::TooLarge),
            false => Ok(()),
        }
    }
}
