//! `dockreg template`: prints the embedded CloudFormation template.

use clap::Args;

/// `dockreg template`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  The template exactly as `dockreg up` sends it; it also launches alone from the console or aws-cli.

Exit code:
  0  printed")]
pub struct TemplateArgs {}
