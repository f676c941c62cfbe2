//! Account names of tasks: which ones a client can map to a SID.

/// What is known of an account name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Empty: nothing happens.
    Empty,
    /// SYSTEM, LOCAL SERVICE or NETWORK SERVICE, in a spelling that maps everywhere.
    Service,
    /// One of them in a spelling of one language.
    LocalisedService,
    /// A name that no client maps.
    Unmapped,
    /// The logged-on user's variables.
    LoggedOnUser,
    /// A user or group; whether it exists cannot be known.
    Other,
}

/// Spellings of the authority in other languages of Windows, lower case (general knowledge; the
/// English name maps on some of them too).
const LOCALISED_AUTHORITIES: [&str; 9] = [
    "nt-autorität",
    "autorite nt",
    "autorité nt",
    "autoridade nt",
    "nt-myndighet",
    "nt instans",
    "zarządzanie nt",
    "nt-hatóság",
    "nt-myndigheten",
];

/// Spellings of SYSTEM in other languages of Windows, lower case.
const LOCALISED_SYSTEM: [&str; 4] = ["système", "sistema", "система", "systemet"];

/// Judges an account name.
pub(super) fn judge(name: &str) -> Account {
    let lower = name.trim().to_lowercase();
    if lower.is_empty() {
        return Account::Empty;
    }
    if matches!(lower.as_str(), "s-1-5-18" | "s-1-5-19" | "s-1-5-20") {
        return Account::Service;
    }
    if lower.contains("%logonuser%") {
        return Account::LoggedOnUser;
    }
    let (authority, account) = lower.split_once('\\').unwrap_or(("", &lower));
    let service = [
        "system",
        "local system",
        "local service",
        "localservice",
        "network service",
        "networkservice",
    ]
    .contains(&account);
    if account == "well-known-system-account" {
        Account::Unmapped
    } else if LOCALISED_AUTHORITIES.contains(&authority)
        || (authority == "nt authority" && LOCALISED_SYSTEM.contains(&account))
    {
        Account::LocalisedService
    } else if service && matches!(authority, "" | "nt authority") {
        Account::Service
    } else if account == "system" {
        Account::Unmapped
    } else {
        Account::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_judged_as_clients_were_seen_to_map_them() {
        for (name, wanted) in [
            ("", Account::Empty),
            (r"NT AUTHORITY\System", Account::Service),
            (r"NT AUTHORITY\SYSTEM", Account::Service),
            ("S-1-5-18", Account::Service),
            ("SYSTEM", Account::Service),
            (r"NT AUTHORITY\NETWORK SERVICE", Account::Service),
            (r"CONTOSO\System", Account::Unmapped),
            (r"NT AUTHORITY\Well-Known-System-Account", Account::Unmapped),
            (r"NT-AUTORITÄT\SYSTEM", Account::LocalisedService),
            (r"AUTORITE NT\Système", Account::LocalisedService),
            (r"NT AUTHORITY\SISTEMA", Account::LocalisedService),
            (r"%LogonDomain%\%LogonUser%", Account::LoggedOnUser),
            (r"CONTOSO\deploy", Account::Other),
            ("deploy@contoso.com", Account::Other),
        ] {
            assert_eq!(judge(name), wanted, "{name}");
        }
    }
}
