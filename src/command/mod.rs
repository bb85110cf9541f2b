//! One file per command, named as the user types it; and the way from an argument list to an exit code.

mod blocked;
mod cause;
pub mod cert;
mod choice;
mod consent;
pub mod down;
mod effect;
mod follow;
mod foreign;
pub mod iam_policy;
mod interrupt;
pub mod login;
mod main;
mod replaced;
pub mod status;
pub mod template;
pub mod up;
mod waiting;

use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

pub use main::main;

use crate::aws::{Aws, secretsmanager};
use crate::error::{Failure, Kind};
use crate::registry::names::STACK_TAG;
use crate::registry::template::output;
use crate::registry::verify::Trust;
use crate::stack::Stack;

/// What a command hands back to be shown: the same facts for people and as data.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The facts, for `data` of the JSON document.
    pub data: serde_json::Value,
    /// The facts, for people, on standard output.
    pub text: String,
    /// What needs attention and is no failure.
    pub warnings: Vec<String>,
    /// Why the command did not fully succeed, when there are facts to show as well.
    pub failure: Option<Failure>,
}

/// Whom to trust: this machine's roots and `--ca-file`, which is read before anything is asked or changed.
pub(crate) fn trust_with(ca_file: Option<&Path>) -> Result<Trust, Failure> {
    Trust::load(ca_file)
        .map_err(|problem| Failure::new(Kind::Input, "could not read --ca-file").cause(problem.to_string()))
}

/// The password of the registry's operator, by the stack's output.
pub(crate) async fn operator_password(aws: &Aws, stack: &Stack) -> Result<SecretString, Failure> {
    let arn = stack.output(output::OPERATOR_SECRET_ARN).ok_or_else(|| {
        Failure::new(Kind::StackState, format!("the stack {} is {} and has no registry yet", stack.name, stack.status))
            .hint("finish it with: dockreg up")
    })?;
    operator_password_of(aws, arn).await
}

/// How credentials that were refused come to read the operator's secret. `iam-policy` allows it by the stack's tag, which a
/// stack that the template alone made does not have; `line` makes a command line for this stack.
pub(crate) fn let_read_secret(stack: &Stack, line: &dyn Fn(&str) -> String) -> String {
    if stack.tags.get(STACK_TAG) == Some(&stack.name) {
        return "let these credentials read the operator's secret (secretsmanager:GetSecretValue)".to_owned();
    }
    format!(
        "the stack lacks the tag {STACK_TAG}, by which `dockreg iam-policy` allows it: `{}` tags the stack, and then these \
         credentials may read the operator's secret if they hold that policy",
        line("up")
    )
}

/// The password in the operator's secret.
pub(crate) async fn operator_password_of(aws: &Aws, arn: &str) -> Result<SecretString, Failure> {
    use secrecy::ExposeSecret;

    #[derive(Deserialize)]
    struct Login {
        password: String,
    }
    let text = secretsmanager::secret(aws, arn).await?;
    // The parser's own message could quote the secret.
    let login: Login = serde_json::from_str(text.expose_secret()).map_err(|_| {
        Failure::new(Kind::Input, "the operator's secret does not hold a login").hint(format!("see who changed {arn}"))
    })?;
    Ok(SecretString::from(login.password))
}
