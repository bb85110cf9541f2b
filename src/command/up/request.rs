//! A certificate where none fits: requested by the stack when the zone is ours, else from ACM with a record for the user to
//! make. Nothing is requested without consent, and nothing twice.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{Outcome, Run, consent, interrupt};
use crate::aws::CallKind;
use crate::aws::acm::{self, Requested};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Source, Status, coverage};
use crate::registry::names::{STACK_TAG, certificate_request_token};
use crate::registry::plan::{Missing, Observed, missing_certificate};

/// ACM makes up the record some seconds after the request.
const RECORD: Duration = Duration::from_secs(120);
/// Between two looks for it.
const LOOK: Duration = Duration::from_secs(2);

impl Run<'_> {
    /// Settles what no plan can be made without: one of several zones, and a certificate where none fits. An outcome ends
    /// the run.
    pub(super) async fn settle_names(&mut self, observed: &Observed) -> Result<Option<Outcome>, Failure> {
        self.settle_zone(observed).await?;
        let Some(missing) = missing_certificate(&self.settings, observed)? else { return Ok(None) };
        let Some(zone) = &missing.zone else {
            self.warnings.extend(missing.warning.clone());
            return self.request_by_hand(observed, &missing).await.map(Some);
        };
        let question = format!(
            "Have the stack request one from ACM, validated by a record in the zone {}? (free, renews by itself)",
            zone.name
        );
        self.may_request(&missing, &question).await?;
        self.must_be_delegated(zone).await?;
        Ok(None)
    }

    /// Consent to a request: by flag, or on the terminal.
    async fn may_request(&mut self, missing: &Missing, question: &str) -> Result<(), Failure> {
        let shell = &self.context.shell;
        if !self.settings.request_certificate {
            if self.args.yes || self.args.dry_run || !shell.is_interactive() {
                return Err(missing.failure.clone());
            }
            let why = missing.failure.cause.as_deref().unwrap_or_default();
            shell.note(&format!("{}: {why}", missing.failure.message));
            consent::ask(shell, false, question).await?;
            self.settings.request_certificate = true;
        }
        Ok(())
    }

    /// The zone is somebody else's: the request waits in ACM until its record is there. Each run looks how far it is.
    async fn request_by_hand(&mut self, observed: &Observed, missing: &Missing) -> Result<Outcome, Failure> {
        let host = missing.host.as_str();
        let of_host = |own: &&Candidate| own.source == Source::Acm && coverage(&own.names, host).is_some();
        let is = |own: &&Candidate, word: &str| matches!(&own.status, Status::NotIssued(status) if status == word);
        let waiting = observed.certificates.iter().filter(of_host).filter(|own| is(own, "PENDING_VALIDATION"));
        // Whoever requested it: its record serves this one too, and a second certificate would wait for the same.
        if let Some(waiting) = waiting.min_by_key(|own| (coverage(&own.names, host), own.arn.clone())) {
            let requested = acm::requested(&self.aws, &waiting.arn).await?;
            return Ok(self.waiting_for_record(missing, &requested, false));
        }
        let question =
            format!("Request one for {host} from ACM? You then make one DNS record (free, renews by itself)");
        self.may_request(missing, &question).await?;
        if self.args.dry_run {
            let text = format!(
                "a certificate for {host} would be requested from ACM first; its DNS record is for you to make"
            );
            let data = json!({ "dry_run": true, "requests_certificate": host });
            return Ok(Outcome { data, text, warnings: self.warnings.clone(), failure: None });
        }
        let failed = observed.certificates.iter().filter(of_host);
        let failed = failed.filter(|own| is(own, "FAILED") || is(own, "VALIDATION_TIMED_OUT")).count();
        let token = certificate_request_token(&self.context.stack_name, &missing.host, failed);
        let mut tags = self.settings.tags.clone();
        tags.insert(STACK_TAG.to_owned(), self.context.stack_name.clone());
        let arn = acm::request(&self.aws, host, &token, &tags).await?;
        self.context.shell.note(&format!("requested a certificate for {host}: {arn}"));
        let requested = self.record_known(&arn).await?;
        Ok(self.waiting_for_record(missing, &requested, true))
    }

    /// Waits until ACM tells the record, or time is up.
    async fn record_known(&self, arn: &str) -> Result<Requested, Failure> {
        let patience = Instant::now() + RECORD;
        let end = self.context.timing.deadline().map_or(patience, |deadline| deadline.min(patience));
        loop {
            match acm::requested(&self.aws, arn).await {
                Ok(requested) if !requested.records.is_empty() || requested.status != "PENDING_VALIDATION" => {
                    return Ok(requested);
                }
                Ok(requested) if Instant::now() >= end => return Ok(requested),
                // It may not be found at once.
                Err(error) if Instant::now() < end && (error.kind.is_passing() || error.kind == CallKind::NotFound) => {
                }
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(self.context.timing.poll_interval.unwrap_or(LOOK)) => {}
                () = interrupt::interrupted() => {
                    let failure = Failure::new(Kind::Interrupted, "interrupted; the certificate is requested");
                    return Err(failure.hint(format!("to see the record to make: {}", self.resume_line())));
                }
            }
        }
    }

    /// How far the request is, with the record to make.
    fn waiting_for_record(&self, missing: &Missing, requested: &Requested, new: bool) -> Outcome {
        let host = &missing.host;
        let again = format!("{} --domain {host}", self.resume_line());
        let data = json!({ "host": host.as_str(), "certificate": requested, "requested": new });
        let pending = |message: String| Failure::new(Kind::CertificatePending, message);
        let (text, failure) = match requested.status.as_str() {
            "PENDING_VALIDATION" if requested.records.is_empty() => {
                let failure = pending(format!("ACM has not said yet which DNS record it wants for {host}"));
                (String::new(), failure.hint(format!("in a minute: {again}")))
            }
            "PENDING_VALIDATION" => {
                let mut text =
                    format!("Make this DNS record where {host} is kept, and leave it there: ACM renews by it.\n\n");
                for record in &requested.records {
                    text.push_str(&format!(
                        "  name   {}\n  type   {}\n  value  {}\n\n",
                        record.name, record.kind, record.value
                    ));
                }
                let failure = pending(format!("the certificate for {host} waits for its DNS record"))
                    .cause("ACM issues it some minutes after it sees the record, and gives up after 72 hours");
                (text, failure.hint(format!("make the record above, then: {again}")))
            }
            "ISSUED" => (String::new(), pending(format!("the certificate for {host} was issued just now")).hint(again)),
            status => {
                let reason = requested.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                let failure = Failure::new(Kind::Certificate, format!("ACM does not issue a certificate for {host}"));
                let failure = failure.cause(format!("{} is {status}{reason}", requested.arn));
                (
                    String::new(),
                    failure.hint(format!("see what the reason asks for, then: {again} --request-certificate")),
                )
            }
        };
        Outcome { data, text, warnings: self.warnings.clone(), failure: Some(failure) }
    }
}
