//! WQL queries: whether they are WQL at all, and what in them compares or costs otherwise than
//! meant.
//!
//! Grammar of data queries after Microsoft's description of WQL ("WQL (SQL for WMI)"):
//! `SELECT * | property, … FROM class [WHERE condition]`; `ASSOCIATORS OF` and `REFERENCES OF`
//! are queries of their own and are taken as they are.

use crate::gpo::codes;
use crate::problem::Code;

/// Properties of `Win32_OperatingSystem` and others that look like numbers and are strings.
const STRINGS: [&str; 3] = ["version", "buildnumber", "servicepackversion"];

/// Deepest nesting of brackets and `NOT`; real queries stay below 4.
const MAX_DEPTH: usize = 32;

/// What is wrong with a query.
#[derive(Debug)]
pub(super) struct Finding {
    /// Which rule.
    pub(super) code: &'static Code,
    /// One sentence.
    pub(super) message: String,
    /// What to do.
    pub(super) next: &'static str,
}

/// Everything that is wrong with a query.
pub(super) fn judge(query: &str) -> Vec<Finding> {
    let tokens = tokenize(query);
    let class = match parse(&tokens) {
        Ok(class) => class,
        Err(why) => {
            return vec![Finding {
                code: &codes::NOT_WQL,
                message: format!("the query is no WQL: {why}"),
                next: "correct the query; try it with `Get-CimInstance -Query`",
            }];
        }
    };
    let mut findings = Vec::new();
    if class.is_some_and(|class| class.eq_ignore_ascii_case("Win32_Product")) {
        findings.push(Finding {
            code: &codes::SLOW_CLASS,
            message: "the query asks for `Win32_Product`, which repairs every MSI package"
                .to_owned(),
            next: "ask for a registry value or a file instead",
        });
    }
    if let Some(comparison) = string_comparison(&tokens) {
        findings.push(Finding {
            code: &codes::STRING_COMPARISON,
            message: format!("`{comparison}` compares text, not numbers"),
            next: "use `LIKE` or `=`",
        });
    }
    findings
}

/// One token, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Sign(String),
    /// A text without its closing quote.
    OpenText(String),
}

impl Token {
    fn as_written(&self) -> &str {
        match self {
            Self::Word(text)
            | Self::Text(text)
            | Self::Number(text)
            | Self::Sign(text)
            | Self::OpenText(text) => text,
        }
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(found) if found == sign)
    }
}

/// The class that a query asks for; none for queries of other kinds.
fn parse(tokens: &[Token]) -> Result<Option<&str>, String> {
    let mut reader = Reader { rest: tokens };
    if ["ASSOCIATORS", "REFERENCES"]
        .iter()
        .any(|kind| reader.take(kind))
    {
        reader.keyword("OF")?;
        return reader.path().map(|()| None);
    }
    reader.keyword("SELECT")?;
    if !reader.take_sign("*") {
        reader.name("`*` or a property")?;
        while reader.take_sign(",") {
            reader.name("a property")?;
        }
    }
    reader.keyword("FROM")?;
    let class = reader.name("a class")?;
    if class.contains('.') {
        return Err(format!("`{class}` is no name of a class"));
    }
    if reader.take("WHERE") {
        reader.condition(0)?;
    }
    match reader.rest.first() {
        None => Ok(Some(class)),
        Some(token) => Err(unexpected(Some(token), "the end")),
    }
}

