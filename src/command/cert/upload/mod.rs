//! `dockreg cert upload`: checks a certificate from files as clients and AWS will, then hands it to ACM or IAM.

mod read;
mod report;
mod send;
mod twin;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::aws::iam;
use crate::command::{Outcome, interrupt, trust_with};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::certificate::Source;
use crate::registry::names::HostName;
use crate::registry::upload::{Fault, Given, prepare};
use report::Report;

/// `dockreg cert upload`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Checked before anything is sent: PEM form, that the key belongs to the
certificate, names, validity, a key that load balancers serve, a chain that is
complete (put into order if only that is wrong), and the sizes that AWS takes.
What is there already is not uploaded again.

Where it goes: ACM of the region unless told otherwise. ACM sends events before
a certificate expires, and takes 2,500 of them; IAM serves all regions, takes
20, and says nothing. `dockreg up` takes either.

Output:
  Where it was uploaded to and why, its names and end, its ARN, and what to type
  next. Never the private key.

Exit code:
  0  uploaded, or it is there already
  1  a file that is no good, a name that is taken, or AWS refused; nothing was
     uploaded")]
pub struct CertUploadArgs {
    /// The certificate, PEM; its chain may follow in the same file
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// Its private key, PEM without a passphrase; - for standard input
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The certificates that lead from it to a root, PEM
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
    /// Where it is kept
    #[arg(long, value_enum, default_value_t = Store::Acm)]
    pub to: Store,
    /// Its name in IAM; otherwise its host and the day it ends
    #[arg(long, value_name = "NAME", value_parser = server_certificate_name)]
    pub name: Option<String>,
    /// The host that it has to cover
    #[arg(long, env = "DOCKREG_DOMAIN", value_name = "HOST", hide_env_values = true)]
    pub domain: Option<HostName>,
    /// Trust the roots in this PEM file too: that of a CA of your own
    #[arg(long, env = "DOCKREG_CA_FILE", value_name = "FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
}

/// Where a certificate is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// AWS Certificate Manager, in the region.
    Acm,
    /// IAM server certificates, for all regions.
    Iam,
}

impl Store {
    const fn source(self) -> Source {
        match self {
            Self::Acm => Source::Acm,
            Self::Iam => Source::Iam,
        }
    }
}

fn server_certificate_name(text: &str) -> Result<String, String> {
    if iam::is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a name in IAM has 1 to 128 letters, digits and _ + = , . @ -".to_owned())
    }
}

/// Uploads a certificate.
pub async fn run(context: &Context, args: &CertUploadArgs) -> Result<Outcome, Failure> {
    if args.name.is_some() && args.to == Store::Acm {
        return Err(
            Failure::new(Kind::Usage, "certificates in ACM have no name").hint("leave --name away, or add --to iam")
        );
    }
    let trust = trust_with(args.ca_file.as_deref())?;
    let files = read::files(args)?;
    let given = Given {
        certificate: files.certificate.file(),
        chain: files.chain.as_ref().map(read::Read::file),
        key_name: &files.key_name,
        key: &files.key,
        host: args.domain.as_ref().map(HostName::as_str),
    };
    let upload = prepare(&given, trust.roots(), args.to.source(), Timestamp::now()).map_err(|fault| refusal(&fault))?;
    let aws = context.aws().await?;
    let mut warnings = files.warnings;
    let twin = interrupt::or_stop(twin::find(&aws, &upload)).await?;
    warnings.extend(twin.warnings);
    let (certificate, is_new) = match twin.found {
        Some(own) => (own, false),
        None => send::send(&aws, &upload, args, context.timing.poll_interval).await?,
    };
    let report = Report { context, aws: &aws, args, upload: &upload, certificate: &certificate, is_new };
    Ok(report.outcome(warnings).await)
}

/// A fault of what was given.
fn refusal(fault: &Fault) -> Failure {
    let kind = match fault {
        Fault::Unusable(_) | Fault::NotAccepted(_) | Fault::Incomplete { .. } => Kind::Certificate,
        _ => Kind::Input,
    };
    Failure::new(kind, fault.to_string()).hint(fault.cure())
}
