//! `GptTmpl.inf`: sections and lines in another form than MS-GPSB 2.2 has them.
//!
//! By its 3.2.5 a client ignores a template that does not conform as a whole. Nobody here has seen
//! how much of that Windows takes literally, so what is found is a warning.

use super::security_values;
use crate::gpo::codes;
use crate::gpo::found::FoundFile;
use crate::gpo::security::Sid;
use crate::nearest::nearest;
use crate::problem::Problem;

/// How a section's lines look.
#[derive(Clone, Copy)]
enum Form {
    /// `Key = Value`, the keys being these.
    Keys(&'static [&'static str]),
    /// `Key = Value` with any key.
    AnyKey,
    /// `Path=Type,Value`.
    RegistryValue,
    /// `Right = Account,Account`.
    Right,
    /// `Name,Mode,Descriptor`, the modes being these.
    Protected(&'static [&'static str]),
    /// `Group__Members = Account,Account`.
    Membership,
}

const LOG: Form = Form::Keys(&[
    "MaximumLogSize",
    "AuditLogRetentionPeriod",
    "RetentionDays",
    "RestrictGuestAccess",
]);

/// MS-GPSB 2.2, table of `HeaderValue`. `Profile Description` is what the template console writes of
/// its own files, and `AllowAdministratorLockout` came with KB5020282 (October 2022).
const SECTIONS: [(&str, Form); 15] = [
    ("Unicode", Form::Keys(&["Unicode"])),
    ("Version", Form::Keys(&["signature", "Revision"])),
    ("Profile Description", Form::AnyKey),
    (
        "System Access",
        Form::Keys(&[
            "MinimumPasswordAge",
            "MaximumPasswordAge",
            "MinimumPasswordLength",
            "PasswordComplexity",
            "PasswordHistorySize",
            "ClearTextPassword",
            "RequireLogonToChangePassword",
            "LockoutBadCount",
            "ResetLockoutCount",
            "LockoutDuration",
            "AllowAdministratorLockout",
            "ForceLogoffWhenHourExpire",
            "LSAAnonymousNameLookup",
            "EnableAdminAccount",
            "EnableGuestAccount",
            "NewAdministratorName",
            "NewGuestName",
        ]),
    ),
    (
        "Kerberos Policy",
        Form::Keys(&[
            "MaxTicketAge",
            "MaxRenewAge",
            "MaxServiceAge",
            "MaxClockSkew",
            "TicketValidateClient",
        ]),
    ),
    ("System Log", LOG),
    ("Security Log", LOG),
    ("Application Log", LOG),
    (
        "Event Audit",
        Form::Keys(&[
            "AuditSystemEvents",
            "AuditLogonEvents",
            "AuditPrivilegeUse",
            "AuditPolicyChange",
            "AuditAccountManage",
            "AuditProcessTracking",
            "AuditDSAccess",
            "AuditObjectAccess",
            "AuditAccountLogon",
        ]),
    ),
    ("Registry Values", Form::RegistryValue),
    ("Privilege Rights", Form::Right),
    ("Service General Setting", Form::Protected(&["2", "3", "4"])),
    ("Registry Keys", Form::Protected(&["0", "1", "2"])),
    ("File Security", Form::Protected(&["0", "1", "2"])),
    ("Group Membership", Form::Membership),
];

pub(super) fn check(template: &FoundFile<String>, problems: &mut Vec<Problem>) {
    let faults = faults(&template.content);
    if faults.is_empty() {
        return;
    }
    let problem = Problem::new(
        &codes::SECURITY_TEMPLATE,
        &template.path,
        "the security template has parts in a form that clients do not know",
        "set these again in the policy editor, and take out what it does not show",
    );
    problems.push(problem.naming(faults.into_iter()));
}