struct Reader<'a> {
    rest: &'a [Token],
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_if(&mut self, wanted: impl Fn(&Token) -> bool) -> bool {
        let found = self.rest.first().is_some_and(wanted);
        if found {
            self.next();
        }
        found
    }

    fn take(&mut self, keyword: &str) -> bool {
        self.take_if(|token| token.is(keyword))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        self.take_if(|token| token.is_sign(sign))
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        match self.next() {
            Some(token) if token.is(keyword) => Ok(()),
            other => Err(unexpected(other, &format!("`{keyword}`"))),
        }
    }

    fn name(&mut self, what: &str) -> Result<&'a str, String> {
        const KEYWORDS: [&str; 5] = ["SELECT", "FROM", "WHERE", "AND", "OR"];
        match self.next() {
            Some(token @ Token::Word(word)) if !KEYWORDS.iter().any(|one| token.is(one)) => {
                Ok(word)
            }
            other => Err(unexpected(other, what)),
        }
    }

    /// `{PATH}`, whatever stands in it: the path of an object, which is no WQL.
    fn path(&mut self) -> Result<(), String> {
        if !self.take_sign("{") {
            return Err(unexpected(self.rest.first(), "`{`"));
        }
        match self.rest.iter().position(|token| token.is_sign("}")) {
            Some(1..) => Ok(()),
            Some(0) => Err("there is no path between `{` and `}`".to_owned()),
            None => Err(unexpected(None, "`}`")),
        }
    }

    fn condition(&mut self, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} nested conditions"));
        }
        loop {
            if self.take("NOT") {
                self.term(depth + 1)?;
            } else {
                self.term(depth)?;
            }
            if !self.take("AND") && !self.take("OR") {
                return Ok(());
            }
        }
    }

    fn term(&mut self, depth: usize) -> Result<(), String> {
        if self.take_sign("(") {
            self.condition(depth + 1)?;
            return match self.next() {
                Some(token) if token.is_sign(")") => Ok(()),
                other => Err(unexpected(other, "`)`")),
            };
        }
        let first = self.operand()?;
        if self.take("IS") {
            self.take("NOT");
            return self.keyword("NULL");
        }
        if self.take("NOT") || self.rest.first().is_some_and(|token| token.is("LIKE")) {
            self.keyword("LIKE")?;
            return sides(&first, &self.operand()?);
        }
        if self.take("ISA") {
            return self.operand().map(|_| ());
        }
        match self.next() {
            Some(Token::Sign(sign))
                if matches!(sign.as_str(), "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=") =>
            {
                sides(&first, &self.operand()?)
            }
            other => Err(unexpected(other, "a comparison")),
        }
    }

    fn operand(&mut self) -> Result<Operand<'a>, String> {
        const CONSTANTS: [&str; 3] = ["TRUE", "FALSE", "NULL"];
        match self.rest.first() {
            Some(token @ (Token::Text(_) | Token::Number(_))) => {
                self.next();
                constant(token).map(Operand::Constant)
            }
            _ => {
                let name = self.name("a property or a value")?;
                let mut constants = CONSTANTS.iter();
                if constants.any(|constant| constant.eq_ignore_ascii_case(name)) {
                    Ok(Operand::Constant(name))
                } else if name.split('.').any(str::is_empty) {
                    Err(format!("`{name}` is no name of a property"))
                } else {
                    Ok(Operand::Property(name))
                }
            }
        }
    }
}

/// One side of a comparison.
enum Operand<'a> {
    Property(&'a str),
    Constant(&'a str),
}

/// A property is compared with a constant ("WHERE Clause" of Microsoft's description).
fn sides(first: &Operand<'_>, second: &Operand<'_>) -> Result<(), String> {
    match (first, second) {
        (Operand::Property(one), Operand::Property(other)) => Err(format!(
            "`{one}` and `{other}` are both names of properties; a text needs quotes"
        )),
        (Operand::Constant(one), Operand::Constant(other)) => Err(format!(
            "neither {one} nor {other} is the name of a property"
        )),
        _ => Ok(()),
    }
}

/// A number or a text that is one; gives it as written.
fn constant(token: &Token) -> Result<&str, String> {
    let written = token.as_written();
    let is_one = match token {
        Token::Number(_) => is_number(written),
        _ => is_escaped(written),
    };
    match (is_one, token) {
        (true, _) => Ok(written),
        (false, Token::Number(_)) => Err(format!("`{written}` is no number; a text needs quotes")),
        (false, _) => Err(format!("a backslash in {written} is not doubled")),
    }
}

/// `-17`, `0x1F`, `1.5`, `2E3`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        return !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok()
}

