//! The house rules that no lint knows: each test here names the files that break its rule.

use std::fs;
use std::path::{Path, PathBuf};

/// Files longer than this hide more than one job.
const MOST_LINES: usize = 400;
/// Half of the files are to be shorter than this.
const MEDIAN_LINES: usize = 150;

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of the file before its unit tests.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or(&self.text)
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the project can be listed") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "__pycache__" {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// All text files below src, tests, assets and .ci.
fn texts() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "assets", ".ci"] {
        walk(&root().join(folder), &mut paths);
    }
    for file in ["Cargo.toml", "README.md", "CHANGELOG.md", "deny.toml", "clippy.toml"] {
        paths.push(root().join(file));
    }
    let relative = |path: &Path| path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned();
    paths
        .iter()
        .filter_map(|path| Some(Source { path: relative(path), text: fs::read_to_string(path).ok()? }))
        .collect()
}

fn rust_files() -> Vec<Source> {
    let files: Vec<_> = texts().into_iter().filter(|source| source.path.ends_with(".rs")).collect();
    assert!(files.len() > 20, "the walk finds the project's Rust files");
    files
}

/// This file names what it forbids.
fn but_this_one(source: &Source) -> bool {
    source.path != "tests/tidy.rs"
}

fn must_be_empty(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

/// Lines of code that contain one of the words, as `path:line: text`.
fn lines_with<'a>(sources: impl Iterator<Item = &'a Source>, words: &[&str]) -> Vec<String> {
    sources
        .flat_map(|source| {
            source.text.lines().enumerate().filter_map(|(index, line)| {
                let code = line.split("//").next().unwrap_or(line);
                let hit = words.iter().any(|word| code.contains(word));
                hit.then(|| format!("{}:{}: {}", source.path, index + 1, line.trim()))
            })
        })
        .collect()
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<_> = rust_files().iter().map(|s| (s.text.lines().count(), s.path.clone())).collect();
    lengths.sort();
    let long: Vec<_> =
        lengths.iter().filter(|(n, _)| *n > MOST_LINES).map(|(n, p)| format!("{p}: {n} lines")).collect();
    must_be_empty("files over 400 lines", &long);
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= MEDIAN_LINES, "the median file has {median} lines");
}

#[test]
fn every_file_says_its_job_first() {
    let silent: Vec<_> = rust_files().iter().filter(|s| !s.text.starts_with("//!")).map(|s| s.path.clone()).collect();
    must_be_empty("files without a `//!` head", &silent);
}

#[test]
fn names_say_what_a_file_is_for() {
    const VAGUE: [&str; 5] = ["util", "helper", "manager", "common", "misc"];
    let vague: Vec<_> = rust_files()
        .iter()
        .map(|s| s.path.clone())
        .filter(|path| path.split(['/', '_', '.']).any(|part| VAGUE.iter().any(|v| part.trim_end_matches('s') == *v)))
        .collect();
    must_be_empty("files with a vague name", &vague);
}

#[test]
fn only_the_aws_folder_names_the_sdk() {
    let files = rust_files();
    let outside = files.iter().filter(|s| s.is_below(&["src/"]) && !s.is_below(&["src/aws/"]));
    must_be_empty("the SDK named outside src/aws", &lines_with(outside, &["aws_sdk_", "aws_config", "aws_smithy"]));
}

#[test]
fn dependencies_run_one_way() {
    let files = rust_files();
    let below = |folder: &'static str| files.iter().filter(move |s| s.is_below(&[folder]));
    must_be_empty("aws looks up", &lines_with(below("src/aws/"), &["crate::ui", "crate::command"]));
    must_be_empty("ui looks sideways or up", &lines_with(below("src/ui/"), &["crate::aws", "crate::command"]));
    must_be_empty("stack looks up", &lines_with(below("src/stack/"), &["crate::command", "crate::ui"]));
    must_be_empty(
        "registry looks up",
        &lines_with(below("src/registry/"), &["crate::command", "crate::ui", "crate::aws"]),
    );
}

