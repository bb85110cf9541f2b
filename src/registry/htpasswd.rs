//! Checks htpasswd lines before they are sent: hashes that the nodes' nginx verifies, nothing in plain text. Pure,
//! and no hash or password ever appears in what it returns.

use thiserror::Error;

/// The longest text that fits a template parameter, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const MAX_BYTES: usize = 4096;

/// Bcrypt costs above this slow every request down: a node checks the hash on each one.
/// Measured on one core: cost 5 330/s, cost 8 71/s, cost 10 12/s, cost 12 3.6/s.
pub const MAX_BCRYPT_COST: u8 = 8;

/// What a node takes at most: of bcrypt its cost, which stops nginx for 0.3 s; of sha-crypt its rounds. nginx hashes in
/// its event loop, for anybody who knows a name, and answers no health check meanwhile.
pub const BCRYPT_LIMIT: u8 = 12;
const ROUNDS_LIMIT: u32 = 100_000;

/// As many rounds of sha-crypt cost as much as bcrypt of cost 8.
const MAX_ROUNDS: u32 = 30_000;

/// The rounds of sha-crypt where a hash names none.
const ROUNDS: u32 = 5_000;

/// The user whose password AWS makes; nobody else may have this name.
pub const OPERATOR: &str = "dockreg";

/// How a password is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// `$2y$`, `$2a$`, `$2b$`, with its cost.
    Bcrypt(u8),
    /// `$6$`, with its rounds.
    Sha512Crypt(u32),
    /// `$5$`, with its rounds.
    Sha256Crypt(u32),
    /// `$y$`.
    Yescrypt,
    /// `$apr1$`, htpasswd's own default before 2.4.
    Apr1,
    /// `$1$`.
    Md5Crypt,
    /// `{SSHA}`.
    Ssha,
    /// `{SHA}`, unsalted.
    Sha,
}

/// One user of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// How the password is hashed.
    pub hash: Hash,
    /// The line it stands on, from 1.
    pub line: usize,
}

/// What is wrong with a file, by line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Too large for a template parameter.
    #[error("{0} bytes; at most {MAX_BYTES} fit, about 60 users")]
    TooLarge(usize),
    /// No user in it.
    #[error("no user in it")]
    Empty,
    /// A line without a colon, or without a name.
    #[error("line {0}: not of the form NAME:HASH")]
    Form(usize),
    /// A password in plain text, or an unknown hash.
    #[error("line {line}: {name} has a plain-text password or a hash that nginx does not know")]
    Hash {
        /// The line, from 1.
        line: usize,
        /// The user's name.
        name: String,
    },
    /// A hash that would stop a node.
    #[error(
        "line {line}: {name} has a hash too costly for a node, which computes it on every request: at most bcrypt of \
             cost {BCRYPT_LIMIT}, {ROUNDS_LIMIT} rounds of sha-crypt, or yescrypt of cost 7"
    )]
    Costly {
        /// The line, from 1.
        line: usize,
        /// The user's name.
        name: String,
    },
    /// The operator's name.
    #[error("line {0}: the name {OPERATOR} is taken by the operator, whose password AWS makes")]
    Operator(usize),
    /// A second line for the same name, of which only the first would count.
    #[error("line {line}: {name} is already on line {first}")]
    Duplicate {
        /// The second line, from 1.
        line: usize,
        /// The first one.
        first: usize,
        /// The user's name.
        name: String,
    },
    /// A character that cannot be passed on.
    #[error("line {0}: a control character or one outside ASCII")]
    Character(usize),
    /// A name that the template's parameter does not take: there, commas and spaces stand between users.
    #[error("line {0}: a name with a space or a comma in it")]
    Name(usize),
}

impl Fault {
    /// What to type next.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "start with fewer users; more can be added to the running registry",
            Self::Empty => "make one with: htpasswd -nbB -C 8 NAME PASSWORD",
            Self::Operator(_) | Self::Name(_) => "give that user another name",
            Self::Duplicate { .. } => "keep one line for each user",
            Self::Form(_) | Self::Hash { .. } | Self::Costly { .. } | Self::Character(_) => {
                "write each line with: htpasswd -nB -C 8 NAME (it asks for the password)"
            }
        }
    }
}

