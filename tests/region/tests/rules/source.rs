//! Rules in one source file. A rule is a refusal (every construction of an error counts by itself) or a behaviour that a
//! comment gives a source for or calls unverified. What vouches for a refusal is the nearest comment on its line, above
//! it, or above anything that it is indented in; a file's head vouches for nothing. Without a URL it is unverified.

use std::sync::LazyLock;

use regex::Regex;

/// A rule of the region that no model carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Path from `src`.
    pub file: String,
    /// What it says: an error's code and words, or the comment.
    pub text: String,
    /// Whether a comment cites a page for it, without `[U]`.
    pub sourced: bool,
}

/// Constructions of errors; strings as errors; tuples of code, words and status.
static REFUSALS: LazyLock<Regex> = LazyLock::new(|| {
    let constructor = r"\b(?:AwsError::(?:new|validation)|FormationError(?:::\w+)?|ResourceFailure::new)\(";
    let string = r#"\bErr\(\s*(?:format!\(\s*)?""#;
    let tuple = r#"\(\s*"[A-Z]\w+",\s*[^;=]{0,400}?,\s*[45]\d\d,?\s*\)"#;
    Regex::new(&format!("{constructor}|{string}|{tuple}")).expect("a pattern")
});

static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(?s)"((?:[^"\\]|\\.)*)""#).expect("a pattern"));

/// The comment on a line, if any: text after `//`, but not within a URL or a string.
fn comment(line: &str) -> Option<&str> {
    let start = line.trim_start();
    if start.starts_with("//!") {
        return None;
    }
    if start.starts_with("//") {
        return Some(start);
    }
    let at = line.rfind(" // ")?;
    let quotes = line[..at].replace("\\\"", "").matches('"').count();
    quotes.is_multiple_of(2).then(|| &line[at + 1..])
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_mark(text: &str) -> bool {
    text.contains("https://") || text.contains("[U]")
}

fn vouches(text: &str) -> bool {
    text.contains("https://") && !text.contains("[U]")
}

/// Index of the first line of the comment block that ends above `line`, attributes skipped.
fn block_above(lines: &[&str], line: usize) -> Option<std::ops::Range<usize>> {
    let mut end = line;
    while end > 0 && lines[end - 1].trim_start().starts_with("#[") {
        end -= 1;
    }
    let mut start = end;
    while start > 0 && lines[start - 1].trim_start().starts_with("//") {
        start -= 1;
    }
    (start < end).then_some(start..end)
}

/// Lines of the nearest comment that marks the rule whose construction spans `from..=to`.
fn mark(lines: &[&str], from: usize, to: usize) -> Option<std::ops::Range<usize>> {
    if let Some(own) = (from..=to).find(|at| comment(lines[*at]).is_some_and(is_mark)) {
        return Some(own..own + 1);
    }
    let mut level = indent(lines[from]) + 1;
    for at in (0..=from).rev() {
        let line = lines[at];
        let code = !line.trim().is_empty() && !line.trim_start().starts_with("//");
        if !code || indent(line) >= level {
            continue;
        }
        level = indent(line);
        if at < from && comment(line).is_some_and(is_mark) {
            return Some(at..at + 1);
        }
        let above = block_above(lines, at);
        let marked = above.filter(|block| block.clone().any(|one| comment(lines[one]).is_some_and(is_mark)));
        if marked.is_some() {
            return marked;
        }
        if level == 0 {
            break;
        }
    }
    None
}

/// Where the brackets that open first after `offset` are closed again.
fn end_of(text: &str, offset: usize) -> usize {
    let mut depth = 0_i32;
    for (at, letter) in text[offset..].char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => continue,
        }
        if depth <= 0 {
            return offset + at;
        }
    }
    text.len()
}

/// All rules of a file.
pub fn rules(file: &str, text: &str) -> Vec<Rule> {
    let lines: Vec<&str> = text.lines().collect();
    let line_of = |offset: usize| text[..offset].matches('\n').count().min(lines.len() - 1);
    let mut used = vec![false; lines.len()];
    let (mut found, mut past) = (Vec::new(), 0);
    for hit in REFUSALS.find_iter(text) {
        let (first, end) = (line_of(hit.start()), end_of(text, hit.start()));
        if hit.start() < past || lines[first].trim_start().starts_with("//") {
            continue;
        }
        past = end;
        let literals = LITERAL.captures_iter(&text[hit.start()..end]).filter_map(|one| Some(one.get(1)?.as_str()));
        let words: Vec<&str> = literals.take(2).collect();
        if words.is_empty() {
            // An error that is passed on.
            continue;
        }
        let by = mark(&lines, first, line_of(end));
        let said: String = by.clone().into_iter().flatten().filter_map(|at| comment(lines[at])).collect();
        by.into_iter().flatten().for_each(|at| used[at] = true);
        found.push(Rule { file: file.to_owned(), text: squeezed(&words.join(": ")), sourced: vouches(&said) });
    }
    found.extend(behaviours(file, &lines, &used));
    found
}

/// Comments that mark something else than a refusal: one rule for each block.
fn behaviours(file: &str, lines: &[&str], used: &[bool]) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let mut end = at;
        while end < lines.len()
            && lines[end].trim_start().starts_with("//")
            && !lines[end].trim_start().starts_with("//!")
        {
            end += 1;
        }
        let block = at..end.max(at + 1);
        let text: Vec<&str> = block.clone().filter_map(|one| comment(lines[one])).collect();
        let text = text.join(" ");
        if is_mark(&text) && !block.clone().any(|one| used[one]) {
            found.push(Rule { file: file.to_owned(), text: squeezed(&text), sourced: vouches(&text) });
        }
        at = block.end;
    }
    found
}

/// One line of at most 160 characters.
fn squeezed(text: &str) -> String {
    let words = text.replace("\\n", " ").replace('\\', " ");
    words
        .split_whitespace()
        .filter(|word| !word.starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(160)
        .collect()
}

#[test]
fn rules_are_found_and_the_nearest_comment_vouches() {
    let text = r#"//! Words are [U]. https://example.test/head

/// Seconds. [U]
const A: u8 = 1;

// https://example.test/b
const B: u8 = 1;

/// Refuses.
/// https://example.test/fn
fn one(x: u8) -> Result<(), AwsError> {
    if x > 1 {
        return Err(AwsError::validation("sourced by the function"));
    }
    // [U]
    if x > 2 {
        return Err(AwsError::new("Code", format!("unverified, {x} is too much")));
    }
    Err(AwsError::new("Code", "unverified on its line")) // [U]
}

fn two() -> Result<(), AwsError> {
    other().map_err(|error| AwsError::new("NoSource", error.to_string()))?;
    match status() {
        200 => Ok(()),
        _ => Err(AwsError::validation(
            "no source either",
        )),
    }
}
"#;
    let said: Vec<(String, bool)> = rules("a.rs", text).into_iter().map(|rule| (rule.text, rule.sourced)).collect();
    let expected = [
        ("sourced by the function", true),
        ("Code: unverified, {x} is too much", false),
        ("Code: unverified on its line", false),
        ("NoSource", false),
        ("no source either", false),
        ("Seconds. [U]", false),
        ("https://example.test/b", true),
    ];
    assert_eq!(said, expected.map(|(text, sourced)| (text.to_owned(), sourced)));
}
