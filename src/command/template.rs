//! `dockreg template`: prints the embedded CloudFormation template.

use clap::Args;
use serde_json::json;

use super::Outcome;
use crate::registry::template;

/// `dockreg template`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  The template exactly as `dockreg up` sends it; it also launches alone from the
  console or aws-cli.

Exit code:
  0  printed")]
pub struct TemplateArgs {}

/// Hands out the template.
#[must_use]
pub fn run(_: &TemplateArgs) -> Outcome {
    let data = json!({ "version": template::VERSION, "body": template::body() });
    Outcome { data, text: template::body().to_owned(), ..Outcome::default() }
}
