//! A bind by a Kerberos ticket of whoever is signed in.

use super::message;
use super::refusal::{check_ticket, shown};
use super::sasl::{Broken, Exchange, MECHANISM, Tickets};
use super::{LdapDirectory, end_point, failed, malformed};
use crate::publication::directory::filter::Filter;
use crate::publication::directory::{Depth, Directory as _, DirectoryError, Failure};
use crate::publication::host::HostName;

#[cfg(test)]
mod tests;

/// The server asks for one more step (RFC 4511, appendix A).
const GO_ON: u32 = 14;

impl LdapDirectory {
    /// Signs in by a ticket for the server's own name: Kerberos knows it neither by its address nor by
    /// the domain's name, which both may have led here.
    pub(super) fn show_ticket(
        &mut self,
        url: &str,
        tickets: &dyn Tickets,
    ) -> Result<(), DirectoryError> {
        let host = self.own_name(url)?;
        let service = format!("ldap/{host}");
        let doing = format!("sign in to `{url}` by a ticket for `{service}`");
        let error = |failure, why: &str| DirectoryError {
            doing: doing.clone(),
            failure,
            why: shown(why),
        };
        let certificate = self.connection.certificate();
        let binding = certificate.and_then(|one| end_point::binding(one));
        let context = tickets.begin(&service, binding);
        let mut exchange = Exchange::new(context.map_err(|why| error(Failure::NoTicket, &why))?);
        let mut said = Vec::new();
        loop {
            let token = exchange.next(&said).map_err(|broken| match &broken {
                Broken::System(why) => error(Failure::NoTicket, why),
                Broken::Server(why) => error(Failure::Other, why),
                Broken::Layer => error(Failure::NeedsPassword, &broken.to_string()),
            })?;
            let question = message::bind_by(MECHANISM, &token);
            let outcome = self
                .ask(&question, &mut |_| Err(malformed()))
                .map_err(|error| failed(&doing, &error))?;
            if outcome.code != GO_ON {
                check_ticket(&doing, &outcome)?;
                if exchange.is_complete() {
                    return Ok(());
                }
                let why = "the server is content before it has proven who it is";
                return Err(error(Failure::Other, why));
            }
            said = outcome.token;
        }
    }

    /// The name by which the server calls itself, which its certificate has to name as well: else it
    /// could have itself given a ticket for another one, and hand it on.
    fn own_name(&mut self, url: &str) -> Result<HostName, DirectoryError> {
        let found = self.search("", Depth::Object, Filter::All, &["dnsHostName"])?;
        let named = found.first().and_then(|root| root.text("dnsHostName"));
        let named = named.unwrap_or_default();
        let error = |why: String| DirectoryError {
            doing: format!("find the name of the server at `{url}`"),
            failure: Failure::NoConnection,
            why,
        };
        let host = named.parse::<HostName>();
        let host = host.map_err(|_| {
            let named = shown(&named);
            error(format!("it calls itself `{named}`, which is no DNS name"))
        })?;
        if self.connection.proves(&host) {
            return Ok(host);
        }
        Err(error(format!(
            "it calls itself `{host}`, which its certificate does not name"
        )))
    }
}
