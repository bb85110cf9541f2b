//! `dockreg iam-policy`: prints the policy that whoever runs dockreg needs. Nothing is asked of AWS.

use clap::Args;
use serde_json::json;

use super::Outcome;
use crate::context::Context;
use crate::error::Failure;
use crate::registry::policy::{self, MAX_CHARACTERS, Maker, Part, Scope};

/// `dockreg iam-policy`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  An IAM policy document for the stack and the region, with every action that
  dockreg calls, or CloudFormation calls to make the stack, and no other. As two
  managed policies for a role or a user:
    for part in 1 2; do
      dockreg iam-policy --part $part > part-$part.json
      aws iam create-policy --policy-name dockreg-$part \\
        --policy-document file://part-$part.json
    done
  What makes or deletes something is allowed through CloudFormation alone, where
  dockreg does not do it itself.

Exit code:
  0  printed
  1  no region is known")]
pub struct IamPolicyArgs {
    /// A bucket for `up --bucket` that the stack does not make
    #[arg(long, env = "DOCKREG_BUCKET", value_name = "NAME", hide_env_values = true)]
    pub bucket: Option<String>,
    /// Half of it: IAM takes the whole only as two managed policies
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub part: Option<u8>,
    /// Allow a role for the nodes only within this boundary, as `up --permissions-boundary` sets it
    #[arg(long, env = "DOCKREG_PERMISSIONS_BOUNDARY", value_name = "ARN", hide_env_values = true)]
    pub permissions_boundary: Option<String>,
    /// Only what is needed beside the role of `up --role-arn`
    #[arg(long, env = "DOCKREG_ROLE_ARN", value_name = "ARN", hide_env_values = true, conflicts_with = "for_role")]
    pub role_arn: Option<String>,
    /// What the role of `up --role-arn` needs
    #[arg(long)]
    pub for_role: bool,
}

/// Puts the policy together.
pub async fn run(context: &Context, args: &IamPolicyArgs) -> Result<Outcome, Failure> {
    let aws = context.aws().await?;
    let scope = Scope {
        region: aws.region().to_owned(),
        stack_name: context.stack_name.clone(),
        bucket: args.bucket.clone(),
        permissions_boundary: args.permissions_boundary.clone(),
        maker: match &args.role_arn {
            _ if args.for_role => Maker::ThisRole,
            Some(arn) => Maker::Role(arn.clone()),
            None => Maker::Caller,
        },
        part: args.part.map(|number| if number == 1 { Part::First } else { Part::Second }),
    };
    let document = policy::document(&scope);
    let characters = policy::characters(&document);
    let mut warnings = Vec::new();
    if characters > MAX_CHARACTERS {
        warnings.push(format!(
            "the policy has {characters} characters, and IAM takes {MAX_CHARACTERS} in a managed policy: \
             make two of it with --part 1 and --part 2"
        ));
    }
    let text = format!("{document:#}\n");
    let data = json!({ "policy": document, "characters": characters, "most_characters": MAX_CHARACTERS });
    Ok(Outcome { data, text, warnings, failure: None })
}
