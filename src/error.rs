//! What can go wrong, in one vocabulary: a kind, a message, a cause and what to type next.
//!
//! Every failure ends here, and [`Kind::exit_code`] is the one place that turns it into a number. It does not print.

use std::fmt;

/// The kinds of failure the documentation tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The user answered no.
    Declined,
    /// A question had to be asked and there is no terminal to ask it on.
    NoTerminal,
    /// No stack of that name exists.
    UnknownStack,
    /// A stack of that name exists and dockreg did not make it.
    ForeignStack,
    /// The stack is in a state that this command cannot start from.
    StackState,
    /// Missing, expired or wrong AWS credentials.
    Credentials,
    /// The credentials work and may not do this.
    Denied,
    /// No AWS region, or one that does not exist.
    Region,
    /// AWS could not be reached, or did not answer sensibly.
    Endpoint,
    /// AWS refused a request for a reason of its own.
    Refused,
    /// No certificate fits, or the one named does not.
    Certificate,
    /// No hosted zone fits, or the one named does not.
    Zone,
    /// No VPC or subnets fit, or those named do not.
    Network,
    /// A value or file given by the user is no good.
    Input,
    /// The command line itself is wrong.
    Usage,
    /// The stack operation failed or was rolled back.
    OperationFailed,
    /// Something that should be gone is still there.
    LeftBehind,
    /// `--timeout` passed with the operation still running.
    Timeout,
    /// The stack is up and the registry is not proven to work.
    NotVerified,
    /// A certificate was requested and waits for a DNS record that only the user can make.
    CertificatePending,
    /// dockreg is wrong.
    Bug,
    /// SIGINT or SIGTERM.
    Interrupted,
}

impl Kind {
    /// The process's exit code, as the README's table documents it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Declined
            | Self::NoTerminal
            | Self::UnknownStack
            | Self::ForeignStack
            | Self::StackState
            | Self::Credentials
            | Self::Denied
            | Self::Region
            | Self::Endpoint
            | Self::Refused
            | Self::Certificate
            | Self::Zone
            | Self::Network
            | Self::Input => 1,
            Self::Usage => 2,
            Self::OperationFailed | Self::LeftBehind | Self::Timeout => 3,
            Self::NotVerified | Self::CertificatePending => 4,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }

    /// The word that JSON documents carry in `error.kind`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::NoTerminal => "no-terminal",
            Self::UnknownStack => "unknown-stack",
            Self::ForeignStack => "foreign-stack",
            Self::StackState => "stack-state",
            Self::Credentials => "credentials",
            Self::Denied => "denied",
            Self::Region => "region",
            Self::Endpoint => "endpoint",
            Self::Refused => "refused-by-aws",
            Self::Certificate => "certificate",
            Self::Zone => "zone",
            Self::Network => "network",
            Self::Input => "input",
            Self::Usage => "usage",
            Self::OperationFailed => "operation-failed",
            Self::LeftBehind => "left-behind",
            Self::Timeout => "timeout",
            Self::NotVerified => "not-verified",
            Self::CertificatePending => "certificate-pending",
            Self::Bug => "bug",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether nothing was attempted: the request was turned away before AWS was changed.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self.exit_code(), 1 | 2)
    }
}

/// What AWS said, kept word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsDetail {
    /// The operation that was called, for example `CreateChangeSet`.
    pub operation: &'static str,
    /// AWS's error code, when it answered at all.
    pub code: Option<String>,
    /// AWS's request id, for its support.
    pub request_id: Option<String>,
}

/// A failure as the user meets it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of failure it is; decides the exit code.
    pub kind: Kind,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// Why, when that is known.
    pub cause: Option<String>,
    /// What to type next.
    pub hint: Option<String>,
    /// What AWS said.
    pub aws: Option<Box<AwsDetail>>,
}

impl Failure {
    /// Makes a failure of a kind; `message` says what happened.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None, hint: None, aws: None }
    }

    /// Adds why it happened.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds what to type next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what was being done in front of the message, which becomes the cause.
    #[must_use]
    pub fn context(mut self, doing: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.message, doing.into());
        self.cause = Some(match self.cause.take() {
            Some(cause) => format!("{inner}: {cause}"),
            None => inner,
        });
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Anything that no one classified is a bug, and says so.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::new(Kind::Bug, error.to_string())
                .cause(error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>().join(": "))
                .hint("please report this with the output of the same command and -vv"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_case_has_its_code() {
        let table = [
            (Kind::Declined, 1),
            (Kind::NoTerminal, 1),
            (Kind::UnknownStack, 1),
            (Kind::Credentials, 1),
            (Kind::Certificate, 1),
            (Kind::Usage, 2),
            (Kind::OperationFailed, 3),
            (Kind::LeftBehind, 3),
            (Kind::Timeout, 3),
            (Kind::NotVerified, 4),
            (Kind::CertificatePending, 4),
            (Kind::Bug, 70),
            (Kind::Interrupted, 130),
        ];
        for (kind, code) in table {
            assert_eq!(kind.exit_code(), code, "{kind:?}");
        }
    }

    #[test]
    fn context_keeps_the_first_message_as_the_cause() {
        let failure = Failure::new(Kind::Denied, "not allowed").cause("no such permission").context("could not list");
        assert_eq!(failure.to_string(), "could not list: not allowed: no such permission");
    }
}
