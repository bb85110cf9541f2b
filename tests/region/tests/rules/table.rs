//! The table of operations and rules, and the list of unverified rules, which may only become shorter by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::source::{Rule, rules};
use crate::{models, root, sources};

/// The committed list of unverified rules.
const LIST: &str = "unverified.txt";

/// How to write the list anew.
const HOW: &str = "UNVERIFIED=write cargo test --test rules unverified";

fn all() -> Vec<Rule> {
    sources().iter().flat_map(|(path, text)| rules(path, text)).collect()
}

/// The part of the region that a file belongs to.
fn part(file: &str) -> String {
    let mut steps = file.trim_end_matches(".rs").split('/');
    match (steps.next(), steps.next()) {
        (Some("service"), Some(name)) => name.replace('_', "-"),
        (Some(first), Some(_)) => first.to_owned(),
        _ => "the rest".to_owned(),
    }
}

/// One line of the list: path, tab, rule.
fn line(rule: &Rule) -> String {
    format!("{}\t{}", rule.file, rule.text)
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is this test's result; --nocapture shows it")]
fn the_table_is_printed() {
    let rules = all();
    let mut table = String::from(
        "| part | operations | demands of the model | rules | with source | unverified |\n|---|---|---|---|---|---|\n",
    );
    let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for name in models::names("data/api") {
        parts.insert(name.clone(), models::service(&name));
    }
    for rule in &rules {
        parts.entry(part(&rule.file)).or_default();
    }
    parts.insert("resource".to_owned(), models::types());
    let mut sums = [0; 5];
    for (name, (operations, demands)) in &parts {
        let own: Vec<_> = rules.iter().filter(|rule| part(&rule.file) == *name).collect();
        let sourced = own.iter().filter(|rule| rule.sourced).count();
        let row = [*operations, *demands, own.len(), sourced, own.len() - sourced];
        let _ = writeln!(table, "| {name} | {} |", row.map(|number| number.to_string()).join(" | "));
        sums = std::array::from_fn(|at| sums[at] + row[at]);
    }
    let _ = writeln!(table, "| all | {} |", sums.map(|number| number.to_string()).join(" | "));
    println!("{table}\nThe operations of `resource` are resource types.");
    assert_eq!(sums[2], rules.len());
    assert!(sums[0] > 100 && sums[2] > 300, "the source is not where it was:\n{table}");
}

#[test]
fn unverified_rules_are_listed_and_do_not_become_more() {
    let mut now: Vec<String> = all().iter().filter(|rule| !rule.sourced).map(line).collect();
    now.sort();
    let path = root().join(LIST);
    #[expect(clippy::disallowed_methods, reason = "the one way to tell a test to write")]
    if std::env::var("UNVERIFIED").is_ok_and(|what| what == "write") {
        std::fs::write(&path, now.join("\n") + "\n").expect("the list is written");
    }
    let listed = std::fs::read_to_string(&path).expect("the list");
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in listed.lines() {
        *left.entry(line).or_default() += 1;
    }
    let mut fresh = Vec::new();
    for line in &now {
        match left.get_mut(line.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => fresh.push(line.as_str()),
        }
    }
    assert!(
        fresh.is_empty(),
        "{} rules without a source are not in tests/region/{LIST}. Cite the page in a comment above each (https://…), or, if none can be found:\n  {HOW}\n{}",
        fresh.len(),
        fresh.join("\n")
    );
}
