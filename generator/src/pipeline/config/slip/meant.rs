//! What somebody means by a value, whatever signs stand around it, and how its key takes it. A cure
//! that the key would not take is worse than none: who writes it as it stands is told the next thing.

use super::super::intended;
use super::super::toml_text::quoted;
use super::line::header;

/// Most texts of a list that are written out in a cure, and most characters of it.
const MOST_TEXTS: usize = 32;
const MOST_CHARACTERS: usize = 2_000;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    Texts,
    /// A list of texts that are a program and its arguments.
    Command,
    Flag,
    Number,
}

impl Takes {
    /// How such a value is written.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::Text => "a text stands in quotes",
            Self::Texts => "a list stands in square brackets, each text in quotes",
            Self::Command => "a command is a list, each of its words a text of its own",
            Self::Flag => "a flag is `true` or `false`, without quotes",
            Self::Number => "write one whole number, without quotes",
        }
    }
}

/// What a key of a section takes, as the config shows it that `init` writes; none for what is no key
/// there.
pub(super) fn takes(section: &str, key: &str) -> Option<Takes> {
    // One rule stands for those of every kind of download.
    let section = match section.strip_prefix("trust.signers.") {
        Some(_) => "trust.signers.agent",
        None => section,
    };
    let table: toml::Table = example(section, key)?.parse().ok()?;
    match table.get(key)? {
        toml::Value::String(_) => Some(Takes::Text),
        toml::Value::Array(_) if key == "command" => Some(Takes::Command),
        toml::Value::Array(_) => Some(Takes::Texts),
        toml::Value::Boolean(_) => Some(Takes::Flag),
        toml::Value::Integer(_) => Some(Takes::Number),
        _ => None,
    }
}

/// The line of a key in the config that `init` writes.
pub(super) fn example(section: &str, key: &str) -> Option<String> {
    let template = include_str!("../../../../../templates/gangway.toml");
    let lines = template
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line));
    let mut lines = lines.skip_while(|line| header(line) != Some(section));
    lines.next();
    lines
        .take_while(|line| header(line).is_none())
        .find(|line| line.split_once(" = ").is_some_and(|(name, _)| name == key))
        .map(str::to_owned)
}

/// The texts that somebody means: in a list or alone, in quotes of either kind or in none.
pub(super) fn texts(value: &str) -> Option<Vec<String>> {
    let value = value.trim();
    // PowerShell writes `@("a", "b")`.
    let lists = [("[", ']'), ("@(", ')'), ("(", ')'), ("{", '}')];
    let open = lists
        .iter()
        .find_map(|(open, close)| Some((value.strip_prefix(*open)?, *close)));
    let (mut rest, close) = open.unwrap_or((value, ']'));
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', ';']);
        let Some(first) = rest.chars().next().filter(|first| *first != close) else {
            break;
        };
        if found.len() == MOST_TEXTS || matches!(first, '[' | '{') {
            return None;
        }
        if first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let text = match first {
            '"' | '\'' => {
                let inner = rest.get(1..)?;
                let end = closing(inner, first);
                rest = inner.get(end + 1..).unwrap_or_default();
                inner.get(..end)?
            }
            _ => {
                let end = rest.find([',', ';', close, '\n', '#', '"', '\'']);
                let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
                // A sign that begins nothing here would be read for ever.
                if text.is_empty() {
                    return None;
                }
                rest = after;
                text
            }
        };
        let text = match first {
            '\'' => text.to_owned(),
            _ => undoubled(text.trim()),
        };
        found.push(text);
    }
    let is_short = found.iter().map(|text| text.chars().count()).sum::<usize>() <= MOST_CHARACTERS;
    (!found.is_empty() && is_short).then_some(found)
}

/// Where the text ends that a quote begins: at the first such quote that has nothing but an end behind
/// it, whatever stands before it.
fn closing(inner: &str, quote: char) -> usize {
    let line = inner.lines().next().unwrap_or_default();
    let end = ending_quote(line, quote);
    let last = || line.rfind(quote);
    closed_by_other(line, quote)
        .or(end)
        .or_else(last)
        .unwrap_or(line.len())
}

fn ending_quote(line: &str, quote: char) -> Option<usize> {
    let mut quotes = line.match_indices(quote);
    let end = quotes.find(|(at, _)| {
        let after = line.get(at + 1..).unwrap_or_default().trim_start();
        after.is_empty() || after.starts_with([',', ';', ']', ')', '}', '#', '"', '\''])
    });
    end.map(|(at, _)| at)
}

