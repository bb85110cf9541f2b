//! `dockreg cert list`: certificates of IAM and ACM side by side, and whether each can serve a host. Changes nothing.

use jiff::Timestamp;
use serde_json::json;

use crate::aws::{Aws, AwsCallError, CallKind, acm, elbv2, iam};
use crate::cli::CertListArgs;
use crate::command::Outcome;
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Choice, EXPIRES_SOON_DAYS, choose, judge};
use crate::registry::names::HostName;
use crate::ui::{Table, Tone};

/// From this width on there is room for what matters less: the key, and whether it is served now.
const WIDE: usize = 100;

/// Lists the certificates.
pub async fn run(context: &Context, args: &CertListArgs) -> Result<Outcome, Failure> {
    let host = args.domain.as_deref().map(str::parse::<HostName>).transpose();
    let host = host.map_err(|why| Failure::new(Kind::Usage, why).hint("--domain docker.example.com"))?;
    let aws = context.aws().await?;
    let (certificates, warnings) = certificates(&aws).await?;
    let listing = Listing::new(&certificates, host.as_ref().map(HostName::as_str), Timestamp::now());
    let place = aws.region();
    Ok(Outcome { data: listing.data(place), text: listing.text(context, place), warnings, failure: None })
}

/// Certificates of both services at once, and what the region's load balancers serve; who may not look at one of these
/// is warned and gets the rest.
async fn certificates(aws: &Aws) -> Result<(Vec<Candidate>, Vec<String>), Failure> {
    let (in_iam, in_acm, served) =
        tokio::join!(iam::certificates(aws), acm::certificates(aws), elbv2::served_certificates(aws));
    let denied = |error: &AwsCallError| error.kind == CallKind::Denied;
    let (mut all, mut warnings) = match (in_iam, in_acm) {
        (Ok(mut all), Ok(more)) => {
            all.extend(more);
            (all, Vec::new())
        }
        (Ok(some), Err(error)) if denied(&error) => (some, vec![unlisted("ACM", &error)]),
        (Err(error), Ok(some)) if denied(&error) => (some, vec![unlisted("IAM", &error)]),
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    match served {
        Ok(served) => {
            let unsaid = all.iter_mut().filter(|own| own.in_use.is_none() && served.contains(&own.arn));
            unsaid.for_each(|own| own.in_use = Some(true));
        }
        Err(error) if denied(&error) => {
            warnings.push(format!("what load balancers serve is not seen: {}", error.message));
        }
        Err(error) => return Err(error.into()),
    }
    Ok((all, warnings))
}

fn unlisted(service: &str, error: &AwsCallError) -> String {
    format!("certificates in {service} are not listed: {}", error.message)
}

/// Certificates, judged for a host if one is named.
struct Listing<'a> {
    certificates: &'a [Candidate],
    host: Option<&'a str>,
    now: Timestamp,
}

impl<'a> Listing<'a> {
    fn new(certificates: &'a [Candidate], host: Option<&'a str>, now: Timestamp) -> Self {
        Self { certificates, host, now }
    }

    /// What `up` would choose for the host, and why not the others.
    fn choice(&self) -> Option<Choice<'a>> {
        Some(choose(self.certificates, self.host?, self.now))
    }

    /// The certificate that `up` would take for the host.
    fn chosen(&self) -> Option<&'a Candidate> {
        self.choice()?.chosen
    }

    /// Whether a certificate is usable, and why not. Without a host each is judged for the first host it covers.
    fn judged(&self, certificate: &Candidate) -> Result<(), String> {
        let own = certificate.names.first().map(|name| name.replace('*', "any"));
        let host = self.host.map(str::to_owned).or(own).unwrap_or_else(|| "any".to_owned());
        judge(certificate, &host, self.now).map(|_| ()).map_err(|why| why.to_string())
    }

    fn text(&self, context: &Context, place: &str) -> String {
        if self.certificates.is_empty() {
            return format!(
                "no server certificate in IAM, and none in ACM in {place}\n\nTo have ACM make one:\n  aws acm \
                 request-certificate --domain-name {} --validation-method DNS\n",
                self.host.unwrap_or("docker.example.com")
            );
        }
        let wide = context.shell.width() >= WIDE;
        let headings = ["", "name", "in", "covers", "left", "usable", "key", "served"];
        let shown = if wide { headings.len() } else { headings.len() - 2 };
        let mut table = Table::new(&context.shell, &headings[..shown]);
        let choice = self.choice();
        for own in self.certificates {
            let judged = self.judged(own);
            let tone = match (&judged, own.expires_soon(self.now)) {
                (Err(_), _) => Tone::Bad,
                (Ok(()), true) => Tone::Caution,
                (Ok(()), false) => Tone::Good,
            };
            let chosen =
                choice.as_ref().and_then(|choice| choice.chosen).is_some_and(|chosen| std::ptr::eq(chosen, own));
            let behind =
                choice.iter().flat_map(|choice| &choice.rejected).find(|other| std::ptr::eq(other.candidate, own));
            let usable = match (judged, behind) {
                (Ok(()), _) if chosen => "yes, and `up` takes it".to_owned(),
                (Ok(()), Some(behind)) => behind.why.to_string().replacen("usable", "yes", 1),
                (Ok(()), None) => "yes".to_owned(),
                (Err(why), _) => format!("no: {why}"),
            };
            let cells = [
                tone.mark().to_owned(),
                own.name.clone(),
                own.source.to_string(),
                own.names.join(", "),
                own.days_left(self.now).map_or_else(|| "?".to_owned(), |days| format!("{days} d")),
                usable,
                own.key.to_string(),
                in_use(own).to_owned(),
            ];
            table.row(cells.into_iter().take(shown));
        }
        let mut text = table.render();
        if let (Some(host), None) = (self.host, self.chosen()) {
            text.push_str(&format!(
                "\nNone fits {host}. To have ACM make one:\n  aws acm request-certificate --domain-name {host} \
                 --validation-method DNS\n"
            ));
        }
        text
    }

    fn data(&self, place: &str) -> serde_json::Value {
        let certificates = self.certificates.iter().map(|own| {
            let judged = self.judged(own);
            json!({
                "arn": own.arn,
                "name": own.name,
                "source": own.source,
                "names": own.names,
                "not_before": own.not_before,
                "not_after": own.not_after,
                "days_left": own.days_left(self.now),
                "expires_soon": own.expires_soon(self.now),
                "key": own.key.to_string(),
                "issuer": own.issuer,
                "in_use": own.in_use,
                "usable": judged.is_ok(),
                "why_not": judged.err(),
            })
        });
        json!({
            "region": place,
            "domain": self.host,
            "chosen": self.chosen().map(|own| &own.arn),
            "warns_below_days": EXPIRES_SOON_DAYS,
            "certificates": certificates.collect::<Vec<_>>(),
        })
    }
}

/// IAM does not say what uses a certificate: one that no load balancer here serves may still be used elsewhere.
fn in_use(certificate: &Candidate) -> &'static str {
    match certificate.in_use {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not here",
    }
}
