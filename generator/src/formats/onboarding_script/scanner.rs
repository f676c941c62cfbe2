//! Splits lines of a `.cmd` file into the commands that cmd.exe would run.
//!
//! Quotes toggle on every `"`, as in cmd.exe (a backslash before it means nothing there); `^`
//! takes the meaning from the next character; `&` and `|` end a command; `)` ends one inside a
//! block. Blocks go over lines, so the depth is kept between them.

/// Commands of one line that are looked at; portal scripts have at most four.
const MAX_COMMANDS: usize = 64;

/// One command as written: no leading `@`, block parentheses or separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// From the first word to the end, redirections included.
    pub(super) text: &'a [u8],
}

/// The state between lines.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    depth: usize,
}

/// Why a line cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyCommands;

impl Scanner {
    /// The commands of one line, `if` conditions and loop heads included as commands of their
    /// own (`if …` without what it guards).
    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> Result<Vec<Written<'a>>, TooManyCommands> {
        let mut found = Vec::new();
        let mut rest = line;
        loop {
            rest = self.enter(rest);
            if rest.is_empty() {
                return Ok(found);
            }
            if found.len() >= MAX_COMMANDS {
                return Err(TooManyCommands);
            }
            if let Some((head, guarded)) = split_head(rest) {
                found.push(Written { text: head });
                rest = guarded;
                continue;
            }
            let end = self.end_of_command(rest);
            let (text, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            found.push(Written { text });
            rest = after;
        }
    }

    /// Skips what may stand before a command: blanks, `@`, block parentheses, `else`,
    /// separators left over from the command before.
    fn enter<'a>(&mut self, mut rest: &'a [u8]) -> &'a [u8] {
        loop {
            match rest {
                [
                    b' ' | b'\t' | b'@' | b'&' | b'|' | b',' | b';' | b'=',
                    after @ ..,
                ] => {
                    rest = after;
                }
                [b'(', after @ ..] => {
                    self.depth = self.depth.saturating_add(1);
                    rest = after;
                }
                [b')', after @ ..] => {
                    self.depth = self.depth.saturating_sub(1);
                    rest = after;
                }
                _ => match word(rest) {
                    Some((name, after)) if name.eq_ignore_ascii_case(b"else") => rest = after,
                    _ => return rest,
                },
            }
        }
    }

    fn end_of_command(&self, text: &[u8]) -> usize {
        let mut quoted = false;
        let mut escaped = false;
        let mut after_redirection = false;
        for (index, &byte) in text.iter().enumerate() {
            let ends = match byte {
                _ if escaped => {
                    escaped = false;
                    false
                }
                b'^' if !quoted => {
                    escaped = true;
                    false
                }
                b'"' => {
                    quoted = !quoted;
                    false
                }
                // `2>&1` names a handle; it does not end the command.
                b'&' if after_redirection => false,
                b'&' | b'|' => !quoted,
                b')' => !quoted && self.depth > 0,
                _ => false,
            };
            if ends {
                return index;
            }
            after_redirection = byte == b'>' && !quoted;
        }
        text.len()
    }
}

/// The first word and what follows it.
pub(super) fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let end = text
        .iter()
        .position(|byte| b" \t,;=()<>&|\"".contains(byte))
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end)).flatten()
}

/// Splits `if CONDITION command` and `for … do command` behind the condition or the `do`.
fn split_head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, after) = word(text)?;
    let guarded = if name.eq_ignore_ascii_case(b"if") || name.eq_ignore_ascii_case(b"if/i") {
        after_condition(after)?
    } else if name.eq_ignore_ascii_case(b"for") {
        after_do(after)?
    } else {
        return None;
    };
    text.split_at_checked(text.len().checked_sub(guarded.len())?)
}

fn after_condition(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.trim_ascii_start();
    for option in [b"/i".as_slice(), b"not"] {
        if let Some((name, after)) = word(rest)
            && name.eq_ignore_ascii_case(option)
        {
            rest = after.trim_ascii_start();
        }
    }
    if let Some((name, after)) = word(rest)
        && [b"exist".as_slice(), b"defined", b"errorlevel"]
            .iter()
            .any(|test| name.eq_ignore_ascii_case(test))
    {
        return after_operand(after);
    }
    let rest = after_operand(rest)?.trim_ascii_start();
    if let Some(after) = rest.strip_prefix(b"==") {
        return after_operand(after);
    }
    let (operator, after) = word(rest)?;
    [b"equ", b"neq", b"lss", b"leq", b"gtr", b"geq"]
        .iter()
        .any(|known| operator.eq_ignore_ascii_case(*known))
        .then(|| after_operand(after))
        .flatten()
}