/// The lines with users, as they are sent: nothing else of a file may be in the template's parameter.
#[must_use]
pub fn lines(text: &str) -> String {
    numbered(text).map(|(_, content)| content).collect::<Vec<_>>().join("\n")
}

/// The lines that are neither empty nor a `#` comment, by number.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
    lines.filter(|(_, content)| !content.is_empty() && !content.starts_with('#'))
}

/// Reads htpasswd text: its users in order, or every fault in it. Empty lines and `#` comments are passed over.
pub fn check(text: &str) -> Result<Vec<User>, Vec<Fault>> {
    let mut users: Vec<User> = Vec::new();
    let mut faults = Vec::new();
    let bytes = lines(text).len();
    if bytes > MAX_BYTES {
        faults.push(Fault::TooLarge(bytes));
    }
    for (line, content) in numbered(text) {
        match user(line, content, &users) {
            Ok(user) => users.push(user),
            Err(fault) => faults.push(fault),
        }
    }
    if users.is_empty() && faults.is_empty() {
        faults.push(Fault::Empty);
    }
    if faults.is_empty() { Ok(users) } else { Err(faults) }
}

fn user(line: usize, content: &str, before: &[User]) -> Result<User, Fault> {
    if !content.chars().all(|character| character.is_ascii_graphic() || character == ' ') {
        return Err(Fault::Character(line));
    }
    let Some((name, hash)) = content.split_once(':').filter(|(name, _)| !name.is_empty()) else {
        return Err(Fault::Form(line));
    };
    if name.contains([' ', ',']) {
        return Err(Fault::Name(line));
    }
    if name == OPERATOR {
        return Err(Fault::Operator(line));
    }
    let name = name.to_owned();
    if let Some(first) = before.iter().find(|user| user.name == name) {
        return Err(Fault::Duplicate { line, first: first.line, name });
    }
    match hash_kind(hash) {
        Some(_) if is_too_costly(hash) => Err(Fault::Costly { line, name }),
        Some(hash) => Ok(User { name, hash, line }),
        None => Err(Fault::Hash { line, name }),
    }
}

/// Whether a node refuses a hash for what it costs, as `dockreg-users` does.
pub(super) fn is_too_costly(hash: &str) -> bool {
    if let Some(rest) = bcrypt(hash) {
        let cost = rest.split('$').next().filter(|cost| cost.len() == 2).and_then(|cost| cost.parse().ok());
        return !cost.is_some_and(|cost: u8| (4..=BCRYPT_LIMIT).contains(&cost));
    }
    if let Some(rest) = hash.strip_prefix("$y$") {
        // The logarithms of memory and block size, each as one of `./0-9A-Za-z`.
        let cost = rest.split('$').next().unwrap_or_default().as_bytes();
        return !matches!(
            cost,
            [b'j', b'.' | b'/' | b'0'..=b'9' | b'A' | b'B', b'.' | b'/' | b'0'..=b'9' | b'A'..=b'T']
        );
    }
    match hash.strip_prefix("$5$").or_else(|| hash.strip_prefix("$6$")).and_then(|rest| rest.strip_prefix("rounds=")) {
        Some(rest) => rounds(rest.split('$').next().unwrap_or_default()).is_none_or(|rounds| rounds > ROUNDS_LIMIT),
        None => false,
    }
}

fn bcrypt(hash: &str) -> Option<&str> {
    ["$2y$", "$2a$", "$2b$"].iter().find_map(|prefix| hash.strip_prefix(prefix))
}

