//! What the node reads of its user data: the cloud-config's `/etc/dockreg/node.env`.

use std::collections::HashMap;

use serde_norway::Value;

/// Where the template puts the node's settings.
const SETTINGS: &str = "/etc/dockreg/node.env";

/// The settings in cloud-config user data, by name.
///
/// # Errors
/// What is wrong with the user data, for the console.
pub(super) fn settings(user_data: &[u8]) -> Result<HashMap<String, String>, String> {
    let text = std::str::from_utf8(user_data).map_err(|_| "the user data is not UTF-8".to_owned())?;
    if text.lines().next().map(str::trim_end) != Some("#cloud-config") {
        return Err("the user data is not cloud-config".to_owned());
    }
    let config: Value =
        serde_norway::from_str(text).map_err(|error| format!("the cloud-config is not YAML: {error}"))?;
    let files = config.get("write_files").and_then(Value::as_sequence);
    let path = |file: &&Value| file.get("path").and_then(Value::as_str) == Some(SETTINGS);
    let file = files.and_then(|files| files.iter().find(path));
    let content = file.and_then(|file| file.get("content")).and_then(Value::as_str);
    let content = content.ok_or_else(|| format!("the cloud-config writes no {SETTINGS}"))?;
    let lines = content.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let pair = line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            pair.ok_or_else(|| format!("a line of {SETTINGS} is no NAME=VALUE: {line}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn reads_the_settings_file_only() {
        let data = b"#cloud-config\nwrite_files:\n- {path: /etc/x, content: 'A=no'}\n\
                     - path: /etc/dockreg/node.env\n  content: |\n    A=yes\n    B=x=y\n";
        let settings = settings(data).expect("cloud-config");
        assert_eq!((settings["A"].as_str(), settings["B"].as_str()), ("yes", "x=y"));
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(settings(b"#!/bin/sh\n").is_err_and(|error| error.contains("cloud-config")));
        assert!(settings(b"#cloud-config\nruncmd: []\n").is_err_and(|error| error.contains("node.env")));
    }
}
