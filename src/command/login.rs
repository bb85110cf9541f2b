//! `dockreg login`: hands the operator's credentials to Docker's own store.

use clap::Args;

/// `dockreg login`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  What `docker login` says. The password goes to Docker on its standard input and is never shown.

Exit code:
  0  Docker accepted and stored the credentials
  1  no such stack, no permission to read the secret, or Docker refused")]
pub struct LoginArgs {
    /// The client to log in: docker, podman, skopeo or any program with `login --password-stdin`
    #[arg(long, env = "DOCKREG_CLIENT", value_name = "PROGRAM", default_value = "docker", hide_env_values = true)]
    pub client: String,
}
