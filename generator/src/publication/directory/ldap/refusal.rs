//! What a server says when it does not do what it was asked.

use crate::printable;
use crate::publication::directory::{DirectoryError, Failure};

/// Result of an operation (RFC 4511, section 4.1.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) code: u32,
    /// The server's own words.
    pub(super) text: String,
    /// What a SASL mechanism is told.
    pub(super) token: Vec<u8>,
}

/// Longest text of a server that is shown, in characters: Active Directory's have about a hundred.
const MAX_SHOWN: usize = 400;

/// Result codes of RFC 4511, appendix A.
pub(super) fn check(doing: &str, outcome: &Outcome) -> Result<(), DirectoryError> {
    let failure = match outcome.code {
        0 => return Ok(()),
        16 => Failure::Conflict,
        32 => Failure::NoSuchObject,
        49 => Failure::NotSignedIn,
        50 => Failure::NoAccess,
        _ => Failure::Other,
    };
    let meaning = match outcome.code {
        3 | 4 => "the answer is longer than the server gives",
        8 => "the server wants an encrypted connection",
        16 => "the value to replace is not there",
        32 => "there is no such object",
        49 => sign_in(&outcome.text),
        50 => "the account may not do this",
        68 => "the object is there already",
        _ => "refused",
    };
    Err(refused(doing, failure, meaning, outcome))
}

/// The same of a bind by a ticket: there is no password that could be wrong.
pub(super) fn check_ticket(doing: &str, outcome: &Outcome) -> Result<(), DirectoryError> {
    let (failure, meaning) = match (outcome.code, sub_code(&outcome.text)) {
        (7, _) => (
            Failure::NeedsPassword,
            "the server takes no Kerberos tickets",
        ),
        // Samba as it is set up (`ldap server require strong auth` in smb.conf(5)).
        (8, _) => (
            Failure::NeedsPassword,
            "the server takes no Kerberos tickets inside TLS",
        ),
        // `SEC_E_BAD_BINDINGS` (Microsoft's pages on `LdapEnforceChannelBinding`).
        (49, Some(0x8009_0346)) => (
            Failure::NoTicket,
            "the ticket was bound to another certificate than the server's; something between here and \
             the server ends TLS",
        ),
        (49, None | Some(0x52e | 0)) => (Failure::NoTicket, "the ticket was refused"),
        _ => return check(doing, outcome),
    };
    Err(refused(doing, failure, meaning, outcome))
}

fn refused(doing: &str, failure: Failure, meaning: &str, outcome: &Outcome) -> DirectoryError {
    let said = shown(&outcome.text);
    DirectoryError {
        doing: doing.to_owned(),
        failure,
        why: format!("{meaning} (result {}) {said}", outcome.code)
            .trim()
            .to_owned(),
    }
}

/// A text of the server on one line: it can neither look like a line of ours nor drive a
/// terminal. Active Directory ends its texts with a zero.
pub(super) fn shown(text: &str) -> String {
    let text = text.trim_end_matches('\0');
    let head: String = text.chars().take(MAX_SHOWN).collect();
    printable::on_one_line(&head).into_owned()
}

/// Why an account could not sign in: Active Directory and Samba say it by a Windows error code,
/// in hexadecimal behind `data` (`winerror.h`, and "Bind errors" in Microsoft's pages on LDAP).
fn sign_in(text: &str) -> &'static str {
    match sub_code(text) {
        Some(0x525) => "there is no such account",
        Some(0x52e) => "account name or password are wrong",
        Some(0x530) => "the account may not sign in at this time of day",
        Some(0x531) => "the account may not sign in from this machine",
        Some(0x532) => "the password has expired",
        Some(0x533) => "the account is disabled",
        Some(0x701) => "the account has expired",
        Some(0x773) => "the password has to be changed before the first use",
        Some(0x775) => "the account is locked after too many wrong passwords",
        _ => "account name or password are wrong, or the account may not sign in",
    }
}

fn sub_code(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once(", data ")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit());
    u32::from_str_radix(rest.get(..end.unwrap_or(rest.len()))?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: u32, text: &str) -> Outcome {
        Outcome {
            code,
            text: text.to_owned(),
            token: Vec::new(),
        }
    }

    fn refused(code: u32, text: &str) -> DirectoryError {
        check("sign in", &outcome(code, text)).unwrap_err()
    }

    #[test]
    fn a_refused_ticket_is_told_why_and_never_called_a_password() {
        let data = |code: &str| {
            format!(
                "{code}: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {code}, v4563"
            )
        };
        for (code, text, failure, why) in [
            (49, data("80090346"), Failure::NoTicket, "something between"),
            (49, data("52e"), Failure::NoTicket, "ticket was refused"),
            (49, String::new(), Failure::NoTicket, "ticket was refused"),
            (49, data("533"), Failure::NotSignedIn, "disabled"),
            (
                8,
                "SASL:[GSSAPI]: Sign or Seal are required.".to_owned(),
                Failure::NeedsPassword,
                "inside TLS",
            ),
            (7, String::new(), Failure::NeedsPassword, "no Kerberos"),
            (50, String::new(), Failure::NoAccess, "may not do this"),
        ] {
            let error = check_ticket("sign in", &outcome(code, &text)).unwrap_err();
            assert_eq!(error.failure, failure, "{error}");
            assert!(error.why.contains(why), "{error}");
            assert!(!error.why.contains("password"), "{error}");
        }
        assert_eq!(check_ticket("sign in", &outcome(0, "")), Ok(()));
    }

    #[test]
    fn a_refused_account_is_told_why() {
        for (data, why) in [
            ("525", "no such account"),
            ("52e", "password are wrong"),
            ("530", "this time of day"),
            ("531", "this machine"),
            ("532", "password has expired"),
            ("533", "disabled"),
            ("701", "account has expired"),
            ("773", "has to be changed"),
            ("775", "locked"),
            ("9999999999", "may not sign in"),
        ] {
            let text = format!(
                "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {data}, v3839\0"
            );
            let error = refused(49, &text);
            assert_eq!(error.failure, Failure::NotSignedIn);
            assert!(error.why.contains(why), "{}", error.why);
        }
        assert!(refused(49, "").why.contains("may not sign in"));
    }

    #[test]
    fn a_text_of_a_server_is_one_line_without_controls_and_has_an_end() {
        let text = format!("x\n\u{1b}[2Jerror: yours\u{202e}{}", "y".repeat(10_000));
        let why = refused(1, &text).why;
        assert!(!why.contains(['\n', '\u{1b}', '\u{202e}']), "{why}");
        assert!(why.len() < 600, "{}", why.len());
    }

    #[test]
    fn a_refusal_drives_no_terminal_and_looks_like_no_line_of_ours() {
        let error = refused(
            49,
            "\u{1b}]0;title\u{7}\nverified: done\u{202e}, data 775, v3839",
        );
        assert!(error.why.contains("locked"), "{}", error.why);
        let odd = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!error.why.contains(odd), "{:?}", error.why);
    }
}