#[test]
fn pure_modules_touch_nothing() {
    const PURE: [&str; 6] = [
        "src/registry/names.rs",
        "src/registry/plan.rs",
        "src/registry/template.rs",
        "src/stack/status.rs",
        "src/stack/event.rs",
        "src/stack/failure.rs",
    ];
    const WORLD: [&str; 7] = ["tokio", "clap", "indicatif", "std::fs", "std::net", "std::env", "async fn"];
    let files = rust_files();
    let pure: Vec<_> = files
        .iter()
        .filter(|s| s.is_below(&PURE))
        .map(|s| Source { path: s.path.clone(), text: s.code().into() })
        .collect();
    assert_eq!(pure.len(), PURE.len(), "every pure module exists");
    must_be_empty("a pure module touches the world", &lines_with(pure.iter(), &WORLD));
}

#[test]
fn only_the_ui_prints() {
    let files = rust_files();
    let silent = files.iter().filter(|s| s.is_below(&["src/"]) && !s.is_below(&["src/ui/"]));
    must_be_empty(
        "printing outside src/ui",
        &lines_with(silent, &["println!", "eprintln!", "print!(", "io::stdout", "io::stderr"]),
    );
}

#[test]
fn nothing_is_unfinished_or_silenced() {
    const SIGNS: [&str; 6] = ["todo!", "unimplemented!", "#[ignore", "allow(dead_code", "allow(unused", "allow(clippy"];
    let files = texts();
    let code = files.iter().filter(|s| but_this_one(s) && (s.path.ends_with(".rs") || s.path.ends_with(".sh")));
    must_be_empty("unfinished or silenced", &lines_with(code, &SIGNS));
    let scripts = files.iter().filter(|s| but_this_one(s) && s.text.starts_with("#!"));
    must_be_empty("a script that hides a failure", &lines_with(scripts, &["set +e"]));
    let notes: Vec<_> = files
        .iter()
        .filter(|s| but_this_one(s) && !s.path.starts_with("tests/region/data/"))
        .filter(|s| ["TODO", "FIXME", "XXX:"].iter().any(|word| s.text.contains(word)))
        .map(|s| s.path.clone())
        .collect();
    must_be_empty("notes to do something later", &notes);
}

#[test]
fn tests_do_not_sleep_and_use_loopback_by_number() {
    let files = rust_files();
    let tests = files.iter().filter(|s| s.is_below(&["tests/cli/", "tests/region/tests/"]));
    // Between two looks at a condition a test may pause this long, never in the place of one.
    const PAUSES: [&str; 3] = ["from_millis(5)", "from_millis(10)", "from_millis(20)"];
    let mut lines = lines_with(tests, &["sleep(", "localhost"]);
    lines.retain(|line| !PAUSES.iter().any(|pause| line.contains(pause)));
    must_be_empty("a test sleeps or says localhost", &lines);
}

#[test]
fn nothing_names_the_machine_it_was_made_on() {
    let own = root().to_string_lossy().into_owned();
    let places: Vec<_> = texts()
        .iter()
        .filter(|s| but_this_one(s))
        .filter(|s| {
            s.text.contains(&own) || ["/root/.", "/work/", "artifactory"].iter().any(|word| s.text.contains(word))
        })
        .map(|s| s.path.clone())
        .collect();
    must_be_empty("paths or hosts of one machine", &places);
}

#[test]
fn the_top_level_is_what_it_should_be() {
    const EXPECTED: [&str; 8] =
        ["Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md", "LICENSE", "assets", "src", "tests"];
    const CONFIGURATION: [&str; 5] = ["build.rs", "clippy.toml", "deny.toml", "rustfmt.toml", "target"];
    let mut strange = Vec::new();
    for entry in fs::read_dir(root()).expect("the project's folder can be listed") {
        let name = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !EXPECTED.contains(&name.as_str()) && !CONFIGURATION.contains(&name.as_str()) {
            strange.push(name);
        }
    }
    must_be_empty("unexpected at the top level", &strange);
}
