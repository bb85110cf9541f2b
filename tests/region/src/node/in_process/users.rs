//! Who may use the registry: the operator and the htpasswd lines of the users secret.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use htpasswd_verify::Htpasswd;
use serde_json::Value;

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
    /// Takes what the secrets hold now.
    ///
    /// # Errors
    /// A secret is not what the template or an htpasswd tool makes; its last good logins stay.
    pub(super) fn set(&self, operator: &str, users: &str) -> Result<(), String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let document: Value =
            serde_json::from_str(operator).map_err(|_| "the operator secret is not JSON".to_owned())?;
        let password = document["password"].as_str().filter(|password| password.len() >= 16);
        let password = password.ok_or_else(|| "the operator secret has no password".to_owned())?.to_owned();
        let lines = entries(users);
        let before = kept.as_ref().map(|logins| logins.lines.clone()).unwrap_or_default();
        let logins = Logins { operator: ("dockreg".to_owned(), password), lines: lines.clone().unwrap_or(before) };
        *kept = Some(Arc::new(logins));
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

/// The htpasswd entries of the users secret, one a line. A one-line parameter divides them by spaces or commas.
fn entries(users: &str) -> Result<String, String> {
    const HASHES: [&str; 10] = ["$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$", "$apr1$", "{SHA}", "{SSHA}"];
    let text = users.lines().filter(|line| !line.trim_start().starts_with('#'));
    let entries = text.flat_map(|line| line.split([' ', ',', '\t', '\r'])).filter(|entry| !entry.is_empty());
    let mut good = String::new();
    for entry in entries {
        let hash = entry.split_once(':').filter(|(name, _)| !name.is_empty()).map(|(_, hash)| hash);
        if !hash.is_some_and(|hash| HASHES.iter().any(|kind| hash.starts_with(kind))) {
            return Err("an entry of the users secret is no htpasswd entry".to_owned());
        }
        if !entry.starts_with("dockreg:") {
            good.push_str(entry);
            good.push('\n');
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
    use super::{STANDARD, Users};
    use base64::Engine as _;

    fn header(login: &str) -> String {
        format!("Basic {}", STANDARD.encode(login))
    }

    #[tokio::test]
    async fn admits_operator_and_users_with_their_own_password_only() {
        let users = Users::default();
        assert!(!users.admits(Some(&header("dockreg:"))).await);
        let lines = "alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00,bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g= mal:$2y$broken\n\
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
}