/// What is wrong, each with its line.
fn faults(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_signed = false;
    let mut form = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        let fault = if let Some(heading) = line.strip_prefix('[') {
            // Lines of a section that nobody knows are told by its heading alone.
            form = None;
            match known_section(heading) {
                Ok(known) => {
                    form = Some(known);
                    None
                }
                Err(fault) => Some(fault),
            }
        } else if found.is_empty() && form.is_none() {
            Some(format!("`{line}` stands before the first section"))
        } else {
            is_signed |= is_signature(line);
            form.and_then(|form| line_fault(form, line))
        };
        found.extend(fault.map(|fault| format!("line {number}: {fault}")));
    }
    if !is_signed {
        found.push("`[Version]` with `signature=\"$CHICAGO$\"` is missing".to_owned());
    }
    found
}

fn is_signature(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, value)| {
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case("signature") && value.eq_ignore_ascii_case("$CHICAGO$")
    })
}

/// What stands behind the `[` of a heading.
fn known_section(heading: &str) -> Result<Form, String> {
    let Some((name, _)) = heading.split_once(']') else {
        return Err(format!("`[{heading}` has no `]`"));
    };
    let name = name.trim();
    let known = SECTIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, form)| *form).ok_or_else(|| {
        let names = SECTIONS.iter().map(|(known, _)| *known);
        format!("`[{name}]` is no section{}", meant(name, names))
    })
}

fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(known) => format!("; `{known}` is one"),
        None => String::new(),
    }
}

/// What is wrong with a line of a section, if anything.
fn line_fault(form: Form, line: &str) -> Option<String> {
    if let Form::Protected(modes) = form {
        return protected_fault(line, modes);
    }
    let Some((key, value)) = line.split_once('=') else {
        return Some(format!("`{line}` has no `=`"));
    };
    let (key, value) = (key.trim(), value.trim());
    match form {
        Form::Keys(known) if !known.iter().any(|known| known.eq_ignore_ascii_case(key)) => {
            let meant = meant(key, known.iter().copied());
            Some(format!("`{key}` is no setting of this section{meant}"))
        }
        Form::Keys(_) => security_values::fault(key, value),
        Form::RegistryValue => registry_value_fault(key, value),
        Form::Right => right_fault(key, value),
        Form::Membership => {
            let lower = key.to_lowercase();
            let is_one = lower.ends_with("__members") || lower.ends_with("__memberof");
            (!is_one).then(|| format!("`{key}` ends with neither `__Members` nor `__Memberof`"))
        }
        Form::AnyKey | Form::Protected(_) => None,
    }
}

fn protected_fault(line: &str, modes: &[&str]) -> Option<String> {
    // A path may hold commas, so the name ends at its quote where it has one.
    let rest = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(_, rest)| rest),
        None => line.find(',').and_then(|at| line.get(at..)),
    };
    let fields = rest.and_then(|rest| rest.trim_start().strip_prefix(','));
    let Some((mode, _)) = fields.and_then(|fields| fields.split_once(',')) else {
        return Some(format!(
            "`{line}` is not of the form `name,mode,descriptor`"
        ));
    };
    let mode = mode.trim();
    let allowed = modes.join("`, `");
    (!modes.contains(&mode)).then(|| format!("the mode of `{line}` is none of `{allowed}`"))
}

/// `Type,Value` with a type of MS-GPSB 2.2.5.
fn registry_value_fault(key: &str, value: &str) -> Option<String> {
    if !key.contains('\\') {
        return Some(format!("`{key}` is no path of a registry value"));
    }
    let Some((kind, data)) = value.split_once(',') else {
        return Some(format!("`{key}` has no type before its value"));
    };
    match kind.trim() {
        "4" if !is_number(data.trim()) => {
            Some(format!("`{key}` is of type 4, and `{data}` is no number"))
        }
        "1" | "2" | "3" | "4" | "7" => None,
        other => Some(format!("`{key}` is of type `{other}`, not 1, 2, 3, 4 or 7")),
    }
}

fn is_number(text: &str) -> bool {
    let text = text.trim_matches('"');
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).is_ok(),
        None => text.parse::<u32>().is_ok() || text.parse::<i32>().is_ok(),
    }
}