/// Skips one operand: quoted parts are whole, a blank or `=` outside quotes ends it.
fn after_operand(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    let mut quoted = false;
    let end = text
        .iter()
        .position(|&byte| {
            quoted ^= byte == b'"';
            !quoted && matches!(byte, b' ' | b'\t' | b'=')
        })
        .unwrap_or(text.len());
    (end > 0).then(|| text.get(end..)).flatten()
}

/// Behind `in (…) do`.
fn after_do(text: &[u8]) -> Option<&[u8]> {
    let open = text.iter().position(|&byte| byte == b'(')?;
    let mut quoted = false;
    let close = text.get(open..)?.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b')' && !quoted
    })?;
    let (name, after) = word(text.get(open + close + 1..)?)?;
    name.eq_ignore_ascii_case(b"do").then_some(after)
}

/// The set of a `for` loop, between its parentheses.
pub(super) fn loop_set(head: &[u8]) -> Option<&[u8]> {
    let open = head.iter().position(|&byte| byte == b'(')?;
    let close = head.iter().rposition(|&byte| byte == b')')?;
    head.get(open + 1..close).map(<[u8]>::trim_ascii)
}

/// File names after `>` or `>>` outside quotes; handles such as `&1` are left out.
pub(super) fn redirections(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut quoted = false;
    let mut escaped = false;
    for (index, &byte) in text.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'^' if !quoted => escaped = true,
            b'"' => quoted = !quoted,
            // The second half of `>>` was read with the first.
            b'>' if !quoted && index.checked_sub(1).and_then(|at| text.get(at)) != Some(&b'>') => {
                let rest = text.get(index + 1..).unwrap_or_default();
                let rest = rest.strip_prefix(b">").unwrap_or(rest).trim_ascii_start();
                if let Some(quoted) = rest.strip_prefix(b"\"") {
                    let end = quoted.iter().position(|&byte| byte == b'"');
                    found.push(
                        quoted
                            .get(..end.unwrap_or(quoted.len()))
                            .unwrap_or_default(),
                    );
                } else if !rest.starts_with(b"&") && !rest.starts_with(b">") {
                    let end = rest.iter().position(|byte| b" \t<>&|)".contains(byte));
                    found.push(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    found
}

/// Does the command read its input from a file (`<` outside quotes)?
pub(super) fn reads_file(text: &[u8]) -> bool {
    let mut quoted = false;
    text.iter().any(|&byte| {
        quoted ^= byte == b'"';
        byte == b'<' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &[&str]) {
        let mut scanner = Scanner::default();
        let found: Vec<String> = lines
            .iter()
            .flat_map(|line| scanner.line(line.as_bytes()).unwrap())
            .map(|written| String::from_utf8(written.text.trim_ascii().to_vec()).unwrap())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn separators_outside_quotes_split() {
        check(
            &["a 1 & b \"x & y\" && c | d"],
            &["a 1", "b \"x & y\"", "c", "d"],
        );
        check(&["a > x 2>&1"], &["a > x 2>&1"]);
        check(&["echo a^&b"], &["echo a^&b"]);
    }

    #[test]
    fn a_condition_is_split_from_what_it_guards() {
        check(&["if %E% NEQ 0 (a) else b"], &["if %E% NEQ 0", "a", "b"]);
        check(&["IF /I \"%x y%\"==\"N\" ("], &["IF /I \"%x y%\"==\"N\""]);
        check(
            &["if not exist \"a b\" del c"],
            &["if not exist \"a b\"", "del c"],
        );
        check(&["if [%A%] EQU [] goto x"], &["if [%A%] EQU []", "goto x"]);
        check(
            &["for /f \"delims=\" %%i in (a.txt) do if defined x b"],
            &["for /f \"delims=\" %%i in (a.txt) do", "if defined x", "b"],
        );
    }

    #[test]
    fn a_parenthesis_ends_a_command_only_inside_a_block() {
        check(&["echo (Y) or (N)"], &["echo (Y) or (N)"]);
        check(
            &["if a==b (", "echo x) else evil", ")"],
            &["if a==b", "echo x", "evil"],
        );
    }

    #[test]
    fn a_line_of_nothing_but_separators_ends() {
        check(&["&&&|||((()))"], &[]);
        let many = "a&".repeat(MAX_COMMANDS + 1);
        assert_eq!(
            Scanner::default().line(many.as_bytes()),
            Err(TooManyCommands)
        );
    }

    #[test]
    fn redirections_are_read_outside_quotes() {
        assert_eq!(
            redirections(b"a \"x > y\" > %TMP%\\z 2>&1"),
            [b"%TMP%\\z".as_slice()]
        );
        assert_eq!(redirections(b"a>>b"), [b"b".as_slice()]);
        assert!(reads_file(b"set /p x=<y") && !reads_file(b"set /p \"x=<y\""));
    }
}
