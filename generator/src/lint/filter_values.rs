//! Filters that ask for a value which no computer has: the item never applies, or, turned round, always.
//!
//! Sources: MS-GPPREF 2.2.1.22 for the attributes and what they hold; the codes of Windows versions are
//! those that the policy editor writes (real files, and editors of others made after that document). A
//! code that is not among them may be one of a newer editor, so all of this is warned of only.

use std::net::IpAddr;
use std::str::FromStr as _;

use crate::formats::security::Sid;
use crate::gpo::preferences::filter::Condition;
use crate::gpo::xml::Element;

/// Versions of Windows as `FilterOs` names them; `NE` is any.
const VERSIONS: [&str; 19] = [
    "NE",
    "95",
    "98",
    "ME",
    "NT",
    "2K",
    "XP",
    "2K3",
    "2K3R2",
    "VISTA",
    "2K8",
    "WIN7",
    "2K8R2",
    "WIN8",
    "WIN8S",
    "WINBLUE",
    "WINBLUESRV",
    "WINTHRESHOLD",
    "WINTHRESHOLDSRV",
];

/// Longest NetBIOS name of a computer.
const MAX_NETBIOS: usize = 15;
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const PERIODS: [&str; 3] = ["WEEKLY", "MONTHLY", "YEARLY"];
/// Most days of each month, January first.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Why the condition holds nowhere.
pub(super) fn fault(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Os {
            version: Some(version),
            ..
        } if !is_variable(version) && !is_version(version) => Some(format!(
            "`FilterOs` asks for version `{version}`, which is no code of a Windows: servers from 2016 on are \
             `WINTHRESHOLDSRV`"
        )),
        Condition::Group { sid: Some(sid), .. }
            if !sid.is_empty()
                && !is_variable(sid)
                && Sid::from_str(&sid.to_ascii_uppercase()).is_err() =>
        {
            Some(format!("`FilterGroup` asks for `{sid}`, which is no SID"))
        }
        Condition::Other(element) => match element.name.as_str() {
            "FilterIpRange" => addresses(element),
            "FilterTime" => times(element),
            "FilterDate" => date(element),
            "FilterComputer" => computer(element),
            _ => None,
        },
        _ => None,
    }
}

/// Letter case is not known to matter, and without a version any will do.
fn is_version(text: &str) -> bool {
    text.is_empty() || VERSIONS.iter().any(|one| one.eq_ignore_ascii_case(text))
}

/// A preference variable: the client puts its value in.
fn is_variable(text: &str) -> bool {
    text.contains('%')
}

/// The attributes with a text that is no variable; an empty one asks for nothing.
fn given<'a>(
    element: &'a Element,
    names: &'a [&'a str],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let named = names
        .iter()
        .filter_map(|name| Some((*name, element.get(name)?)));
    named.filter(|(_, text)| !text.is_empty() && !is_variable(text))
}

fn addresses(element: &Element) -> Option<String> {
    // How editors write ranges of IPv6, which are an address and the length of a prefix, is not documented.
    if element.get("useIPv6") == Some("1") {
        return None;
    }
    let read: Vec<(&str, &str, Option<IpAddr>)> = given(element, &["min", "max"])
        .map(|(name, text)| (name, text, address(text)))
        .collect();
    if let Some((name, text, _)) = read.iter().find(|(.., address)| address.is_none()) {
        return Some(format!(
            "`FilterIpRange` has `{text}` as `{name}`, which is no address"
        ));
    }
    match read.as_slice() {
        [(_, min, Some(first)), (_, max, Some(last))]
            if first.is_ipv4() != last.is_ipv4() || first > last =>
        {
            Some(format!(
                "`FilterIpRange` from `{min}` to `{max}` has no address"
            ))
        }
        _ => None,
    }
}

/// Zeros may stand before the numbers.
fn address(text: &str) -> Option<IpAddr> {
    let numbers: Vec<&str> = text.trim().split('.').collect();
    let plain = |number: &&str| {
        let rest = number.trim_start_matches('0');
        if rest.is_empty() {
            number.get(..number.len().min(1)).unwrap_or_default()
        } else {
            rest
        }
        .to_owned()
    };
    let numbers: Vec<String> = numbers.iter().map(plain).collect();
    numbers.join(".").parse().ok()
}

fn times(element: &Element) -> Option<String> {
    let is_time = |text: &str| {
        let parts: Vec<Option<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
        let is_below = |part: &Option<u32>, most| part.is_some_and(|number| number < most);
        match parts.as_slice() {
            [hours, rest @ ..] if (1..=2).contains(&rest.len()) => {
                is_below(hours, 24) && rest.iter().all(|part| is_below(part, 60))
            }
            _ => false,
        }
    };
    given(element, &["begin", "end"])
        .find(|(_, text)| !is_time(text.trim()))
        .map(|(name, text)| {
            format!("`FilterTime` has `{text}` as `{name}`, which is no time such as `08:30:00`")
        })
}

