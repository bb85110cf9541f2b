//! Who may use the registry: the operator and the htpasswd lines of the users secret.

use std::sync::{Arc, Mutex, PoisonError};

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
    /// The operator's secret is not what the template makes; the last good logins stay.
    pub(super) fn set(&self, operator: &str, users: &str) -> Result<(), String> {
        let document: Value =
            serde_json::from_str(operator).map_err(|_| "the operator secret is not JSON".to_owned())?;
        let password = document["password"].as_str().filter(|password| password.len() >= 16);
        let password = password.ok_or_else(|| "the operator secret has no password".to_owned())?.to_owned();
        // A one-line parameter divides its lines by spaces or commas.
        let lines: Vec<String> = users
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| line.split([' ', ',', '\t', '\r']))
            .filter(|line| line.contains(':') && !line.starts_with("dockreg:"))
            // The same hash under its other names.
            .map(|line| line.replacen(":$2a$", ":$2y$", 1).replacen(":$2b$", ":$2y$", 1))
            .collect();
        let logins = Logins { operator: ("dockreg".to_owned(), password), lines: lines.join("\n") };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(logins));
        Ok(())
    }

    /// Whether an `Authorization` header is one of theirs. Without any login nobody comes in.
    pub(super) async fn admits(&self, authorization: Option<&str>) -> bool {
        let logins = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (Some(logins), Some((user, password))) = (logins, authorization.and_then(basic)) else { return false };
        if user == logins.operator.0 {
            return password == logins.operator.1;
        }
        // Slow hashes are slow on purpose, and a malformed one makes the verifier panic: both stay in the other thread.
        let check = tokio::task::spawn_blocking(move || Htpasswd::from(logins.lines.as_str()).check(user, password));
        check.await.unwrap_or(false)
    }
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
        let lines = "alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00,bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g= mal:$2y$broken";
        users.set(r#"{"username":"dockreg","password":"0123456789abcdef"}"#, lines).expect("good secrets");
        for (login, admitted) in [
            ("dockreg:0123456789abcdef", true),
            ("dockreg:password", false),
            ("alice:password", true),
            ("alice:wrong", false),
            ("bob:password", true),
            ("mal:password", false),
            ("nobody:password", false),
        ] {
            assert_eq!(users.admits(Some(&header(login))).await, admitted, "{login}");
        }
        assert!(!users.admits(None).await);
        assert!(users.set("{}", "").is_err());
        assert!(users.admits(Some(&header("alice:password"))).await, "the last good logins stay");
    }
}
