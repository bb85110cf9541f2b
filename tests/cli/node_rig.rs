//! A node's own scripts, run as they are by `sh` in a folder of their own: what they would find on a node are files
//! there, and the programs that they call are stubs there, but for `awk`, `timeout` and the like.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Where the scripts look on a node, and where they look here.
const PLACES: [(&str, &str); 6] = [
    ("/etc/", "etc/"),
    ("/run/", "run/"),
    ("/proc/uptime", "uptime"),
    ("/proc/meminfo", "meminfo"),
    ("/proc/1/stat", "stat"),
    ("/usr/local/sbin/", "bin/"),
];

/// What every node knows.
const SETTINGS: &str = "OPERATOR_SECRET_ARN=operator\nUSERS_SECRET_ARN=users\nHTTP_SECRET_ARN=http\n\
                        BUCKET=images\nBUCKET_REGION=us-east-1\nURL_SUFFIX=amazonaws.com\nDOCKER_IMAGE=registry:3\n";

/// What a script has done.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// Its output, then its errors.
    pub said: String,
}

/// A machine that is one folder.
pub struct Rig(TempDir);

impl Rig {
    /// A machine with settings and a clock that stands still, and nothing that can be called.
    pub fn new() -> Self {
        let rig = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["bin", "run", "etc/dockreg", "etc/nginx/sites-enabled", "etc/nginx/conf.d"] {
            fs::create_dir_all(rig.path(folder)).expect("a folder");
        }
        rig.write("etc/dockreg/node.env", SETTINGS);
        rig.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        rig
    }

    /// A file of the machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file can be written");
    }

    /// The text of a file, if it is there.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    /// Puts a program there: `body` is run by `sh` in the machine's folder, after its call was noted in `calls`.
    pub fn stub(&self, name: &str, body: &str) {
        let folder = self.0.path().display();
        let text = format!("#!/bin/sh\ncd {folder} || exit 9\necho \"{name} $*\" >>calls\n{body}\n");
        self.program(name, &text);
    }

    /// Puts one of the node's scripts there, which looks in the machine's folder for what it would find on a node.
    pub fn install(&self, name: &str) {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/node/");
        let script = fs::read_to_string(PathBuf::from(source).join(name)).expect("the script is there");
        let here = |text: String, (from, to): &(&str, &str)| text.replace(from, &self.path(to).display().to_string());
        self.program(name, &PLACES.iter().fold(script, here));
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).expect("a program can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program may be run");
    }

    /// Runs a program of the machine.
    pub fn run(&self, name: &str) -> Done {
        self.run_with(name, &[])
    }

    /// Runs a program of the machine with arguments.
    pub fn run_with(&self, name: &str, arguments: &[&str]) -> Done {
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        let mut command = Command::new("sh");
        command.arg(self.path("bin").join(name)).args(arguments).env_clear().env("PATH", path).stdin(Stdio::null());
        let output = command.output().expect("sh runs");
        let said = [output.stdout, output.stderr].concat();
        Done { code: output.status.code().unwrap_or(-1), said: String::from_utf8_lossy(&said).into_owned() }
    }

    /// The calls of stubs so far, one a line.
    pub fn calls(&self) -> String {
        self.read("calls").unwrap_or_default()
    }
}
