//! The sign-in at a domain controller, as `gangway publish` does it; nothing is changed.

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::subject::SignedIn;

/// Prints the name of a domain controller of this computer's domain.
const CONTROLLER: &str = "if (-not (Get-CimInstance Win32_ComputerSystem).PartOfDomain) \
     { 'gangway: absent this server is in no domain' } else \
     { Add-Type -AssemblyName System.DirectoryServices; 'gangway: good ' + \
     [DirectoryServices.ActiveDirectory.Domain]::GetComputerDomain().FindDomainController().Name }";

pub(super) fn sign_in(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let sign_in = (context.subject.sign_in)
        .ok_or_else(|| Finding::unanswerable("this program reaches no directory by tickets"))?;
    let server = match context.script(CONTROLLER, &[], 120) {
        Reply::Good(server) => server,
        // An account of this server alone may not ask for its domain.
        Reply::Refused(why) | Reply::Absent(why) => return Err(Finding::unanswerable(why)),
    };
    match sign_in(&server) {
        SignedIn::Taken => Ok(Finding::yes(format!("`{server}` took the ticket"))),
        SignedIn::Refused(why) => Err(Finding::no(why)),
        SignedIn::NotReached(why) => Err(Finding::unanswerable(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, subject};
    use super::super::super::subject::SignIn;
    use super::super::one;
    use super::*;

    #[test]
    fn a_ticket_is_asked_for_in_a_domain_only() {
        let taken: SignIn = |server| match server {
            "dc1.contoso.com" => SignedIn::Taken,
            other => SignedIn::Refused(other.to_owned()),
        };
        let refused: SignIn = |_| SignedIn::Refused("no ticket".to_owned());
        let unreached: SignIn = |_| SignedIn::NotReached("no certificate".to_owned());
        let server = "gangway: good dc1.contoso.com";
        let none = "gangway: absent this server is in no domain";
        for (said, sign_in, verdict) in [
            (server, Some(taken), Verdict::Yes),
            (server, Some(refused), Verdict::No),
            (server, Some(unreached), Verdict::NotAnswerable),
            (server, None, Verdict::NotAnswerable),
            (none, Some(taken), Verdict::NotAnswerable),
            (
                "gangway: refused local",
                Some(taken),
                Verdict::NotAnswerable,
            ),
        ] {
            let mut subject = subject();
            subject.sign_in = sign_in;
            let mut fake = Fake::saying("PartOfDomain", said);
            let found = fake.asked_about(&subject, |context| one(context, super::sign_in));
            assert_eq!(found.verdict, verdict, "{said}");
        }
    }
}
