//! `dockreg cert delete`: deletes a certificate that nothing uses.

use clap::Args;
use serde_json::json;

use super::find::{find, line};
use super::removal;
use crate::command::{Outcome, consent, interrupt};
use crate::context::Context;
use crate::error::{Failure, Kind};

/// `dockreg cert delete`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
A certificate in use is never deleted: its listeners, their load balancers and
stacks are named. AWS gives no private key back, so that what is deleted can
only be uploaded again from your own files.

Output:
  What was deleted, or that there was nothing to delete.

Exit code:
  0  deleted, or there is no such certificate
  1  in use, declined, several have this name, or AWS refused")]
pub struct CertDeleteArgs {
    /// The certificate: its ARN, its name in IAM, or its main domain name in ACM
    #[arg(value_name = "NAME|ARN")]
    pub certificate: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
}

/// Deletes a certificate.
pub async fn run(context: &Context, args: &CertDeleteArgs) -> Result<Outcome, Failure> {
    let aws = context.aws().await?;
    let wanted = &args.certificate;
    let found = interrupt::or_stop(find(&aws, wanted)).await?;
    let own = match found.as_slice() {
        [] => {
            let text = format!("there is no certificate {wanted} in IAM, and none in ACM in {}", aws.region());
            let data = json!({ "deleted": false, "certificate": null });
            return Ok(Outcome { data, text, ..Outcome::default() });
        }
        [own] => own,
        several => {
            let lines: Vec<String> = several.iter().map(line).collect();
            let message = format!("{} certificates are called {wanted}", several.len());
            let failure = Failure::new(Kind::Input, message).cause(lines.join("\n"));
            return Err(failure.hint("name one by its ARN"));
        }
    };
    interrupt::or_stop(removal::refuse_used(context, &aws, own)).await?;
    consent::can_ask(&context.shell, args.yes)?;
    context.shell.note(&format!("This will delete the certificate {}", line(own)));
    consent::ask(&context.shell, args.yes, "Delete it?").await?;
    removal::delete(context, &aws, own).await?;
    let data = json!({ "deleted": true, "certificate": { "arn": own.arn, "name": own.name, "source": own.source } });
    Ok(Outcome { data, text: format!("{} is deleted from {}", own.name, own.source), ..Outcome::default() })
}