/// In a text a backslash stands before another one or before a quote.
fn is_escaped(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && !matches!(characters.next(), Some('\\' | '"' | '\'')) {
            return false;
        }
    }
    true
}

fn unexpected(found: Option<&Token>, wanted: &str) -> String {
    match found {
        None => format!("it ends where {wanted} belongs"),
        Some(Token::OpenText(text)) => format!("the text {text} has no closing quote"),
        Some(token) if is_typographic(token.as_written()) => format!(
            "it has the typographic quote `{}`; write a plain one",
            token.as_written()
        ),
        Some(token) => format!("`{}` stands where {wanted} belongs", token.as_written()),
    }
}

fn is_typographic(text: &str) -> bool {
    text.chars().all(|c| {
        matches!(
            c,
            '\u{2018}'..='\u{201F}' | '\u{2032}' | '\u{2033}' | '\u{AB}' | '\u{BB}' | '\u{FF02}'
        )
    })
}

/// The first comparison of a version by order, as written.
fn string_comparison(tokens: &[Token]) -> Option<String> {
    tokens.windows(3).find_map(|window| match window {
        [a, operator, b] => {
            let operator = operator.as_written();
            let ordered = matches!(operator, "<" | ">" | "<=" | ">=");
            let text = |token: &Token| {
                let written = token.as_written();
                let name = written.rsplit('.').next().unwrap_or(written);
                STRINGS.contains(&name.to_ascii_lowercase().as_str())
            };
            (ordered && (text(a) || text(b)))
                .then(|| format!("{} {operator} {}", a.as_written(), b.as_written()))
        }
        _ => None,
    })
}

