//! What the rehearsal is started with. `tests/rehearse` fills in the paths.

use std::path::PathBuf;

use clap::Parser;

/// Performs the rehearsal: `up`, `docker login`, push, pull, a second `up`, a scale-out, the loss of a node,
/// `status`, `down`, `up` again on the kept images, `down`.
#[derive(Debug, Clone, Parser)]
#[command(name = "rehearse", version)]
pub struct Arguments {
    /// In-process nodes and no Docker client: needs neither root nor packages.
    #[arg(long)]
    pub light: bool,

    /// Leaves the registry running after the steps; Ctrl-C or --stop ends it.
    #[arg(long)]
    pub keep: bool,

    /// Instead of the usual steps: everything that can go wrong goes wrong under traffic, one after another.
    #[arg(long, conflicts_with = "light")]
    pub chaos: bool,

    /// Only the faults whose name contains this; or `users`, `logs`, `changes`, `template`.
    #[arg(long, requires = "chaos", value_name = "TEXT")]
    pub only: Option<String>,

    /// Also writes what clients saw into this Markdown file, row by row.
    #[arg(long, requires = "chaos", value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Debian release of the nodes and the client: `trixie` (13) or `bookworm` (12), the latter by `up --ami`.
    #[arg(long, value_name = "NAME", default_value = "trixie", value_parser = ["trixie", "bookworm"])]
    pub suite: String,

    /// Runs a command on the client machine of a rehearsal that runs already; a shell when none is given.
    #[arg(long, num_args = 0.., allow_hyphen_values = true, value_name = "COMMAND", conflicts_with_all = ["light", "keep"])]
    pub enter: Option<Vec<String>>,

    /// Ends a rehearsal that runs already.
    #[arg(long, conflicts_with_all = ["light", "keep", "enter"])]
    pub stop: bool,

    /// The binary to rehearse.
    #[arg(long, hide = true)]
    pub dockreg: PathBuf,

    /// Folder with the root file system of the machines and the registry image's content.
    #[arg(long, hide = true, default_value = "/var/cache/dockreg/machine")]
    pub machine: PathBuf,

    /// The `moto_server` program.
    #[arg(long, hide = true, default_value = "/var/cache/dockreg/moto/bin/moto_server")]
    pub moto: PathBuf,

    /// Folder with aws-cli, as pip lays it out.
    #[arg(long, hide = true, default_value = "/var/cache/dockreg/aws-cli")]
    pub aws_cli: PathBuf,

    /// Folder for all that one rehearsal writes; deleted at its end.
    #[arg(long, hide = true, default_value = "/var/cache/dockreg/run")]
    pub scratch: PathBuf,

    /// Set by the supervisor: start of the names of everything made, inside namespaces of its own.
    #[arg(long, hide = true)]
    pub inside: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the namespaces and start the rehearsal in them.
    Full,
    /// Perform the rehearsal inside the namespaces.
    Inside,
    /// Perform it without any.
    Light,
    /// Run a command on a running rehearsal's client.
    Enter,
    /// End a running rehearsal.
    Stop,
}

impl Arguments {
    /// What these arguments ask for.
    pub fn mode(&self) -> Mode {
        if self.enter.is_some() {
            Mode::Enter
        } else if self.stop {
            Mode::Stop
        } else if self.light {
            Mode::Light
        } else if self.inside.is_some() {
            Mode::Inside
        } else {
            Mode::Full
        }
    }
}
