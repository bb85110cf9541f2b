//! Reads a node's boot log: how far it came, and its end. Pure.

use std::fmt;

use serde::Serialize;

/// How much of a boot log is shown: its end holds the reason.
const LINES: usize = 25;

/// What the bootstrap writes before each line of its own.
const OWN: &str = "dockreg: ";

/// How far a node's boot came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The step's name, as the bootstrap calls it.
    pub name: String,
    /// Whether the node gave up there; otherwise it was still at it.
    pub failed: bool,
    /// What the node wrote just before it gave up.
    pub said: Option<String>,
}

/// What each step needs, and so what to look at.
const HINTS: [(&str, &str); 8] = [
    (
        "packages",
        "the node could not install packages: its subnet needs a route to the internet (an internet gateway and public addresses, or NAT)",
    ),
    ("docker", "Docker does not start on this image: leave --ami away to get Debian 13"),
    ("secrets", "the node could not read its secrets: look at its role, and at the route to Secrets Manager"),
    (
        "users",
        "the node does not know its users: the users secret cannot be read, or has a line that is no htpasswd entry or has too costly a hash",
    ),
    ("image", "the node could not pull the registry's image: see --image, and whether its subnet reaches the internet"),
    ("registry", "the registry does not start: see --image"),
    ("ping", "the registry does not answer on the node: see --image, and whether it may use the bucket"),
    (
        "load-balancer",
        "the load balancer does not find the node healthy: look at the security groups and the health check",
    ),
];

impl Step {
    /// What to look at.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        HINTS.iter().find(|(name, _)| *name == self.name).map(|(_, hint)| *hint)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.failed, &self.said) {
            (true, Some(said)) => write!(f, "failed at the step {:?}: {said}", self.name),
            (true, None) => write!(f, "failed at the step {:?}", self.name),
            (false, _) => write!(f, "came no further than the step {:?}", self.name),
        }
    }
}

/// How far the boot came, by the bootstrap's own lines; none when there are none, or it came to its end.
#[must_use]
pub fn step(console: &str) -> Option<Step> {
    let lines = cleaned(console);
    // The console puts the time before each line.
    let own = |line: &String| line.split_once(OWN).map(|(_, said)| said.trim().to_owned());
    let (at, last) = lines.iter().enumerate().rev().find_map(|(index, line)| Some((index, own(line)?)))?;
    if let Some(name) = last.strip_prefix("FAILED step=") {
        let before = lines[..at].iter().rev().find(|line| !line.is_empty());
        let said = before.filter(|line| own(line).is_none()).map(|line| line.trim().to_owned());
        return Some(Step { name: name.to_owned(), failed: true, said });
    }
    let is_step = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_step.then_some(Step { name: last, failed: false, said: None })
}

/// The last lines, without what moves the cursor or sets colours.
#[must_use]
pub fn tail(console: &str) -> String {
    let lines = cleaned(console);
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// Lines that say something, without escape sequences and control characters.
fn cleaned(console: &str) -> Vec<String> {
    console.lines().map(plain).filter(|line| !line.is_empty()).collect()
}

fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars().peekable();
    while let Some(next) = rest.next() {
        if next == '\x1b' {
            if rest.next_if_eq(&'[').is_some() {
                // Parameters of an escape sequence, up to the letter that ends it.
                while rest.next().is_some_and(|own| !own.is_ascii_alphabetic()) {}
            }
        } else if !next.is_control() {
            text.push(next);
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failed_step_and_what_was_said_before() {
        let console = "[   12.3] cloud-init[700]: dockreg: packages\r\n\x1b[0;31m[   99.0] E: Failed to fetch\x1b[0m\r\n\
                       [  100.1] cloud-init[700]: dockreg: FAILED step=packages\r\n\n";
        let step = step(console).expect("a step");
        assert_eq!((step.name.as_str(), step.failed), ("packages", true));
        assert_eq!(step.to_string(), "failed at the step \"packages\": [   99.0] E: Failed to fetch");
        assert!(step.hint().is_some_and(|hint| hint.contains("internet")));
    }

    #[test]
    fn a_node_that_is_still_at_it_and_one_that_finished() {
        let waiting = step("dockreg: packages\ndockreg: docker\nW: slow").expect("a step");
        assert_eq!(waiting, Step { name: "docker".into(), failed: false, said: None });
        assert_eq!(step("dockreg: signal\ndockreg: READY"), None);
        assert_eq!(step("Linux version 6.12"), None);
    }

    #[test]
    fn the_tail_is_short_and_plain() {
        let long: String = (0..60).map(|number| format!("\x1b[1;32mline\x1b[0m {number}\r\n\n")).collect();
        let tail = tail(&long);
        assert_eq!(tail.lines().count(), LINES);
        assert!(tail.starts_with("line 35\n") && tail.ends_with("line 59"), "{tail}");
    }

    #[test]
    fn every_step_of_the_bootstrap_that_can_fail_by_the_network_has_a_hint() {
        let bootstrap = include_str!("../../assets/node/dockreg-bootstrap");
        let steps: Vec<_> = bootstrap.lines().filter_map(|line| line.strip_prefix("step ")).collect();
        for (name, _) in HINTS {
            assert!(steps.contains(&name), "{name} is no step of {steps:?}");
        }
    }
}
