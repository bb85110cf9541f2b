//! Certificates judged, as a table and as data. Pure.

use serde_json::json;

use crate::context::Context;
use crate::registry::certificate::{Candidate, Client, EXPIRES_SOON_DAYS, Rejection, choose, judge};
use crate::registry::names::HostName;
use crate::ui::{Table, Tone, toned, words};

/// From this width on there is room for what matters less: the issuer, and who uses it.
const WIDE: usize = 100;

/// Of so many names a certificate's row shows all; further ones are counted.
const NAMES: usize = 3;

/// How a certificate's row is laid out.
#[derive(Clone, Copy)]
enum Layout {
    /// One line with everything, for other programs.
    Lines,
    /// Two lines.
    Wide,
    /// Two lines, without issuer and users.
    Narrow,
}

impl Layout {
    fn of(context: &Context) -> Self {
        match context.shell.width() {
            _ if !context.shell.results_are_read_on_a_terminal() => Self::Lines,
            WIDE.. => Self::Wide,
            _ => Self::Narrow,
        }
    }

    const fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Lines => &["", "name", "in", "covers", "expires", "issuer", "key", "in use by", "usable"],
            Self::Wide => &["", "name", "covers", "expires", "issuer, in use by", "usable"],
            Self::Narrow => &["", "name", "covers", "expires", "usable"],
        }
    }
}

/// Certificates, judged for a host if one is named: the best first, then the usable ones, then those that cover the host.
pub(super) struct Listing {
    rows: Vec<Row>,
    host: Option<HostName>,
    client: Client,
}

/// A certificate with its verdict.
struct Row {
    own: Candidate,
    /// Whether `up` would take it for the host.
    chosen: bool,
    /// Why it is not chosen for the host; without a host, why it cannot serve the first name it covers.
    why: Option<Rejection>,
}

impl Row {
    fn is_usable(&self) -> bool {
        matches!(self.why, None | Some(Rejection::Behind(..)))
    }

    /// The order of rows.
    fn rank(&self) -> u8 {
        match &self.why {
            None if self.chosen => 0,
            None | Some(Rejection::Behind(..)) => 1,
            Some(Rejection::OtherNames(_) | Rejection::OnlyCommonName(_)) => 3,
            Some(_) => 2,
        }
    }
}

impl Listing {
    pub(super) fn new(certificates: Vec<Candidate>, host: Option<HostName>, client: Client) -> Self {
        let mut whys: Vec<(bool, Option<Rejection>)> = match &host {
            Some(host) => {
                let choice = choose(&certificates, host.as_str(), &client);
                let mut rejected = choice.rejected.into_iter().peekable();
                let mut verdict = |own: &Candidate| match rejected.next_if(|other| std::ptr::eq(other.candidate, own)) {
                    Some(other) => (false, Some(other.why)),
                    None => (true, None),
                };
                certificates.iter().map(&mut verdict).collect()
            }
            None => certificates.iter().map(|own| (false, judge(own, &any_host(own), &client).err())).collect(),
        };
        let verdicts = whys.drain(..);
        let mut rows: Vec<Row> =
            certificates.into_iter().zip(verdicts).map(|(own, (chosen, why))| Row { own, chosen, why }).collect();
        if host.is_some() {
            rows.sort_by_key(Row::rank);
        }
        Self { rows, host, client }
    }

    /// The table, and what to type when nothing fits.
    pub(super) fn text(&self, context: &Context, place: &str) -> String {
        let up = |host: &str| context.command_line(&format!("up --domain {host} --request-certificate"));
        if self.rows.is_empty() {
            let host = self.host.as_ref().map_or("docker.example.com", HostName::as_str);
            return format!(
                "no server certificate in IAM, and none in ACM in {place}\n\nTo have ACM make one:\n  {}\n",
                up(host)
            );
        }
        let layout = Layout::of(context);
        let mut table = Table::by_lines(&context.shell, layout.headings());
        for row in &self.rows {
            table.row(self.cells(row, layout));
        }
        let mut text = table.render();
        if let Some(host) = self.host.as_ref().filter(|_| !self.rows.iter().any(|row| row.chosen)) {
            text.push_str(&format!("\nNone fits {host}. To have ACM make one:\n  {}\n", up(host.as_str())));
        }
        text
    }

    fn mark(&self, row: &Row) -> String {
        let tone = match (row.is_usable(), row.own.expires_soon(self.client.now)) {
            (false, _) => Tone::Bad,
            (true, true) => Tone::Caution,
            (true, false) => Tone::Good,
        };
        tone.mark().to_owned()
    }

