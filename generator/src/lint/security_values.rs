//! The numbers of `GptTmpl.inf`: which of them a setting takes.
//!
//! Source: MS-GPSB 2.2.1 to 2.2.4. It says what a value has to be and not what a client does with another
//! one, so what is found is a warning.

use std::ops::RangeInclusive;

/// A setting, its numbers, and whether `-1` stands for "never" or "for ever" beside them.
type Row = (&'static str, RangeInclusive<i64>, bool);

const FLAG: RangeInclusive<i64> = 0..=65_536;

const NUMBERS: [Row; 33] = [
    ("MinimumPasswordAge", 0..=999, false),
    ("MaximumPasswordAge", 1..=999, true),
    ("MinimumPasswordLength", 0..=65_536, false),
    ("PasswordComplexity", FLAG, false),
    ("PasswordHistorySize", 0..=65_536, false),
    ("ClearTextPassword", FLAG, false),
    ("LockoutBadCount", 0..=65_536, false),
    ("LockoutDuration", 1..=99_999, true),
    ("ResetLockoutCount", -4_294_967_296..=4_294_967_296, false),
    ("AllowAdministratorLockout", FLAG, false),
    ("ForceLogoffWhenHourExpire", FLAG, false),
    ("LSAAnonymousNameLookup", FLAG, false),
    ("EnableAdminAccount", FLAG, false),
    ("EnableGuestAccount", FLAG, false),
    ("MaxTicketAge", 0..=99_999, false),
    ("MaxRenewAge", 0..=99_999, false),
    ("MaxServiceAge", 10..=99_999, false),
    ("MaxClockSkew", 0..=99_999, false),
    ("TicketValidateClient", FLAG, false),
    ("MaximumLogSize", 64..=4_194_240, false),
    ("AuditLogRetentionPeriod", 0..=2, false),
    ("RetentionDays", 1..=365, false),
    ("RestrictGuestAccess", FLAG, false),
    // 4 is "none" too (MS-LSAD 2.2.4.4).
    ("AuditSystemEvents", 0..=4, false),
    ("AuditLogonEvents", 0..=4, false),
    ("AuditPrivilegeUse", 0..=4, false),
    ("AuditPolicyChange", 0..=4, false),
    ("AuditAccountManage", 0..=4, false),
    ("AuditProcessTracking", 0..=4, false),
    ("AuditDSAccess", 0..=4, false),
    ("AuditObjectAccess", 0..=4, false),
    ("AuditAccountLogon", 0..=4, false),
    ("Revision", 1..=1, false),
];

/// What is wrong with the value of a setting that is a number, if anything.
pub(super) fn fault(key: &str, value: &str) -> Option<String> {
    let mut rows = NUMBERS.iter();
    let (_, numbers, may_be_never) = rows.find(|(name, ..)| name.eq_ignore_ascii_case(key))?;
    let number = number(value);
    let is_never = *may_be_never && number == Some(-1);
    if is_never || number.is_some_and(|number| numbers.contains(&number)) {
        return None;
    }
    let never = if *may_be_never { " or -1" } else { "" };
    let (least, most) = (numbers.start(), numbers.end());
    Some(format!(
        "`{key}` is `{value}`, where a number from {least} to {most}{never} belongs"
    ))
}

/// Decimal, or hexadecimal behind `0x`.
fn number(text: &str) -> Option<i64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_documents_allow_are_left_alone() {
        for (key, value) in [
            ("MaximumPasswordAge", "60"),
            ("MaximumPasswordAge", "-1"),
            ("LockoutDuration", "-1"),
            ("lockoutbadcount", "0"),
            ("MaximumLogSize", "4194240"),
            ("AuditLogonEvents", "3"),
            ("PasswordComplexity", "0x1"),
            ("NewGuestName", "\"Visitor\""),
            ("Unicode", "yes"),
        ] {
            assert_eq!(fault(key, value), None, "{key} = {value}");
        }
    }

    #[test]
    fn numbers_that_they_do_not_allow_are_told() {
        for (key, value, bounds) in [
            ("MaximumPasswordAge", "0", "from 1 to 999 or -1"),
            ("MaximumPasswordAge", "1000", "from 1 to 999 or -1"),
            ("MinimumPasswordAge", "-1", "from 0 to 999 belongs"),
            ("LockoutBadCount", "three", "from 0 to 65536"),
            ("LockoutDuration", "", "from 1 to 99999"),
            ("MaxServiceAge", "5", "from 10 to 99999"),
            ("MaximumLogSize", "32", "from 64 to 4194240"),
            ("AuditLogRetentionPeriod", "3", "from 0 to 2"),
            ("AuditLogonEvents", "5", "from 0 to 4"),
            ("Revision", "2", "from 1 to 1"),
        ] {
            let told = fault(key, value).unwrap_or_default();
            assert!(told.contains(bounds), "{key} = {value}: {told}");
        }
    }
}
