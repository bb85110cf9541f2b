//! The users secret, before a change that starts nodes: what they would refuse keeps a new node from serving.

use secrecy::ExposeSecret;

use super::Run;
use super::propose::Proposed;
use crate::aws::secretsmanager;
use crate::error::{Failure, Kind};
use crate::registry::template::{NODE_GROUP, output};
use crate::registry::users;
use crate::stack::Stack;
use crate::stack::change::Action;

impl Run<'_> {
    /// Reads and checks the users of a standing stack whose nodes would change. A secret that these credentials may not
    /// read is left to the nodes.
    pub(super) async fn users_are_good(&self, stack: Option<&Stack>, proposed: &Proposed) -> Result<(), Failure> {
        let starts_nodes = |changes: &Proposed| {
            changes.changes.iter().any(|own| own.logical_id == NODE_GROUP && own.action == Action::Modify)
        };
        let Some(arn) = stack.and_then(|stack| stack.output(output::USERS_SECRET_ARN)) else { return Ok(()) };
        if !starts_nodes(proposed) {
            return Ok(());
        }
        match secretsmanager::secret(&self.aws, arn).await {
            Ok(text) => users::check(text.expose_secret()).map_err(|fault| refused(&fault, arn)),
            Err(error) => {
                self.context.shell.detail(&format!("the users secret is not checked: {error}"));
                Ok(())
            }
        }
    }
}

fn refused(fault: &users::Fault, arn: &str) -> Failure {
    Failure::new(
        Kind::Input,
        "new nodes would not serve, because they would refuse the users secret; nothing was changed",
    )
    .cause(fault.to_string())
    .hint(format!(
        "mend line {}: read it with `aws secretsmanager get-secret-value --secret-id {arn} --query SecretString \
             --output text > users`, write it back with `aws secretsmanager put-secret-value --secret-id {arn} \
             --secret-string file://users`; `htpasswd -nB -C 8 NAME` makes a line",
        fault.line()
    ))
}
