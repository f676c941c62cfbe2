//! Signing in by a Kerberos ticket: the SASL mechanism `GSSAPI` (RFC 4752) in binds (RFC 4513 5.2).
//!
//! Who has the ticket stands behind a trait. What is here is the order of the messages, and that no
//! layer is put inside TLS: Active Directory takes none there (MS-ADTS 5.1.1.1.2).

use std::fmt;

/// The mechanism's name.
pub(super) const MECHANISM: &str = "GSSAPI";
/// Most questions of one bind: Kerberos needs three.
const MAX_ROUNDS: usize = 8;
/// Largest message of a server that is taken, in bytes: what Windows at most has of a token
/// (`MaxTokenSize`, 65535).
const MAX_TOKEN: usize = 65_535;
/// "No security layer", and no size of messages of one (RFC 4752, section 3.3).
const NO_LAYER: [u8; 4] = [1, 0, 0, 0];

/// One step of a security context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextStep {
    /// What the server is to get.
    pub token: Vec<u8>,
    /// Both sides have proven who they are.
    pub is_done: bool,
}

/// Whoever is signed in at this machine, as one server sees it: a security context of GSSAPI or SSPI.
/// Errors are the system's own words.
pub trait SignedIn {
    /// Takes what the server said, which is nothing at first.
    ///
    /// # Errors
    /// There is no ticket, or the server is not who it should be.
    fn step(&mut self, token: &[u8]) -> Result<ContextStep, String>;

    /// Takes the protection off a message of the server.
    ///
    /// # Errors
    /// The message was altered.
    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String>;

    /// Protects a message against being altered, without encrypting it.
    ///
    /// # Errors
    /// The system refuses.
    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String>;
}

/// The system's tickets.
pub trait Tickets {
    /// Begins to sign in at a service, such as `ldap/dc1.contoso.com`, on the TLS connection that
    /// `binding` stands for (RFC 5929), where it is known.
    ///
    /// # Errors
    /// The system has no way to get a ticket.
    fn begin(&self, service: &str, binding: Option<Vec<u8>>) -> Result<Box<dyn SignedIn>, String>;
}