/// Names, operators and literals; blanks dropped.
fn tokenize(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = query.chars().peekable();
    while let Some(character) = characters.next() {
        let mut text = String::from(character);
        let mut more = |text: &mut String, wanted: &dyn Fn(&char) -> bool| {
            while let Some(next) = characters.next_if(wanted) {
                text.push(next);
            }
        };
        tokens.push(match character {
            '"' | '\'' => {
                let mut closed = false;
                while let Some(next) = characters.next() {
                    text.push(next);
                    if next == '\\' {
                        text.extend(characters.next());
                    } else if next == character {
                        closed = true;
                        break;
                    }
                }
                if closed {
                    Token::Text(text)
                } else {
                    Token::OpenText(text)
                }
            }
            '<' | '>' | '!' | '=' => {
                more(&mut text, &|c| matches!(c, '=' | '>'));
                Token::Sign(text)
            }
            other if other.is_ascii_digit() || other == '-' => {
                more(&mut text, &|c| c.is_ascii_alphanumeric() || *c == '.');
                Token::Number(text)
            }
            other if other.is_alphabetic() || other == '_' => {
                more(&mut text, &|c| {
                    c.is_alphanumeric() || matches!(c, '_' | '.')
                });
                Token::Word(text)
            }
            other if other.is_whitespace() => continue,
            _ => Token::Sign(text),
        });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordered_comparisons_of_versions_are_found() {
        for (query, wanted) in [
            (
                "SELECT * FROM a WHERE Version >= \"10.0\"",
                Some("Version >= \"10.0\""),
            ),
            (
                "SELECT * FROM a WHERE \"6.3\"<Version",
                Some("\"6.3\" < Version"),
            ),
            (
                "SELECT * FROM a WHERE BuildNumber>17762",
                Some("BuildNumber > 17762"),
            ),
            (
                "SELECT * FROM a WHERE os.BuildNumber < 1",
                Some("os.BuildNumber < 1"),
            ),
            ("SELECT * FROM a WHERE Version LIKE \"10.0.%\"", None),
            ("SELECT * FROM a WHERE Version = \"10.0\"", None),
            ("SELECT * FROM a WHERE Version <> \"10.0\"", None),
            ("SELECT * FROM a WHERE ProductType > 1", None),
            ("SELECT * FROM a WHERE Name = \"Version > 1\"", None),
        ] {
            let found = string_comparison(&tokenize(query));
            assert_eq!(found.as_deref(), wanted, "{query}");
        }
    }

    #[test]
    fn what_wmi_reads_is_wql() {
        for query in [
            "select * from Win32_OperatingSystem",
            "SELECT Name, Version FROM Win32_OperatingSystem WHERE ProductType = \"3\"",
            "Select * from Win32_OperatingSystem Where (Version like '10.0.%' or Version like \"6.3%\") and ProductType<>1",
            "SELECT * FROM Win32_ComputerSystem WHERE NOT (Model LIKE '%Virtual%' AND Name != 'A\\'B')",
            "SELECT * FROM a WHERE b IS NULL OR c IS NOT NULL OR d = TRUE AND e >= -1",
            "SELECT * FROM a WHERE NOT b LIKE 'x%' AND c NOT LIKE 'y' AND __CLASS ISA \"d\"",
            "SELECT * FROM CIM_DataFile WHERE Name = 'c:\\\\windows\\\\a.exe' AND Version > 0x10",
            "ASSOCIATORS OF {Win32_LogicalDisk.DeviceID='C:'}",
        ] {
            let tokens = tokenize(query);
            let found = parse(&tokens);
            assert!(found.is_ok(), "{query}: {found:?}");
        }
    }

    #[test]
    fn what_wmi_cannot_read_is_told_with_its_place() {
        for (query, wanted) in [
            ("", "ends where `SELECT`"),
            (
                "SELECT FROM Win32_OperatingSystem",
                "`FROM` stands where `*`",
            ),
            ("SELECT * Win32_OperatingSystem", "where `FROM` belongs"),
            ("SELECT * FROM", "ends where a class"),
            ("SELECT * FROM a WHERE", "ends where a property"),
            ("SELECT * FROM a WHERE b", "ends where a comparison"),
            ("SELECT * FROM a WHERE b == 1", "`==` stands"),
            (
                "SELECT * FROM a WHERE b = \u{201C}c\u{201D}",
                "typographic quote",
            ),
            ("SELECT * FROM a WHERE b = 'c", "no closing quote"),
            ("SELECT * FROM a WHERE (b = 1", "ends where `)`"),
            ("SELECT * FROM a WHERE b = 1 c", "`c` stands where the end"),
            ("SELECT * FROM a;", "`;` stands"),
            ("Version LIKE '10%'", "`Version` stands where `SELECT`"),
            ("SELECT * FROM a WHERE b = 'C:\\Windows'", "is not doubled"),
            (
                "SELECT * FROM a WHERE b = Server",
                "both names of properties",
            ),
            (
                "SELECT * FROM a WHERE b LIKE SRV01",
                "both names of properties",
            ),
            ("SELECT * FROM a WHERE 1 = 1", "neither 1 nor 1"),
            (
                "SELECT * FROM a WHERE b = 10.0.17763",
                "`10.0.17763` is no number",
            ),
            ("SELECT * FROM a WHERE b = 17763abc", "is no number"),
            ("SELECT * FROM a WHERE b = -", "`-` is no number"),
            ("SELECT * FROM a.b", "no name of a class"),
            ("SELECT * FROM a WHERE b. = 1", "no name of a property"),
            ("ASSOCIATORS OF", "ends where `{`"),
            ("ASSOCIATORS OF Win32_Service", "where `{` belongs"),
            ("REFERENCES OF {", "ends where `}`"),
            ("REFERENCES OF {}", "no path"),
        ] {
            let error = parse(&tokenize(query)).unwrap_err();
            assert!(error.contains(wanted), "{query}: {error}");
        }
        let deep = format!("SELECT * FROM a WHERE {}b = 1", "(".repeat(10_000));
        let error = parse(&tokenize(&deep)).unwrap_err();
        assert!(error.contains("nested"), "{error}");
    }
}
