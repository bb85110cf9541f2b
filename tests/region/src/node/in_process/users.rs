//! Who may use the registry: the operator and the htpasswd lines of the users secret.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use htpasswd_verify::Htpasswd;
use regex::Regex;
use serde_json::Value;

/// Why a node does not take its secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The operator's.
    #[error("{0}")]
    Operator(&'static str),
    /// The users' secret makes no sense, which no waiting mends.
    #[error("line {0} of the users secret {1}")]
    Users(usize, &'static str),
}

/// The logins that are good now.
#[derive(Debug, Default)]
pub(super) struct Users(Mutex<Option<Arc<Logins>>>);

#[derive(Debug, PartialEq, Eq)]
struct Logins {
    operator: (String, String),
    /// htpasswd lines.
    lines: String,
}

impl Users {
    /// Takes what the secrets hold now, each for itself.
    ///
    /// # Errors
    /// A secret is not what the template or an htpasswd tool makes; its last good logins stay. A node that has none of
    /// them admits nobody.
    pub(super) fn set(&self, operator: &str, users: &str) -> Result<(), Refused> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let document: Value =
            serde_json::from_str(operator).map_err(|_| Refused::Operator("the operator secret is not JSON"))?;
        let password = document["password"].as_str().filter(|password| password.len() >= 16);
        let password = password.ok_or(Refused::Operator("the operator secret has no password"))?.to_owned();
        let lines = entries(users);
        let before = kept.as_ref().map(|logins| logins.lines.clone());
        if let Some(lines) = lines.clone().ok().or(before) {
            *kept = Some(Arc::new(Logins { operator: ("dockreg".to_owned(), password), lines }));
        }
        lines.map(drop)
    }

    /// Whether an `Authorization` header is one of theirs. Without any login nobody comes in.
    pub(super) async fn admits(&self, authorization: Option<&str>) -> bool {
        let logins = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (Some(logins), Some((user, password))) = (logins, authorization.and_then(basic)) else { return false };
        if user == logins.operator.0 {
            return password == logins.operator.1;
        }
        // Slow hashes are slow on purpose, and a malformed one makes the verifier panic: both stay in the other thread.
        tokio::task::spawn_blocking(move || verifies(&logins.lines, &user, &password)).await.unwrap_or(false)
    }
}

/// What `dockreg-users` takes for an entry.
static ENTRY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[^:]+:([$](1|5|6|y|2[aby]|apr1)[$][./A-Za-z0-9$=]+|[{]S?SHA[}][A-Za-z0-9+/=]+)$"));

/// The hashes that it does not take for too costly.
static FRUGAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([$](1|apr1)[$]|[{]|[$]2[aby][$](0[4-9]|1[0-2])[$]|[$]y[$]j[./0-9AB][./0-9A-T][$]|[$][56][$](rounds=(100000|[0-9]{1,5})[$])?[^=]*$)",
    )
});

#[expect(clippy::expect_used, reason = "the patterns are constants")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// The htpasswd entries of the users secret, one a line. A one-line parameter divides them by spaces or commas.
fn entries(users: &str) -> Result<String, Refused> {
    let mut good = String::new();
    for (line, content) in users.split('\n').enumerate().map(|(index, content)| (index + 1, content)) {
        if content.trim_start_matches([' ', '\t']).starts_with('#') {
            continue;
        }
        for entry in content.split([' ', ',', '\t', '\r']).filter(|entry| !entry.is_empty()) {
            let hash = entry.split_once(':').map(|(_, hash)| hash).filter(|_| ENTRY.is_match(entry));
            let hash = hash.ok_or(Refused::Users(line, "is not an htpasswd entry"))?;
            if !FRUGAL.is_match(hash) {
                return Err(Refused::Users(line, "has too costly a hash"));
            }
            if !entry.starts_with("dockreg:") {
                good.push_str(entry);
                good.push('\n');
            }
        }
    }
    Ok(good)
}

/// As nginx with glibc does, but for yescrypt, which no crate verifies.
fn verifies(lines: &str, user: &str, password: &str) -> bool {
    let hash = lines.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| *name == user);
    match hash.map(|(_, hash)| hash) {
        None => false,
        Some(hash) if hash.starts_with("{SSHA}") => salted_sha1(&hash[6..], password),
        Some(hash) if hash.starts_with('$') && !hash.starts_with("$apr1$") => pwhash::unix::verify(password, hash),
        Some(_) => Htpasswd::from(lines).check(user, password),
    }
}

/// Base64 of the digest of password and salt, and the salt.
fn salted_sha1(encoded: &str, password: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(encoded) else { return false };
    let Some((sum, salt)) = bytes.split_at_checked(20) else { return false };
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &[password.as_bytes(), salt].concat()).as_ref() == sum
}

fn basic(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ").or_else(|| header.strip_prefix("basic "))?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Refused, STANDARD, Users};
    use base64::Engine as _;

    fn header(login: &str) -> String {
        format!("Basic {}", STANDARD.encode(login))
    }

    #[tokio::test]
    async fn admits_operator_and_users_with_their_own_password_only() {
        let users = Users::default();
        assert!(!users.admits(Some(&header("dockreg:"))).await);
        let lines = "alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00,bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g= mal:$2y$05$broken\n\
                     six:$6$abcdefgh$yVfUwsw5T.JApa8POvClA1pQ5peiq97DUNyXCZN5IrF.BMSkiaLQ5kvpuEm/VQ1Tvh/KV2TcaWh8qinoW5dhA1 five:$5$abcdefgh$ZLdkj8mkc2XVSrPVjskDAgZPGjtj1VGVaa1aUkrMTU/\n\
                     one:$1$abcdefgh$G//4keteveJp0qb8z2DxG/ salt:{SSHA}UVzTPN8LJr8KD0hiYi5PaOVGehFzYWx0eQ==";
        users.set(r#"{"username":"dockreg","password":"0123456789abcdef"}"#, lines).expect("good secrets");
        for (login, admitted) in [
            ("dockreg:0123456789abcdef", true),
            ("dockreg:password", false),
            ("alice:password", true),
            ("alice:wrong", false),
            ("bob:password", true),
            ("mal:password", false),
            ("six:password", true),
            ("six:wrong", false),
            ("five:password", true),
            ("one:password", true),
            ("salt:password", true),
            ("salt:wrong", false),
            ("nobody:password", false),
        ] {
            assert_eq!(users.admits(Some(&header(login))).await, admitted, "{login}");
        }
        assert!(!users.admits(None).await);
        assert!(users.set("{}", "").is_err());
        assert!(users.set(r#"{"password":"fedcba9876543210"}"#, "no entry").is_err());
        assert!(users.admits(Some(&header("dockreg:fedcba9876543210"))).await, "each secret for itself");
        assert!(users.admits(Some(&header("alice:password"))).await, "the last good logins stay");
    }

    #[tokio::test]
    async fn a_node_that_never_knew_its_users_admits_nobody() {
        let operator = r#"{"username":"dockreg","password":"0123456789abcdef"}"#;
        let costly = format!("bert:$2y$13${}", "a".repeat(53));
        for (secret, why) in [("no entry", "is not an htpasswd entry"), (costly.as_str(), "has too costly a hash")] {
            let users = Users::default();
            assert_eq!(users.set(operator, &format!("# users\n{secret}")), Err(Refused::Users(2, why)));
            assert!(!users.admits(Some(&header("dockreg:0123456789abcdef"))).await, "{secret}");
        }
    }
}
