//! What became of an upload, and what to type next.

use jiff::Timestamp;
use serde_json::json;

use super::{CertUploadArgs, Store};
use crate::aws::{Aws, cloudformation};
use crate::command::Outcome;
use crate::context::Context;
use crate::registry::certificate::{Candidate, EXPIRES_SOON_DAYS, coverage};
use crate::registry::upload::{Upload, Vouched};
use crate::ui::words;

/// Everything that is told.
pub(super) struct Report<'a> {
    pub(super) context: &'a Context,
    pub(super) aws: &'a Aws,
    pub(super) args: &'a CertUploadArgs,
    pub(super) upload: &'a Upload,
    pub(super) certificate: &'a Candidate,
    pub(super) is_new: bool,
}

impl Report<'_> {
    pub(super) async fn outcome(&self, mut warnings: Vec<String>) -> Outcome {
        let own = self.certificate;
        let now = Timestamp::now();
        if own.expires_soon(now) {
            let days = usize::try_from(own.days_left(now).unwrap_or_default()).unwrap_or_default();
            let days = words::count(days, "day");
            warnings.push(format!("it expires in {days} (under {EXPIRES_SOON_DAYS})"));
        }
        warnings.extend(self.strangers());
        let next = self.next().await;
        // What ACM lists of a certificate does not name its issuer.
        let issuer = own.issuer.as_ref().or(self.upload.candidate.issuer.as_ref());
        let mut text = format!("{}\n\n", self.headline());
        for repair in &self.upload.repairs {
            text.push_str(&format!("  {repair}\n"));
        }
        let end = own.not_after.map(|end| end.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        let chain = self.upload.chain.as_deref().map_or(0, |chain| chain.matches("BEGIN CERTIFICATE").count());
        for (title, value) in [
            ("covers", own.names.join(", ")),
            ("until", end),
            ("key", own.key.to_string()),
            ("issuer", issuer.cloned().unwrap_or_default()),
            ("chain", if chain == 0 { "none needed".to_owned() } else { words::count(chain, "certificate") }),
            ("arn", own.arn.clone()),
        ] {
            text.push_str(&format!("  {title:<8}{value}\n"));
        }
        text.push_str(&format!("\nnext:\n  {next}\n"));
        let data = json!({
            "uploaded": self.is_new,
            "arn": own.arn,
            "name": own.name,
            "source": own.source,
            "names": own.names,
            "not_after": own.not_after,
            "days_left": own.days_left(now),
            "key": own.key.to_string(),
            "issuer": issuer,
            "chain": chain,
            "repairs": self.upload.repairs,
            "next": next,
        });
        Outcome { data, text, warnings, failure: None }
    }

    /// Where it is, and why there.
    fn headline(&self) -> String {
        let (name, source) = (&self.certificate.name, self.certificate.source);
        if !self.is_new {
            return format!("this very certificate is in {source} already, as {name}: nothing was uploaded");
        }
        match self.args.to {
            Store::Acm => format!(
                "uploaded to ACM in {}, which sends events before it expires and is the default (--to iam for IAM)",
                self.aws.region()
            ),
            Store::Iam => format!("uploaded to IAM as {name}, as asked for by --to iam; all regions can serve it"),
        }
    }

    /// Who will not trust it.
    fn strangers(&self) -> Option<String> {
        let who = match &self.upload.vouched {
            Vouched::Trusted => return None,
            Vouched::OwnRoot(root) => format!("its root, {root:?}, is not known to this machine"),
            Vouched::Itself => "it signed itself".to_owned(),
        };
        let host = self.args.domain.as_ref().map_or("HOST", |host| host.as_str());
        Some(format!(
            "{who}: Docker clients trust it once the root is in /etc/docker/certs.d/{host}/ca.crt, and dockreg with \
             --ca-file"
        ))
    }

    /// The command that puts it to use: a rotation where the registry stands and the certificate covers it.
    async fn next(&self) -> String {
        let names = &self.certificate.names;
        // Advice only: without a look it is `up`, which finds out by itself.
        let stack = cloudformation::describe_stack(self.aws, &self.context.stack_name).await.ok().flatten();
        let stack = stack.filter(|stack| stack.is_ours() && stack.status.is_updatable());
        let covered = stack.and_then(|stack| stack.host()).filter(|host| coverage(names, host.as_str()).is_some());
        if covered.is_some() {
            return self.context.command_line(&format!("cert rotate --certificate {}", self.certificate.arn));
        }
        let exact = names.iter().find(|name| !name.starts_with("*."));
        let host = match (&self.args.domain, exact, names.first()) {
            (Some(host), ..) => host.to_string(),
            (None, Some(name), _) => name.clone(),
            (None, None, Some(wildcard)) => wildcard.replace('*', "docker"),
            (None, None, None) => "HOST".to_owned(),
        };
        self.context.command_line(&format!("up --domain {host}"))
    }
}
