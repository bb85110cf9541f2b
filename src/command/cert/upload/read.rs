//! Reads the files of a certificate. The key's content goes straight into a secret.

use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::SecretString;

use super::{CertUploadArgs, refusal};
use crate::error::{Failure, Kind};
use crate::registry::upload::{File, secret};

/// What a key is called that was not in a file.
const STDIN: &str = "standard input";

/// The largest file that is read: larger ones hold something else.
const MOST_BYTES: u64 = 4 << 20;

/// A file as it was read.
pub(super) struct Read {
    name: String,
    bytes: Vec<u8>,
}

impl Read {
    pub(super) fn file(&self) -> File<'_> {
        File { name: &self.name, bytes: &self.bytes }
    }
}

/// All files of a certificate.
pub(super) struct Files {
    pub(super) certificate: Read,
    pub(super) chain: Option<Read>,
    pub(super) key_name: String,
    pub(super) key: SecretString,
    pub(super) warnings: Vec<String>,
}

pub(super) fn files(args: &CertUploadArgs) -> Result<Files, Failure> {
    let certificate = read("--cert", &args.cert)?;
    let chain = args.chain.as_deref().map(|path| read("--chain", path)).transpose()?;
    let mut warnings = Vec::new();
    let key = if args.key == Path::new("-") {
        if std::io::stdin().is_terminal() {
            return Err(unreadable("--key", STDIN, "it is a terminal"));
        }
        let mut bytes = Vec::new();
        let got = std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes);
        got.map_err(|error| unreadable("--key", STDIN, &error.to_string()))?;
        Read { name: STDIN.to_owned(), bytes }
    } else {
        warnings.extend(exposed(&args.key));
        read("--key", &args.key)?
    };
    let secret = secret(&key.name, key.bytes).map_err(|fault| refusal(&fault))?;
    Ok(Files { certificate, chain, key_name: key.name, key: secret, warnings })
}

fn read(flag: &str, path: &Path) -> Result<Read, Failure> {
    let name = path.display().to_string();
    let size = std::fs::metadata(path).map(|own| own.len());
    if size.is_ok_and(|size| size > MOST_BYTES) {
        return Err(unreadable(flag, &name, "it is larger than any certificate or key"));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(flag, &name, &error.to_string()))?;
    Ok(Read { name, bytes })
}

fn unreadable(flag: &str, name: &str, why: &str) -> Failure {
    Failure::new(Kind::Input, format!("could not read {name}"))
        .cause(why)
        .hint(format!("name a PEM file with {flag}; nothing was uploaded"))
}

/// A private key that others on this machine can read is worth a word.
fn exposed(key: &Path) -> Option<String> {
    let mode = std::fs::metadata(key).ok()?.permissions().mode();
    (mode & 0o004 != 0).then(|| format!("everyone on this machine can read {0}: chmod 600 {0}", key.display()))
}
