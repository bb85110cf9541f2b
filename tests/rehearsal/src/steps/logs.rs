//! The logs of the nodes: no password, hash, key or token is in any of them.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::scene::{PASSWORD, Scene, USER};
use crate::secret;

/// Units that must have logged something, so that there is something to look at. The bootstrap is cloud-init's last part.
const TALKERS: [&str; 4] = ["nginx", "dockreg-registry", "dockreg-users", "cloud-final"];

/// Adds the keys of the node's role to /run/secrets, and counts the lines that hold a line of that file: in the journal,
/// in log files, and in what cloud-init keeps. Says the talkers' own number of lines first.
const LOOK: &str = r#"
imds=http://169.254.169.254/latest
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token)
role=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/)
curl -fsS -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/$role |
  sed -n 's/.*"\(SecretAccessKey\|Token\)" *: *"\([^"]*\)".*/\2/p' >>/run/secrets
cut -d: -f2- /etc/dockreg/htpasswd >>/run/secrets
echo "a line with $PLANTED in it" | tee /var/log/planted | systemd-cat
journalctl -q --sync
journalctl -q -a -o cat >/run/journal
for talker in $TALKERS; do echo "$talker $(journalctl -q -a -o cat -u $talker | wc -l)"; done
echo "lines $(wc -l </run/journal)"
echo "secrets $(grep -c . /run/secrets)"
echo "found $(grep -aFc -f /run/secrets /run/journal)"
grep -raFl --exclude-dir=journal -f /run/secrets /var/log /var/lib/cloud | sed 's/^/file /'
rm /run/secrets /run/journal /var/log/planted
"#;

/// A word that is written into the journal and into a log file, and looked for as if it were a secret: a search that does
/// not find it finds nothing.
const PLANTED: &str = "planted-5b1f0c7e";

/// Searches every log of every node for what must be in none.
///
/// # Errors
/// When something is found, or a node has logged nothing that could be searched.
pub async fn quiet(scene: &Scene) -> Result<String> {
    let operator: Value = serde_json::from_str(&secret::value(scene, "OperatorSecret")?)?;
    let operator = operator["password"].as_str().context("the operator's secret has no password")?.to_owned();
    let encoded = |user: &str, password: &str| STANDARD.encode(format!("{user}:{password}"));
    let secrets = [
        PASSWORD.to_owned(),
        encoded(USER, PASSWORD),
        encoded("dockreg", &operator),
        operator,
        secret::value(scene, "HttpSecret")?,
        "Authorization: ".to_owned(),
        PLANTED.to_owned(),
    ];
    let script = format!(
        "cat >/run/secrets <<'END'\n{}\nEND\nTALKERS='{}'\nPLANTED={PLANTED}\n{LOOK}",
        secrets.join("\n"),
        TALKERS.join(" ")
    );
    let (mut lines, nodes) = (0, scene.healthy_nodes());
    for node in &nodes {
        let seen = scene.on_node(node, &script).await?.stdout;
        lines += number(&seen, "lines").context("the journal could not be read")?;
        for talker in TALKERS {
            ensure!(number(&seen, talker) > Some(0), "{talker} has logged nothing on {node}: {seen}");
        }
        ensure!(
            number(&seen, "secrets") > Some(secrets.len() + 2),
            "not all secrets were looked for on {node}: {seen}"
        );
        let files: Vec<_> = seen.lines().filter_map(|line| line.strip_prefix("file ")).collect();
        ensure!(
            number(&seen, "found") == Some(1) && files == ["/var/log/planted"],
            "secrets are in logs of {node}, or the planted word is not found: {seen}"
        );
        let console = scene.console(node);
        ensure!(!secrets.iter().any(|secret| console.contains(secret)), "a secret is on the console of {node}");
    }
    Ok(format!("{lines} lines of {} nodes: no password, hash, key, token or Authorization header", nodes.len()))
}

/// The number after a word at the start of a line.
fn number(text: &str, word: &str) -> Option<usize> {
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_read_from_its_own_line() {
        assert_eq!(number("nginx 5\nlines 7\n", "lines"), Some(7));
        assert_eq!(number("lines\n", "lines"), None);
        assert_eq!(number("dockreg-users 3\n", "dockreg"), None);
    }
}