fn date(element: &Element) -> Option<String> {
    let period = element.get("period")?;
    if is_variable(period) {
        return None;
    }
    if !PERIODS.contains(&period) {
        return Some(format!(
            "`FilterDate` has the period `{period}`: it is `WEEKLY`, `MONTHLY` or `YEARLY`"
        ));
    }
    let fault = |name: &str, text: &str| {
        Some(format!(
            "`FilterDate` has `{text}` as `{name}`, which never comes"
        ))
    };
    if period == "WEEKLY" {
        let (name, day) = given(element, &["dow"]).next()?;
        let is_day = WEEKDAYS.iter().any(|one| one.eq_ignore_ascii_case(day));
        return if is_day { None } else { fault(name, day) };
    }
    let mut most = 31;
    if period == "YEARLY"
        && let Some((name, text)) = given(element, &["month"]).next()
    {
        let month = text
            .parse::<usize>()
            .ok()
            .and_then(|one| one.checked_sub(1));
        let Some(days) = month.and_then(|month| DAYS.get(month)) else {
            return fault(name, text);
        };
        most = *days;
    }
    let (name, text) = given(element, &["day"]).next()?;
    let day: Option<u32> = text.parse().ok();
    if day.is_some_and(|day| (1..=most).contains(&day)) {
        None
    } else {
        fault(name, text)
    }
}

fn computer(element: &Element) -> Option<String> {
    if element.get("type") != Some("NETBIOS") {
        return None;
    }
    let (_, name) = given(element, &["name"]).next()?;
    // Names may have wildcards, which stand for any number of letters.
    let is_long = name.chars().filter(|one| *one != '*').count() > MAX_NETBIOS;
    (name.contains('.') || is_long).then(|| {
        format!(
            "`FilterComputer` asks for the NetBIOS name `{name}`: such a name has at most {MAX_NETBIOS} \
             characters and no domain, the full name is of type `DNS`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(name: &str, attributes: &[(&str, &str)]) -> Condition {
        let element = Element::new(name);
        let with = |element: Element, (name, text): &(&str, &str)| element.attribute(name, *text);
        Condition::Other(attributes.iter().fold(element, with))
    }

    fn os(version: &str) -> Condition {
        Condition::Os {
            class: None,
            version: Some(version.to_owned()),
            kind: None,
            edition: None,
            service_pack: None,
        }
    }

    fn group(sid: &str) -> Condition {
        Condition::Group {
            name: None,
            sid: Some(sid.to_owned()),
            user_context: None,
            primary_group: None,
            local_group: None,
        }
    }

    #[test]
    fn a_value_that_no_computer_has_is_told() {
        let range = |min, max| other("FilterIpRange", &[("min", min), ("max", max)]);
        let time = |begin, end| other("FilterTime", &[("begin", begin), ("end", end)]);
        let date = |attributes: &[(&str, &str)]| other("FilterDate", attributes);
        let computer = |kind, name| other("FilterComputer", &[("type", kind), ("name", name)]);
        for (condition, is_fault) in [
            (os("WIN2022"), true),
            (os("WINBLUESRV"), false),
            (os("Win8S"), false),
            (os(""), false),
            (os("%Version%"), false),
            (group("S-1-5-x"), true),
            (group("S-1-5-32-544"), false),
            (group("s-1-5-32-544"), false),
            (group(""), false),
            (range("10.0.0.300", "10.0.1.0"), true),
            (range("10.0.0.1", "banana"), true),
            (range("10.0.0.9", "10.0.0.1"), true),
            (range("10.0.0.1", "fe80::1"), true),
            (range("10.0.0.1", "10.0.0.1"), false),
            (range("%From%", "10.0.0.1"), false),
            (range("010.000.000.001", "10.0.0.9"), false),
            (
                other(
                    "FilterIpRange",
                    &[("useIPv6", "1"), ("min", "2001:db8::"), ("max", "64")],
                ),
                false,
            ),
            (time("29:00:00", "30:00:00"), true),
            (time("08:00:00", "aa"), true),
            (time("08:00:00", "17:59:59"), false),
            (date(&[("period", "NEVER")]), true),
            (date(&[("period", "WEEKLY"), ("dow", "99")]), true),
            (date(&[("period", "WEEKLY"), ("dow", "MON")]), false),
            (date(&[("period", "MONTHLY"), ("day", "32")]), true),
            (date(&[("period", "MONTHLY"), ("day", "31")]), false),
            (
                date(&[("period", "YEARLY"), ("month", "2"), ("day", "30")]),
                true,
            ),
            (date(&[("period", "YEARLY"), ("month", "13")]), true),
            (date(&[("period", "YEARLY"), ("month", "")]), false),
            (
                date(&[("period", "YEARLY"), ("month", "2"), ("day", "29")]),
                false,
            ),
            (computer("NETBIOS", "srv01.contoso.com"), true),
            (computer("NETBIOS", "A234567890123456"), true),
            (computer("NETBIOS", "SRV*"), false),
            (computer("DNS", "srv01.contoso.com"), false),
        ] {
            let found = fault(&condition);
            assert_eq!(found.is_some(), is_fault, "{condition:?}: {found:?}");
        }
    }
}