/// Accounts by name, or by SID behind a star (MS-GPSB 2.2.6).
fn right_fault(right: &str, accounts: &str) -> Option<String> {
    let is_right =
        right.starts_with("Se") && right.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_right {
        return Some(format!("`{right}` is no user right"));
    }
    accounts.split(',').map(str::trim).find_map(|account| {
        let is_sid = |text: &str| text.parse::<Sid>().is_ok();
        match account.strip_prefix('*') {
            Some(sid) if !is_sid(sid) => Some(format!("`{account}` of `{right}` is no SID")),
            None if is_sid(account) => {
                Some(format!("`{account}` of `{right}` lacks the `*` of a SID"))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n";

    #[test]
    fn what_the_consoles_write_is_known() {
        let text = format!(
            "{HEAD}[System Access]\r\nLSAAnonymousNameLookup = 0\r\nNewGuestName = \"Visitor\"\r\n\
             LockoutDuration = -1\r\n[Registry Values]\r\n\
             MACHINE\\System\\A\\B=4,1\r\nMACHINE\\A\\C=7,one,two\r\nMACHINE\\A\\D=1,\"0\"\r\n\
             ; by hand\r\n[Privilege Rights]\r\nSeServiceLogonRight =\r\n\
             SeBackupPrivilege = *S-1-5-32-544,CONTOSO\\backup\r\n\
             [Service General Setting]\r\n\"Spooler\",4,\"\"\r\nWinRM,2,\"D:AR\"\r\n\
             [File Security]\r\n\"%SystemRoot%\\a,b\",0,\"D:P(A;;GA;;;SY)\"\r\n\
             [Group Membership]\r\n*S-1-5-32-544__Memberof =\r\nA B__Members = *S-1-5-32-545\r\n"
        );
        assert_eq!(faults(&text), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_with_its_line() {
        for (more, expected) in [
            (
                "[Registry Value]",
                "line 6: `[Registry Value]` is no section; `Registry Values` is one",
            ),
            ("[Services]", "line 6: `[Services]` is no section"),
            ("[System Access", "line 6: `[System Access` has no `]`"),
            (
                "[System Access]\nPasswordAge",
                "line 7: `PasswordAge` has no `=`",
            ),
            (
                "[System Access]\nLockoutBadCounts = 3",
                "line 7: `LockoutBadCounts` is no setting of this section; `LockoutBadCount` is one",
            ),
            (
                "[System Access]\nLockoutBadCount = three",
                "line 7: `LockoutBadCount` is `three`, where",
            ),
            ("[Registry Values]\nA=4,1", "line 7: `A` is no path"),
            (
                "[Registry Values]\nMACHINE\\A=1",
                "line 7: `MACHINE\\A` has no type",
            ),
            (
                "[Registry Values]\nMACHINE\\A=REG_DWORD,1",
                "type `REG_DWORD`, not 1",
            ),
            ("[Registry Values]\nMACHINE\\A=4,yes", "`yes` is no number"),
            (
                "[Privilege Rights]\nLogon = *S-1-1-0",
                "`Logon` is no user right",
            ),
            (
                "[Privilege Rights]\nSeA = *S-1-",
                "`*S-1-` of `SeA` is no SID",
            ),
            (
                "[Privilege Rights]\nSeA = S-1-1-0",
                "lacks the `*` of a SID",
            ),
            (
                "[Service General Setting]\nSpooler",
                "`name,mode,descriptor`",
            ),
            (
                "[Service General Setting]\n\"Spooler\",5,\"\"",
                "is none of `2`, `3`, `4`",
            ),
            (
                "[Registry Keys]\n\"MACHINE\\A\",3,\"D:\"",
                "is none of `0`, `1`, `2`",
            ),
            (
                "[Group Membership]\nAdministrators = A",
                "neither `__Members`",
            ),
        ] {
            let found = faults(&format!("{HEAD}{more}\r\n"));
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{more}: {found:?}"
            );
        }
    }

    #[test]
    fn a_template_without_its_signature_is_told() {
        for text in ["Revision=1\n", "[Version]\nRevision=1\n", ""] {
            let found = faults(text);
            let told = found.iter().any(|fault| fault.contains("$CHICAGO$"));
            assert!(told, "{text}: {found:?}");
        }
    }
}
