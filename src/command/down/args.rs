//! `dockreg down` as it is typed. It parses and decides nothing.

use clap::Args;

/// `dockreg down`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  What was deleted and what stays, the image bucket first of all.

Exit code:
  0  deleted, or there was nothing to delete
  1  declined, not our stack, protected from deletion, or AWS refused
  3  something is left that should be gone, or --timeout passed
  130  interrupted: the deletion goes on, and `dockreg down` follows it")]
pub struct DownArgs {
    /// Do not ask for the stack's name
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Delete the bucket and every image in it too; asks for the stack's name whatever else is said
    #[arg(long, conflicts_with = "detach")]
    pub delete_images: bool,
    /// The stack's name, as consent to --delete-images where it cannot be asked for
    #[arg(long, value_name = "NAME")]
    pub confirm_stack: Option<String>,
    /// The bucket's name, as consent to --delete-images where the stack did not make it (`up --bucket`)
    #[arg(long, value_name = "NAME", requires = "delete_images")]
    pub confirm_bucket: Option<String>,
    /// Lift the stack's protection from deletion first
    #[arg(long)]
    pub lift_protection: bool,
    /// Leave these resources in the account if they cannot be deleted
    #[arg(long, value_name = "LOGICAL_ID,…", value_delimiter = ',', conflicts_with_all = ["force", "detach"])]
    pub retain: Vec<String>,
    /// Leave whatever cannot be deleted in the account
    #[arg(long, conflicts_with = "detach")]
    pub force: bool,
    /// Use this IAM role to delete the stack
    #[arg(long, env = "DOCKREG_ROLE_ARN", value_name = "ARN", hide_env_values = true)]
    pub role_arn: Option<String>,
    /// Start the deletion and do not wait for it
    #[arg(long)]
    pub detach: bool,
}