/// Where a text ends that begins with one kind of quote and ends with the other: there it has its only one.
pub(super) fn closed_by_other(line: &str, quote: char) -> Option<usize> {
    let other = if quote == '"' { '\'' } else { '"' };
    let at = ending_quote(line, other)?;
    let end = ending_quote(line, quote).unwrap_or(line.len());
    let between = line.get(..end)?;
    let is_only = between.matches(other).count() == 1 && !line.get(..at)?.contains(quote);
    (at < end && is_only).then_some(at)
}

/// Whoever doubled all backslashes meant each pair as one. A pair at the beginning alone is a UNC path.
pub(super) fn undoubled(text: &str) -> String {
    let mut runs: Vec<usize> = Vec::new();
    let mut last = None;
    for (at, _) in text.match_indices('\\') {
        match runs.last_mut() {
            Some(run) if last == Some(at.wrapping_sub(1)) => *run += 1,
            _ => runs.push(1),
        }
        last = Some(at);
    }
    let is_unc = text.starts_with(r"\\") && !text.starts_with(r"\\\");
    if !is_unc && runs.iter().all(|run| run % 2 == 0) {
        text.replace(r"\\", r"\")
    } else {
        text.to_owned()
    }
}

/// The value as the key takes it; none when it cannot be told.
pub(super) fn literal(name: &str, takes: Takes, value: &str) -> Option<String> {
    match takes {
        Takes::Number => whole_number(value),
        Takes::Flag => flag(bare(value)).map(|flag| flag.to_string()),
        Takes::Text => match texts(value)?.as_slice() {
            [text] => Some(quoted(without_end(text))),
            _ => None,
        },
        Takes::Texts => Some(match texts(value)?.as_slice() {
            [one] => list(&intended::entries(name, one)),
            several => list(several),
        }),
        Takes::Command => {
            let texts = texts(value)?;
            match texts.as_slice() {
                [one] if !value.starts_with('[') => words(one).map(|words| list(&words)),
                several => Some(list(several)),
            }
        }
    }
}

pub(super) fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// The words of a command in one text; none where quotes or a path with blanks hide where they end.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let is_plain = !command.contains(['"', '\'']) && !command.contains(r":\");
    (is_plain && (1..=MOST_TEXTS).contains(&words.len())).then_some(words)
}

/// A number with zeros before it, a fraction of zeros, a sign or a unit behind it, or its thousands apart; in
/// quotes or in none.
pub(super) fn whole_number(value: &str) -> Option<String> {
    let value = bare(value);
    let digits = value.trim_end_matches(['%', ' ', ',', ';']);
    let digits = match digits.split_once(['.', ',']) {
        // Three zeros are a thousand in one country and a fraction in another.
        Some((whole, fraction)) if fraction.len() != 3 && is_zeros(fraction) => whole.to_owned(),
        _ => grouped(digits).unwrap_or_else(|| digits.to_owned()),
    };
    digits.parse::<u64>().ok().map(|number| number.to_string())
}

fn is_zeros(fraction: &str) -> bool {
    fraction.bytes().all(|byte| byte == b'0')
}

/// The digits of a number whose thousands stand apart. Two groups with a point or a comma between them may
/// be a fraction.
fn grouped(number: &str) -> Option<String> {
    let sign = number.chars().find(|c| !c.is_ascii_digit())?;
    let groups: Vec<&str> = number.split(sign).collect();
    let (first, others) = groups.split_first()?;
    let is_sure = others.len() > 1 || !matches!(sign, '.' | ',');
    let are_digits = groups
        .iter()
        .all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    let are_thousands = (1..=3).contains(&first.len()) && others.iter().all(|it| it.len() == 3);
    let is_sign = matches!(sign, '.' | ',' | ' ' | '\'' | '_' | '\u{a0}' | '\u{202f}');
    (is_sure && are_digits && are_thousands && is_sign).then(|| groups.concat())
}

/// A flag in the words of other formats and languages.
pub(super) fn flag(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "enabled" => Some(true),
        "false" | "no" | "off" | "0" | "disabled" => Some(false),
        _ => None,
    }
}

fn bare(value: &str) -> &str {
    value.trim_matches(['"', '\'', ' ', '\t'])
}

