//! `dockreg down`: deletes the stack, follows it, and proves that the images are still there.

use clap::Args;

/// `dockreg down`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  What was deleted and what stays, the image bucket first of all.

Exit code:
  0  deleted, or there was nothing to delete
  1  declined, not our stack, termination protection is on, or AWS refused
  3  something is left that should be gone, or --timeout passed")]
pub struct DownArgs {
    /// Do not ask for the stack's name
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Delete the bucket and every image in it too; needs --confirm-stack
    #[arg(long, requires = "confirm_stack")]
    pub delete_images: bool,
    /// The stack's name once more, as consent to --delete-images
    #[arg(long, value_name = "NAME")]
    pub confirm_stack: Option<String>,
    /// Use this IAM role to delete the stack
    #[arg(long, env = "DOCKREG_ROLE_ARN", value_name = "ARN", hide_env_values = true)]
    pub role_arn: Option<String>,
    /// Start the deletion and do not wait for it
    #[arg(long, conflicts_with = "delete_images")]
    pub detach: bool,
}
