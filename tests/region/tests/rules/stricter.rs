//! The list of what is stricter than AWS, held to the source.

use std::fs;

use crate::{root, sources};

/// Words by which a refusal says that AWS would have taken the request.
const MARKS: [&str; 3] = [" not simulated", "the region does not model", "known to this region"];

/// File and words of each line of the list.
fn listed() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("stricter.md")).expect("the list");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::to_owned).collect::<Vec<_>>());
    let found: Vec<_> = cells.skip(1).map(|cells| (cells[1].clone(), cells[2].clone())).collect();
    assert!(found.len() > 10, "the list has lines");
    found
}

#[test]
fn every_place_of_the_stricter_list_exists() {
    let sources = sources();
    for (file, words) in listed() {
        let found = sources.iter().any(|(path, text)| *path == file && text.contains(&words));
        assert!(found, "stricter.md: {file} has no {words:?}");
    }
}

#[test]
fn every_refusal_of_what_is_not_simulated_is_listed() {
    let listed = listed();
    for (path, text) in sources() {
        let refusals = text.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains('"'));
        for line in refusals.filter(|line| MARKS.iter().any(|mark| line.contains(mark))) {
            let known = listed.iter().any(|(file, words)| *file == path && line.contains(words.as_str()));
            assert!(known, "stricter.md does not list {path}: {}", line.trim());
        }
    }
}
