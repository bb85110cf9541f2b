//! Checks what the users secret holds, by the rules of the nodes' `dockreg-users`, which are wider than those for a file:
//! what it refuses keeps a new node from serving. Pure, and no hash or password ever appears in what it returns.

use thiserror::Error;

use super::htpasswd::is_too_costly;

/// Why nodes refuse the secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Not NAME:HASH with a hash that nginx knows.
    #[error("line {0} is no htpasswd entry")]
    Entry(usize),
    /// A hash that would stop a node.
    #[error("line {0} has too costly a hash")]
    Costly(usize),
}

impl Fault {
    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        match self {
            Self::Entry(line) | Self::Costly(line) => *line,
        }
    }
}

/// Finds the first entry that nodes refuse.
///
/// # Errors
/// The line it stands on.
pub fn check(text: &str) -> Result<(), Fault> {
    for (line, content) in text.split('\n').enumerate().map(|(index, content)| (index + 1, content)) {
        if content.trim_start_matches([' ', '\t']).starts_with('#') {
            continue;
        }
        for entry in content.split([' ', ',', '\t', '\r']).filter(|entry| !entry.is_empty()) {
            let hash = entry.split_once(':').filter(|(name, hash)| !name.is_empty() && is_hash(hash));
            let (_, hash) = hash.ok_or(Fault::Entry(line))?;
            if is_too_costly(hash) {
                return Err(Fault::Costly(line));
            }
        }
    }
    Ok(())
}

fn is_hash(hash: &str) -> bool {
    const CRYPT: [&str; 8] = ["$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$", "$apr1$"];
    let of = |prefixes: &[&str], others: &str| {
        let rest = prefixes.iter().find_map(|prefix| hash.strip_prefix(prefix)).unwrap_or_default();
        !rest.is_empty() && rest.chars().all(|one| one.is_ascii_alphanumeric() || others.contains(one))
    };
    of(&CRYPT, "./$=") || of(&["{SHA}", "{SSHA}"], "+/=")
}