/// Rounds as sha-crypt writes them: six digits are as many as any that a node takes has.
fn rounds(digits: &str) -> Option<u32> {
    let plain = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// The kind of a hash by its prefix, length and letters: a plain password that happens to begin like a hash is not one.
fn hash_kind(hash: &str) -> Option<Hash> {
    let marks = if hash.starts_with('{') { "{}+/=" } else { "./$=" };
    if !hash.chars().all(|own| own.is_ascii_alphanumeric() || marks.contains(own)) {
        return None;
    }
    let crypt = |prefix: &str, digest_length: usize| {
        let parts: Vec<_> = hash.strip_prefix(prefix)?.split('$').collect();
        let salt_and_digest = match parts.as_slice() {
            [salt, digest] => Some((salt, digest)),
            [rounds, salt, digest] if rounds.starts_with("rounds=") => Some((salt, digest)),
            _ => None,
        };
        let named = hash.strip_prefix(prefix)?.strip_prefix("rounds=").and_then(|rest| rounds(rest.split('$').next()?));
        let fits = salt_and_digest.filter(|(salt, digest)| salt.len() <= 16 && digest.len() == digest_length);
        fits.map(|_| named.unwrap_or(ROUNDS))
    };
    let encoded = |prefix: &str, lengths: std::ops::RangeInclusive<usize>| {
        hash.strip_prefix(prefix).filter(|digest| lengths.contains(&digest.len())).map(|_| ())
    };
    if let Some(rest) = bcrypt(hash) {
        let (cost, digest) = rest.split_once('$')?;
        let cost = cost.parse().ok().filter(|cost| (4..=31).contains(cost))?;
        return (digest.len() == 53).then_some(Hash::Bcrypt(cost));
    }
    if let Some(rest) = hash.strip_prefix("$y$") {
        return (rest.split('$').count() == 3 && rest.len() > 43).then_some(Hash::Yescrypt);
    }
    None.or_else(|| crypt("$6$", 86).map(Hash::Sha512Crypt))
        .or_else(|| crypt("$5$", 43).map(Hash::Sha256Crypt))
        .or_else(|| crypt("$apr1$", 22).map(|_| Hash::Apr1))
        .or_else(|| crypt("$1$", 22).map(|_| Hash::Md5Crypt))
        .or_else(|| encoded("{SSHA}", 32..=64).map(|()| Hash::Ssha))
        .or_else(|| encoded("{SHA}", 28..=28).map(|()| Hash::Sha))
}

/// A warning for each user whose hash costs every request too much, or protects too little.
pub fn warnings(users: &[User]) -> Vec<String> {
    users
        .iter()
        .filter_map(|user| match user.hash {
            Hash::Bcrypt(cost) if cost > MAX_BCRYPT_COST => Some(format!(
                "{} has a bcrypt hash of cost {cost}, which a node computes anew on every request; \
                 cost {MAX_BCRYPT_COST} allows 71 requests a second on one core, cost 10 only 12, cost 12 only 4",
                user.name
            )),
            Hash::Sha512Crypt(rounds) | Hash::Sha256Crypt(rounds) if rounds > MAX_ROUNDS => Some(format!(
                "{} has a hash of {rounds} rounds, which a node computes anew on every request; {ROUNDS} are usual",
                user.name
            )),
            Hash::Sha | Hash::Md5Crypt => {
                Some(format!("{} has an outdated hash that is quickly guessed; prefer bcrypt of cost 8", user.name))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Fault, Hash, MAX_BYTES, check, lines, warnings};

    /// Made with `openssl passwd` and `htpasswd` for the password `secret`.
    const APR1: &str = "$apr1$Lq1n6s3B$9w6hPPmZ8sdc3m3Ndq0Dm1";
    const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

    #[test]
    fn known_hashes_are_told_apart() {
        let digest = |length: usize| "a".repeat(length);
        for (hash, expected) in [
            (BCRYPT.to_owned(), Hash::Bcrypt(5)),
            (BCRYPT.replace("$2y$05", "$2b$12"), Hash::Bcrypt(12)),
            (APR1.to_owned(), Hash::Apr1),
            (format!("$6$salt${}", digest(86)), Hash::Sha512Crypt(5_000)),
            (format!("$6$rounds=1000$salt${}", digest(86)), Hash::Sha512Crypt(1_000)),
            (format!("$5$rounds=100000$salt${}", digest(43)), Hash::Sha256Crypt(100_000)),
            (format!("$1$salt${}", digest(22)), Hash::Md5Crypt),
            (format!("$y$j9T$salt${}", digest(43)), Hash::Yescrypt),
            (format!("{{SHA}}{}=", digest(27)), Hash::Sha),
            (format!("{{SSHA}}{}", digest(32)), Hash::Ssha),
        ] {
            let users = check(&format!("# users\n\nanna:{hash}\n"));
            assert_eq!(users.map(|users| (users[0].hash, users[0].line)), Ok((expected, 3)), "{hash}");
        }
    }

    #[test]
    fn faults_name_the_line_and_never_the_secret() {
        let long = format!("anna:{}", "a".repeat(MAX_BYTES));
        let salted = |salt: &str| format!("anna:$6${salt}${}", "a".repeat(86));
        for (text, expected) in [
            ("anna:hunter2", vec![Fault::Hash { line: 1, name: "anna".into() }]),
            ("anna:$2y$05$hunter2", vec![Fault::Hash { line: 1, name: "anna".into() }]),
            ("anna:$apr1$hunter2", vec![Fault::Hash { line: 1, name: "anna".into() }]),
            ("hunter2", vec![Fault::Form(1)]),
            (":hunter2", vec![Fault::Form(1)]),
            ("# nobody\n", vec![Fault::Empty]),
            (&long, vec![Fault::TooLarge(long.len()), Fault::Hash { line: 1, name: "anna".into() }]),
            (&format!("anna b:{APR1}"), vec![Fault::Name(1)]),
            (&format!("anna,b:{APR1}"), vec![Fault::Name(1)]),
            (&salted("sa,lt"), vec![Fault::Hash { line: 1, name: "anna".into() }]),
            (&format!("dockreg:{APR1}"), vec![Fault::Operator(1)]),
            (&format!("bücher:{APR1}"), vec![Fault::Character(1)]),
            (
                &format!("a:{APR1}\nb:{APR1}\na:{BCRYPT}\nc:hunter2"),
                vec![
                    Fault::Duplicate { line: 3, first: 1, name: "a".into() },
                    Fault::Hash { line: 4, name: "c".into() },
                ],
            ),
        ] {
            let faults = check(text);
            assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
            assert_eq!(faults, Err(expected), "{text}");
        }
    }

    #[test]
    fn users_alone_are_sent_and_counted() {
        let text = format!("# {}\n\nanna:{BCRYPT}  \r\n# of sales\nbert:{APR1}\n", "#".repeat(MAX_BYTES));
        assert_eq!(check(&text).map(|users| users.len()), Ok(2));
        assert_eq!(lines(&text), format!("anna:{BCRYPT}\nbert:{APR1}"));
    }

    #[test]
    fn hashes_that_would_stop_a_node_are_refused() {
        let digest = |length: usize| "a".repeat(length);
        for hash in [
            BCRYPT.replace("$05$", "$13$"),
            BCRYPT.replace("$05$", "$31$"),
            format!("$6$rounds=100001$salt${}", digest(86)),
            format!("$5$rounds=999999999$salt${}", digest(43)),
            format!("$y$jCT$salt${}", digest(43)),
        ] {
            let faults = check(&format!("anna:{hash}"));
            assert_eq!(faults, Err(vec![Fault::Costly { line: 1, name: "anna".into() }]), "{hash}");
        }
    }

    #[test]
    fn slow_and_weak_hashes_are_warned_about() {
        let many = format!("$6$rounds=50000$salt${}", "a".repeat(86));
        let slow = BCRYPT.replace("$05$", "$12$");
        let text = format!("slow:{slow}\nfine:{BCRYPT}\nweak:{{SHA}}{}=\nmany:{many}", "a".repeat(27));
        let warned = warnings(&check(&text).unwrap_or_default());
        assert_eq!(warned.len(), 3, "{warned:?}");
        assert!(warned[2].starts_with("many has a hash of 50000 rounds"), "{warned:?}");
        assert!(warned[0].starts_with("slow has a bcrypt hash of cost 12"), "{warned:?}");
        assert!(warned[1].starts_with("weak has"), "{warned:?}");
    }
}
