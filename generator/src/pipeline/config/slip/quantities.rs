//! Numbers and hours of the day, however they are written.

use toml::de::DeValue;

use super::super::intended;
use super::super::numbers::{RING_PERCENT, bounds};
use super::super::toml_text::quoted;
use super::meant::{example, whole_number};

/// Most of a number whose bounds are told elsewhere.
pub(super) const ANY: i128 = i64::MAX as i128;

/// A number between its bounds, that which is meant where it can be told.
pub(super) fn number(full: &str, set: &str, written: &str, (least, most): (i128, i128)) -> String {
    let plain = whole_number(written).and_then(|number| number.parse::<i128>().ok());
    let meant = plain.or_else(|| intended::number(full, written).map(i128::from));
    match meant.filter(|number| (least..=most).contains(number)) {
        Some(number) => format!("write the number alone: `{set}{number}`"),
        None if most == ANY => format!("write a whole number without quotes, as `{set}1`"),
        None => format!(
            "write a whole number from {least} to {most} without quotes, as `{set}{}`",
            shown_number(full, least)
        ),
    }
}

/// The same of a key whose type is not known here.
pub(super) fn of_any(full: &str, key: &str, written: &str) -> String {
    let set = format!("{key} = ");
    match bounds(full) {
        Some(bounds) => number(full, &set, written, (*bounds.start(), *bounds.end())),
        None => number(full, &set, written, (0, ANY)),
    }
}

/// The window in one text, when it stands in several.
pub(super) fn window_cure(key: &str, value: &DeValue<'_>, set: &str) -> Option<String> {
    let meant = window_of(value).filter(|_| key == "rollout.window")?;
    let place = match value {
        DeValue::Table(_) => " below `[rollout]`",
        _ => "",
    };
    let meant = quoted(&meant);
    Some(format!(
        "both times stand in one text{place}: `{set}{meant}`"
    ))
}

/// The hours of a list of two times, or of a section with a key for each.
fn window_of(value: &DeValue<'_>) -> Option<String> {
    let texts: Vec<&str> = match value {
        DeValue::Array(list) => {
            let texts = list.iter().map(|entry| entry.get_ref().as_str());
            texts.collect::<Option<_>>()?
        }
        DeValue::Table(table) => {
            let at = |names: [&str; 2]| {
                let mut entries = table.iter();
                let found = entries.find(|(name, _)| names.contains(&name.get_ref().as_ref()));
                found?.1.get_ref().as_str()
            };
            vec![at(["from", "start"])?, at(["to", "end"])?]
        }
        _ => return None,
    };
    intended::window(&texts)
}

/// A number that a key takes: that of the config that `init` writes, else the least. Whoever takes it
/// over as it stands shall not begin all servers by that.
fn shown_number(key: &str, least: i128) -> String {
    if key == RING_PERCENT {
        return "10".to_owned();
    }
    let (section, name) = key.rsplit_once('.').unwrap_or_default();
    let line = example(section, name);
    let number = line.as_deref().and_then(|line| line.split_once(" = "));
    number.map_or_else(|| least.to_string(), |(_, number)| number.to_owned())
}
