//! How whoever runs this logs in again: by the environment and the profile the credentials come from. It reads names of
//! settings and of profiles, never a secret.

use std::borrow::Cow;
use std::sync::OnceLock;

use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::{Failure, Kind};

/// One process has one set of credentials, and failed calls are turned into words far from where these were chosen.
static ADVICE: OnceLock<String> = OnceLock::new();

/// How to log in again, in words that follow "to go on:".
pub(super) fn advice() -> &'static str {
    ADVICE
        .get()
        .map_or("log in with `aws sso login` or `aws configure`, or name a profile with --profile", String::as_str)
}

/// Finds out where the credentials of this run come from. Fails when a profile was named and there is none of that name.
pub(super) async fn remember(profile: Option<&str>) -> Result<(), Failure> {
    let (fs, env) = (Fs::real(), Env::real());
    let chosen = profile.map(|name| Cow::Owned(name.to_owned()));
    let profiles = aws_config::profile::load(&fs, &env, &Default::default(), chosen).await;
    let name = profiles.as_ref().map_or("default", ProfileSet::selected_profile).to_owned();
    let setting = |profile: &str, key: &str| {
        profiles.as_ref().ok().and_then(|all| all.get_profile(profile)).and_then(|own| own.get(key)).map(str::to_owned)
    };
    if let (Some(wanted), Ok(all)) = (profile, &profiles)
        && all.get_profile(wanted).is_none()
    {
        return Err(Failure::new(Kind::Credentials, format!("there is no AWS profile {wanted}")).hint(format!(
            "see which there are: aws configure list-profiles; make it: aws configure --profile {wanted}"
        )));
    }
    // A profile that was named comes before the environment's keys.
    let is_set = |name: &str| profile.is_none() && env.get(name).is_ok_and(|value| !value.is_empty());
    if let Some(advice) = find(&name, setting, is_set) {
        // A second connection of the same run has the same credentials.
        let known = ADVICE.set(advice).is_err();
        tracing::trace!(known, "how to log in again");
    }
    Ok(())
}

/// The advice for a profile; none when nothing is known about it.
fn find(
    profile: &str,
    setting: impl Fn(&str, &str) -> Option<String>,
    is_set: impl Fn(&str) -> bool,
) -> Option<String> {
    if is_set("AWS_ACCESS_KEY_ID") {
        let kind = if is_set("AWS_SESSION_TOKEN") {
            "put new temporary credentials into AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        } else {
            "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        };
        return Some(format!("{kind}, or name a profile with --profile"));
    }
    // A role is assumed with the credentials of another profile, perhaps over several steps.
    let mut base = profile.to_owned();
    for _ in 0..8 {
        match setting(&base, "source_profile") {
            Some(next) if next != base => base = next,
            _ => break,
        }
    }
    let option = if base == "default" { String::new() } else { format!(" --profile {base}") };
    if setting(&base, "sso_session").or_else(|| setting(&base, "sso_start_url")).is_some() {
        return Some(format!("log in again: aws sso login{option}"));
    }
    if setting(&base, "login_session").is_some() {
        return Some(format!("log in again: aws login{option}"));
    }
    if setting(&base, "credential_process").is_some() {
        return Some(format!("log in again with what the credential_process of the profile {base} needs"));
    }
    if setting(profile, "role_arn").is_some() && setting(profile, "credential_source").is_none() {
        return Some(format!("renew the credentials of the profile {base}, with which {profile} assumes its role"));
    }
    setting(&base, "aws_access_key_id").map(|_| format!("renew the credentials: aws configure{option}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(profile: &str, environment: &[&str]) -> Option<String> {
        const SETTINGS: [(&str, &str, &str); 7] = [
            ("work", "sso_session", "corp"),
            ("default", "sso_start_url", "https://corp.awsapps.test/start"),
            ("admin", "role_arn", "arn:aws:iam::1:role/admin"),
            ("admin", "source_profile", "work"),
            ("vault", "credential_process", "vault aws"),
            ("keys", "aws_access_key_id", "AKIA"),
            ("loop", "source_profile", "loop"),
        ];
        let setting = |profile: &str, key: &str| {
            let found = SETTINGS.iter().find(|(own, name, _)| (*own, *name) == (profile, key));
            found.map(|(.., value)| (*value).to_owned())
        };
        find(profile, setting, |name| environment.contains(&name))
    }

    #[test]
    fn each_kind_of_credentials_is_renewed_its_own_way() {
        assert_eq!(told("work", &[]).as_deref(), Some("log in again: aws sso login --profile work"));
        assert_eq!(told("default", &[]).as_deref(), Some("log in again: aws sso login"));
        assert_eq!(told("admin", &[]).as_deref(), Some("log in again: aws sso login --profile work"));
        assert!(told("vault", &[]).is_some_and(|text| text.contains("credential_process")));
        assert_eq!(told("keys", &[]).as_deref(), Some("renew the credentials: aws configure --profile keys"));
        assert_eq!(told("loop", &[]), None);
        let temporary = told("work", &["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"]);
        assert!(temporary.is_some_and(|text| text.contains("AWS_SESSION_TOKEN")), "the environment comes first");
        assert!(told("work", &["AWS_ACCESS_KEY_ID"]).is_some_and(|text| text.contains("look at AWS_ACCESS_KEY_ID")));
    }
}