    fn cells(&self, row: &Row, layout: Layout) -> Vec<String> {
        let own = &row.own;
        let (day, left) = self.left(own);
        let (name, source, key) = (own.name.clone(), own.source.to_string(), own.key.to_string());
        let issuer = own.issuer.clone().unwrap_or_else(|| "unknown".to_owned());
        let stacked = |details: Vec<String>| {
            let first = [self.mark(row), format!("{name}\n{source}, {key}"), covers(own), format!("{day}\n{left}")];
            first.into_iter().chain(details).chain([usable(row)]).collect()
        };
        match layout {
            Layout::Lines => {
                let expires = if day.is_empty() { left.clone() } else { format!("{day}, {left}") };
                vec![self.mark(row), name, source, covers(own), expires, issuer, key, users(own), usable(row)]
            }
            Layout::Wide => stacked(vec![format!("{issuer}\n{}", users(own))]),
            Layout::Narrow => stacked(Vec::new()),
        }
    }

    /// The day of its end, and the days left; few ones stand out.
    fn left(&self, own: &Candidate) -> (String, String) {
        let (Some(days), Some(end)) = (own.days_left(self.client.now), own.not_after) else {
            return (String::new(), "?".to_owned());
        };
        let text = format!("{days} d");
        let left = match days {
            ..0 => toned(Tone::Bad, &text),
            0..EXPIRES_SOON_DAYS => toned(Tone::Caution, &text),
            _ => text,
        };
        (end.strftime("%Y-%m-%d").to_string(), left)
    }

    /// The same as data, with all names and dates.
    pub(super) fn data(&self, place: &str) -> serde_json::Value {
        let certificates = self.rows.iter().map(|row| {
            let own = &row.own;
            let why = row.why.as_ref().filter(|_| !row.is_usable());
            json!({
                "arn": own.arn,
                "name": own.name,
                "source": own.source,
                "names": own.names,
                "not_before": own.not_before,
                "not_after": own.not_after,
                "days_left": own.days_left(self.client.now),
                "expires_soon": own.expires_soon(self.client.now),
                "renews": own.renews,
                "key": own.key.to_string(),
                "issuer": own.issuer,
                "chain": own.chain,
                "trusted_here": self.client.trusts(own),
                "in_use": own.in_use,
                "used_by": own.used_by,
                "usable": row.is_usable(),
                "why_not": why.map(Rejection::to_string),
            })
        });
        json!({
            "region": place,
            "domain": self.host.as_ref().map(HostName::as_str),
            "chosen": self.rows.iter().find(|row| row.chosen).map(|row| &row.own.arn),
            "warns_below_days": EXPIRES_SOON_DAYS,
            "certificates": certificates.collect::<Vec<_>>(),
        })
    }
}

/// A host that the certificate covers, if it covers one.
fn any_host(own: &Candidate) -> String {
    own.names.first().map_or_else(|| "any".to_owned(), |name| name.replace('*', "any"))
}

fn covers(own: &Candidate) -> String {
    let mut shown: Vec<String> = own.names.iter().take(NAMES).cloned().collect();
    if let more @ 1.. = own.names.len().saturating_sub(NAMES) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

fn usable(row: &Row) -> String {
    match &row.why {
        None if row.chosen => "yes, and `up` takes it".to_owned(),
        None => "yes".to_owned(),
        Some(why @ Rejection::Behind(..)) => why.to_string().replacen("usable", "yes", 1),
        Some(why) => format!("no: {why}"),
    }
}

/// Names of the load balancers and others that use it. IAM does not say who: one that no load balancer of this region
/// serves may still be used elsewhere.
fn users(own: &Candidate) -> String {
    match (own.used_by.as_slice(), own.in_use) {
        ([], Some(true)) => "yes".to_owned(),
        ([], Some(false)) => "nobody".to_owned(),
        ([], None) => "nobody here".to_owned(),
        ([one], _) => short(one).to_owned(),
        ([one, others @ ..], _) => format!("{} and {}", short(one), words::count(others.len(), "other")),
    }
}

/// The name within an ARN: that of a load balancer, or the last part.
fn short(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let mut parts = resource.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("loadbalancer"), Some("app" | "net"), Some(name)) => name,
        (Some("loadbalancer"), Some(name), None) => name,
        _ => resource,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn users_are_called_by_their_names() {
        for (arn, name) in [
            ("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/docker-LoadB-1/5f", "docker-LoadB-1"),
            ("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/classic", "classic"),
            ("arn:aws:cloudfront::1:distribution/E1", "distribution/E1"),
            ("odd", "odd"),
        ] {
            assert_eq!(short(arn), name);
        }
    }
}
