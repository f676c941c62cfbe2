//! The tickets of Windows, by its own SSPI: of whoever is signed in, without a password.

use std::fmt::Display;
use std::mem;

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx as _, PendingClientCtx, Step};

use super::sasl::{ContextStep, SignedIn, Tickets};

/// The user who is signed in at this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowsTickets;

impl Tickets for WindowsTickets {
    fn begin(&self, service: &str, binding: Option<Vec<u8>>) -> Result<Box<dyn SignedIn>, String> {
        Ok(Box::new(Context::Named {
            service: service.to_owned(),
            binding,
        }))
    }
}

/// A security context of the package `Kerberos`, which never falls back to NTLM.
enum Context {
    /// Nothing was asked yet.
    Named {
        service: String,
        binding: Option<Vec<u8>>,
    },
    Proving(PendingClientCtx),
    Done(ClientCtx),
    /// It failed.
    Broken,
}

impl Context {
    fn done(&mut self) -> Result<&mut ClientCtx, String> {
        match self {
            Self::Done(context) => Ok(context),
            _ => Err("the server has not proven who it is".to_owned()),
        }
    }
}

impl SignedIn for Context {
    fn step(&mut self, token: &[u8]) -> Result<ContextStep, String> {
        match mem::replace(self, Self::Broken) {
            Self::Named { service, binding } => {
                // Mutual authentication is the crate's default. TLS encrypts, and a context that could
                // too would be the layer that Active Directory takes no second time.
                let flags = InitiateFlags::DISABLE_CONFIDENTIALITY;
                let begun = ClientCtx::new(flags, None, &service, binding.as_deref());
                let (context, token) = begun.map_err(|error| words(&error))?;
                *self = Self::Proving(context);
                Ok(ContextStep {
                    token: token.to_vec(),
                    is_done: false,
                })
            }
            Self::Proving(context) => match context.step(token).map_err(|error| words(&error))? {
                Step::Finished((context, token)) => {
                    *self = Self::Done(context);
                    Ok(ContextStep {
                        token: token.map(|token| token.to_vec()).unwrap_or_default(),
                        is_done: true,
                    })
                }
                Step::Continue((context, token)) => {
                    *self = Self::Proving(context);
                    Ok(ContextStep {
                        token: token.to_vec(),
                        is_done: false,
                    })
                }
            },
            Self::Done(_) | Self::Broken => Err("the security context is at its end".to_owned()),
        }
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        let inner = self.done()?.unwrap(message);
        inner
            .map(|inner| inner.to_vec())
            .map_err(|error| words(&error))
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        let wrapped = self.done()?.wrap(false, message);
        wrapped
            .map(|wrapped| wrapped.to_vec())
            .map_err(|error| words(&error))
    }
}

/// An error with its causes; Windows ends its own lines.
fn words(error: &impl Display) -> String {
    format!("{error:#}").trim().to_owned()
}
