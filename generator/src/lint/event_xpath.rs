//! The selectors of an event query: XPath as far as the event log knows it.
//!
//! Source: MS-EVEN6 2.2.15.1 (axes, node tests, operators, `position`; no absolute paths, variables or
//! names of a space) and 2.2.15.2 (`band`, `timediff`); "Consuming Events" on Microsoft Learn: a selector
//! begins with `*` or `Event`. What neither speaks of is left alone, `.` among it.

use gangway_contract::printable::deceives;

use super::task_texts::typographic_quote;

/// Deepest nesting that is followed; a query that goes deeper is not judged.
const MAX_DEPTH: usize = 64;

const FUNCTIONS: [&str; 3] = ["position", "band", "timediff"];

/// Why the event log does not know a selector, if that is so.
pub(super) fn fault(selector: &str) -> Option<String> {
    let tokens = match tokens(selector) {
        Ok(tokens) => tokens,
        Err(why) => return Some(why),
    };
    let has_axis = tokens.get(1) == Some(&Token::Sign("::"));
    let begin = tokens.first().filter(|_| !has_axis);
    if let Some(Token::Name(name)) = begin.filter(|begin| **begin != Token::Name("Event")) {
        return Some(format!(
            "it begins with `{name}`, where `*` or `Event` belongs"
        ));
    }
    let mut reader = Reader {
        rest: &tokens,
        depth: 0,
    };
    match reader.whole() {
        Ok(()) | Err(Stop::TooDeep) => None,
        Err(Stop::Fault(why)) => Some(why),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Text,
    Number,
    Sign(&'a str),
}

impl Token<'_> {
    fn shown(self) -> String {
        match self {
            Self::Name(text) | Self::Sign(text) => format!("`{text}`"),
            Self::Text => "a text".to_owned(),
            Self::Number => "a number".to_owned(),
        }
    }
}

/// The longest first.
const SIGNS: [&str; 19] = [
    "//", "::", "!=", "<=", ">=", "..", "[", "]", "(", ")", "@", ",", "/", "=", "<", ">", "*", ".",
    "-",
];

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner.find(first);
                let end = end.ok_or_else(|| format!("a text has no closing `{first}`"))?;
                (Token::Text, end + 2)
            }
            // The log takes hexadecimal numbers too.
            _ if first.is_ascii_digit() => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
                (Token::Number, length_of(rest, is_part))
            }
            _ if first.is_alphabetic() || first == '_' => {
                let length = length_of(rest, |c| c.is_alphanumeric() || "_-.".contains(c));
                let name = rest.get(..length).unwrap_or_default();
                (Token::Name(name), length)
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return Err(foreign(first)),
            },
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn length_of(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn foreign(character: char) -> String {
    match character {
        '$' => "variables are not known".to_owned(),
        ':' => "names with a `:` are not known".to_owned(),
        c if typographic_quote(c.encode_utf8(&mut [0; 4])).is_some() => {
            format!("`{c}` is a typographic quote")
        }
        c if deceives(c) => format!("it holds U+{:04X}", u32::from(c)),
        c => format!("`{c}` is no sign of it"),
    }
}

enum Stop {
    Fault(String),
    TooDeep,
}

struct Reader<'a> {
    rest: &'a [Token<'a>],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn whole(&mut self) -> Result<(), Stop> {
        self.expression()?;
        match self.rest.first() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("an operator or the end")),
        }
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_next = self.rest.first() == Some(&Token::Sign(sign));
        if is_next {
            self.next();
        }
        is_next
    }

    fn unexpected(&self, wanted: &str) -> Stop {
        let found = self
            .rest
            .first()
            .map_or("the end".to_owned(), |it| it.shown());
        Stop::Fault(format!("{found} stands where {wanted} belongs"))
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Stop> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{sign}`"))),
        }
    }

    fn expression(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        loop {
            self.operand()?;
            let is_operator = match self.rest.first() {
                Some(Token::Name(name)) => matches!(*name, "and" | "or"),
                Some(Token::Sign(sign)) => matches!(*sign, "=" | "!=" | "<" | "<=" | ">" | ">="),
                _ => false,
            };
            if !is_operator {
                self.depth -= 1;
                return Ok(());
            }
            self.next();
        }
    }

    fn operand(&mut self) -> Result<(), Stop> {
        // The sign of a number.
        self.take("-");
        match self.rest {
            [Token::Text | Token::Number, ..] => {
                self.next();
                Ok(())
            }
            [Token::Sign("("), ..] => {
                self.next();
                self.expression()?;
                self.expect(")")
            }
            [Token::Name(name), Token::Sign("("), ..] if *name != "text" => self.function(name),
            [Token::Sign("/" | "//"), ..] => Err(Stop::Fault(
                "a path begins with `/`, and absolute paths are not known".to_owned(),
            )),
            _ => self.path(),
        }
    }

    fn function(&mut self, name: &str) -> Result<(), Stop> {
        if !FUNCTIONS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            return Err(Stop::Fault(format!(
                "`{name}` is none of its functions, which are `position`, `band` and `timediff`"
            )));
        }
        self.next();
        self.next();
        if self.take(")") {
            return Ok(());
        }
        self.expression()?;
        while self.take(",") {
            self.expression()?;
        }
        self.expect(")")
    }

    fn path(&mut self) -> Result<(), Stop> {
        loop {
            self.step()?;
            if self.rest.first() == Some(&Token::Sign("//")) {
                return Err(Stop::Fault(
                    "`//` stands in a path, which goes from child to child alone".to_owned(),
                ));
            }
            if !self.take("/") {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        if let [Token::Name(axis), Token::Sign("::"), ..] = self.rest {
            if !matches!(*axis, "child" | "attribute") {
                return Err(Stop::Fault(format!(
                    "`{axis}::` is none of its axes, which are `child` and `attribute`"
                )));
            }
            self.next();
            self.next();
        } else {
            self.take("@");
        }
        match self.next() {
            Some(Token::Name("text")) if self.take("(") => self.expect(")")?,
            Some(Token::Name(_) | Token::Sign("*" | ".")) => {}
            Some(other) => {
                return Err(Stop::Fault(format!(
                    "{} stands where a name or `*` belongs",
                    other.shown()
                )));
            }
            None => return Err(self.unexpected("a name or `*`")),
        }
        while self.take("[") {
            self.expression()?;
            self.expect("]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From "Consuming Events", MS-EVEN6 and the filters of the event viewer.
    #[test]
    fn what_documents_and_viewer_write_is_known() {
        for selector in [
            "*",
            "Event",
            "*[UserData/LowOnMemory]",
            "*[UserData/*/PrinterName=\"MyPrinter\" and System/Level=1]",
            "*[System[(Level <= 3) and TimeCreated[timediff(@SystemTime) <= 86400000]]]",
            "Event/System[EventID=4]",
            "Event[System[Provider[@Name='a' or @Name=\"b ‘c’\"] and (EventID=1 or  (EventID >= 5 and EventID <= 9))]]",
            "*[System[band(Keywords,13510798882111488)]] ",
            "*[System[Band(Keywords,0x8020000000000000)]]",
            "*[EventData[Data[position()=1]='x']] and *[EventData[Data[1]='y']]",
            "*[EventData[Data[@Name='TargetUserName']!='a']]",
            "child::*[child::System/attribute::x=-1]",
            "*[EventData/Data[text()='x' or .='y']]",
            "*[System[Provider/@Name='Microsoft-Windows-Kernel-General']]",
        ] {
            assert_eq!(fault(selector), None, "{selector}");
        }
    }

    #[test]
    fn what_the_log_does_not_know_is_told() {
        for (selector, expected) in [
            ("*[System[EventID=1]", "the end stands where `]` belongs"),
            ("*[System[EventID=1]]]", "`]` stands where an operator"),
            ("*[System[EventID=1 and]]", "`]` stands where a name"),
            (
                "*[System[EventID=1 EventID=2]]",
                "`EventID` stands where `]`",
            ),
            (
                "*[System[Provider[@Name=‘Foo’]]]",
                "`‘` is a typographic quote",
            ),
            ("*[System[Provider[@Name='Foo]]]", "no closing `'`"),
            (
                "*[EventData[contains(Data,\"x\")]]",
                "`contains` is none of its functions",
            ),
            ("*[System[not(EventID=1)]]", "`not` is none"),
            ("//Event", "absolute paths"),
            ("/Event", "absolute paths"),
            ("*[System//EventID=1]", "`//` stands in a path"),
            ("*[descendant::EventID=1]", "`descendant::` is none"),
            ("*[../x=1]", "`..` stands where a name"),
            ("*[System[EventID=$x]]", "variables"),
            ("*[e:System]", "names with a `:`"),
            ("*[System[EventID=1|EventID=2]]", "`|` is no sign"),
            ("System[EventID=1]", "begins with `System`"),
            ("*[]", "`]` stands where a name"),
            ("*[System[EventID=\u{202e}1]]", "holds U+202E"),
        ] {
            let told = fault(selector);
            assert!(
                told.as_ref().is_some_and(|told| told.contains(expected)),
                "{selector}: {told:?}"
            );
        }
    }

    #[test]
    fn a_query_without_end_is_not_followed() {
        assert_eq!(fault(&"*[".repeat(100_000)), None);
        assert_eq!(fault(&format!("*[{}1=1]", "(".repeat(100_000))), None);
    }
}