/// A UNC path without the backslash that no folder ends with.
fn without_end(text: &str) -> &str {
    if text.starts_with(r"\\") {
        text.trim_end_matches('\\')
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_its_key_takes_it() {
        for (takes, value, wanted) in [
            (Takes::Texts, r#""D:\Data""#, r"['D:\Data']"),
            (
                Takes::Texts,
                r#"["D:\Data", "E:\new"]"#,
                r"['D:\Data', 'E:\new']",
            ),
            (
                Takes::Texts,
                r#"["D:\\Data", "E:\x"]"#,
                r"['D:\Data', 'E:\x']",
            ),
            (
                Takes::Texts,
                r#"["D:\Data\", "E:\x"]"#,
                r"['D:\Data\', 'E:\x']",
            ),
            (
                Takes::Texts,
                "[\n\"D:\\Data\", # ours\n'E:\\x'\n]",
                r"['D:\Data', 'E:\x']",
            ),
            (Takes::Texts, r"'D:\Data', 'E:\x'", r"['D:\Data', 'E:\x']"),
            (Takes::Texts, ".mdf, .ldf", r#"[".mdf", ".ldf"]"#),
            (Takes::Texts, r#"["a" "b"]"#, r#"["a", "b"]"#),
            (
                Takes::Text,
                r#""\\files.contoso.com\g$\""#,
                r"'\\files.contoso.com\g$'",
            ),
            (Takes::Text, r#"["Contoso"]"#, "\"Contoso\""),
            (Takes::Texts, r#"["a"; 'b']"#, r#"["a", "b"]"#),
            (Takes::Texts, r#"@("a","b")"#, r#"["a", "b"]"#),
            (Takes::Texts, r#"("a", 'D:\x')"#, r#"["a", 'D:\x']"#),
            (Takes::Texts, "[\"a']", r#"["a"]"#),
            (Takes::Texts, "[\"a', \"b\"]", r#"["a", "b"]"#),
            (Takes::Texts, r#"["it's", "b"]"#, r#"["it's", "b"]"#),
            (Takes::Text, "'Contoso\"", "\"Contoso\""),
            (Takes::Number, "100,", "100"),
            (Takes::Number, "50,0", "50"),
            (Takes::Number, "1.073.741.824", "1073741824"),
            (Takes::Number, "1 073 741 824", "1073741824"),
            (Takes::Number, "010", "10"),
            (Takes::Number, "100.0", "100"),
            (Takes::Number, "\"50 %\"", "50"),
            (Takes::Flag, "\"yes\"", "true"),
            (
                Takes::Command,
                "\"signtool sign {file}\"",
                r#"["signtool", "sign", "{file}"]"#,
            ),
            (
                Takes::Command,
                r#"["C:\Program Files\s.exe", "{file}"]"#,
                r#"['C:\Program Files\s.exe', "{file}"]"#,
            ),
        ] {
            assert_eq!(
                literal("", takes, value).as_deref(),
                Some(wanted),
                "{value}"
            );
        }
        for (takes, value) in [
            (Takes::Number, "12.5"),
            (Takes::Number, "12,5"),
            (Takes::Number, "10.000"),
            (Takes::Number, "1.10.100"),
            (Takes::Number, "[[7]]"),
            (Takes::Flag, "maybe"),
            (Takes::Text, r#"["a", "b"]"#),
            (Takes::Texts, "[[\"a\"]]"),
            (Takes::Command, r#""C:\Program Files\s.exe {file}""#),
        ] {
            assert_eq!(literal("", takes, value), None, "{value}");
        }
    }

    #[test]
    fn a_pair_of_backslashes_is_one_where_all_are_doubled() {
        for (text, wanted) in [
            (r"D:\\Data\\x", r"D:\Data\x"),
            (r"\\\\files\\x", r"\\files\x"),
            (r"\\files\x", r"\\files\x"),
            (r"\\files\\x", r"\\files\\x"),
            (r"D:\Data\\x", r"D:\Data\\x"),
        ] {
            assert_eq!(undoubled(text), wanted);
        }
    }

    #[test]
    fn a_key_takes_what_init_shows() {
        for (section, key, wanted) in [
            ("gpo.settings.exclusions", "paths", Some(Takes::Texts)),
            ("signing", "command", Some(Takes::Command)),
            ("rollout", "ring_percent", Some(Takes::Number)),
            ("share", "root", Some(Takes::Text)),
            (
                "gpo.domain",
                "include_domain_controllers",
                Some(Takes::Flag),
            ),
            ("trust.signers.updates", "roots", Some(Takes::Texts)),
            ("gpo", "domain", None),
        ] {
            assert_eq!(takes(section, key), wanted, "{section}.{key}");
        }
    }
}