/// Why the messages did not come to their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// The system's words.
    System(String),
    /// What is wrong with the server's message.
    Server(&'static str),
    /// The server takes no ticket without a security layer.
    Layer,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(why) => f.write_str(why),
            Self::Server(why) => f.write_str(why),
            Self::Layer => f.write_str("the server wants a security layer of its own inside TLS"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Each side proves who it is.
    Proving,
    /// The server says which layers it would take.
    Layer,
    /// Only its outcome is missing.
    Said,
}

/// The client's side of one bind.
pub(super) struct Exchange {
    context: Box<dyn SignedIn>,
    stage: Stage,
    rounds: usize,
}

impl Exchange {
    pub(super) fn new(context: Box<dyn SignedIn>) -> Self {
        Self {
            context,
            stage: Stage::Proving,
            rounds: 0,
        }
    }

    /// May the server say that it is good? Before, it has not proven who it is.
    pub(super) fn is_complete(&self) -> bool {
        self.stage == Stage::Said
    }

    /// What is sent next, after the server said this.
    pub(super) fn next(&mut self, said: &[u8]) -> Result<Vec<u8>, Broken> {
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS {
            return Err(Broken::Server("the server asks on and on"));
        }
        if said.len() > MAX_TOKEN {
            return Err(Broken::Server("the server's token is too large"));
        }
        match self.stage {
            Stage::Proving => {
                let step = self.context.step(said).map_err(Broken::System)?;
                if step.is_done {
                    self.stage = Stage::Layer;
                }
                Ok(step.token)
            }
            Stage::Layer => {
                let layers = self.context.unwrap(said).map_err(Broken::System)?;
                check_layers(&layers)?;
                self.stage = Stage::Said;
                self.context.wrap(&NO_LAYER).map_err(Broken::System)
            }
            Stage::Said => Err(Broken::Server("the server asks after the last answer")),
        }
    }
}

/// The layers that the server would take, as bits, and the largest message of one (RFC 4752, section 3.1).
fn check_layers(layers: &[u8]) -> Result<(), Broken> {
    let [offered, size @ ..] = layers else {
        return Err(Broken::Server("the server names no security layer"));
    };
    if size.len() != 3 {
        return Err(Broken::Server(
            "the server names its security layers in another way than RFC 4752",
        ));
    }
    if offered & NO_LAYER[0] == 0 {
        return Err(Broken::Layer);
    }
    if *offered == NO_LAYER[0] && size != [0; 3] {
        return Err(Broken::Server(
            "the server names a size for a security layer that it does not have",
        ));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A context that needs so many steps, and protects a message by a letter before it.
    pub(in super::super) struct Fake {
        pub(in super::super) steps: usize,
    }

    impl SignedIn for Fake {
        fn step(&mut self, token: &[u8]) -> Result<ContextStep, String> {
            if token == b"wrong" {
                return Err("The target principal name is incorrect.".to_owned());
            }
            self.steps = self.steps.saturating_sub(1);
            Ok(ContextStep {
                token: [b"after ", token].concat(),
                is_done: self.steps == 0,
            })
        }

        fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
            let inner = message.strip_prefix(b"s").map(<[u8]>::to_vec);
            inner.ok_or_else(|| "altered".to_owned())
        }

        fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
            Ok([b"c", message].concat())
        }
    }

    fn exchange(steps: usize) -> Exchange {
        Exchange::new(Box::new(Fake { steps }))
    }

    #[test]
    fn a_ticket_is_shown_then_no_layer_is_chosen() {
        for (steps, tokens) in [(1, &[&b""[..]][..]), (2, &[b"", b"AP-REP"])] {
            let mut exchange = exchange(steps);
            for token in tokens {
                let sent = exchange.next(token).unwrap();
                assert_eq!(sent, [b"after ", *token].concat());
                assert!(!exchange.is_complete());
            }
            assert_eq!(exchange.next(b"s\x07\x00\xff\xff").unwrap(), b"c\x01\0\0\0");
            assert!(exchange.is_complete());
            assert!(exchange.next(b"s\x01\0\0\0").is_err());
        }
    }

    #[test]
    fn a_layer_inside_tls_is_refused() {
        for (layers, why) in [
            (&b"s\x01\0\0\0"[..], None),
            (b"s\x07\x01\0\0", None),
            (b"s\x06\x01\0\0", Some("inside TLS")),
            (b"s\x00\0\0\0", Some("inside TLS")),
            (b"s\x01\0\0\x01", Some("a size")),
            (b"s", Some("names no security layer")),
            (b"s\x01", Some("RFC 4752")),
            (b"s\x01\0\0\0\0", Some("RFC 4752")),
            (b"x\x01\0\0\0", Some("altered")),
        ] {
            let mut exchange = exchange(1);
            exchange.next(b"").unwrap();
            let refused = exchange.next(layers).err().map(|error| error.to_string());
            match why {
                Some(why) => assert!(refused.unwrap().contains(why), "{layers:?}"),
                None => assert_eq!(refused, None, "{layers:?}"),
            }
            assert_eq!(exchange.is_complete(), why.is_none(), "{layers:?}");
        }
    }

    #[test]
    fn a_server_without_end_or_measure_is_left() {
        let mut endless = exchange(usize::MAX);
        let refused = (0..100).find_map(|_| endless.next(b"more").err());
        assert_eq!(refused, Some(Broken::Server("the server asks on and on")));
        let large = exchange(2).next(&vec![0; MAX_TOKEN + 1]);
        assert_eq!(
            large,
            Err(Broken::Server("the server's token is too large"))
        );
        let wrong = exchange(2).next(b"wrong").unwrap_err();
        assert!(wrong.to_string().contains("principal name"), "{wrong}");
    }
}
