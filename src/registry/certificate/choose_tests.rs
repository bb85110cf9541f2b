//! Which of several certificates is chosen, and what is said of the others.

use jiff::{Timestamp, ToSpan};

use super::super::{Advantage, Candidate, Chain, Client, KeyKind, Rejection, Source, Status};
use super::{choose, matching};

const HOST: &str = "docker.example.test";

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

/// A usable candidate, changed by `edit`.
fn usable(arn: &str, edit: impl FnOnce(&mut Candidate)) -> Candidate {
    let mut candidate = Candidate {
        arn: arn.to_owned(),
        name: arn.to_owned(),
        source: Source::Acm,
        names: vec![HOST.to_owned()],
        common_name: None,
        not_before: None,
        not_after: Some(now() + 2400.hours()),
        key: KeyKind::from_acm("RSA_2048"),
        issuer: None,
        chain: Chain::Complete,
        status: Status::Issued,
        renews: false,
        in_use: Some(false),
        used_by: Vec::new(),
        path: Vec::new(),
    };
    edit(&mut candidate);
    candidate
}

fn client() -> Client {
    Client { now: now(), ..Client::default() }
}

#[test]
fn the_order_is_renewed_then_longest_then_exact_then_arn() {
    let wildcard = |candidate: &mut Candidate| candidate.names = vec!["*.example.test".to_owned()];
    let longer = |candidate: &mut Candidate| candidate.not_after = Some(now() + 4800.hours());
    let renewed = |candidate: &mut Candidate| candidate.renews = true;
    let cases = [
        (usable("x", |c| (renewed(c), wildcard(c)).0), usable("a", longer), Advantage::Renews, "renews by itself"),
        (
            usable("x", |c| (renewed(c), longer(c)).0),
            usable("a", renewed),
            Advantage::LaterExpiry,
            "is valid for longer",
        ),
        (
            usable("x", |c| (wildcard(c), longer(c)).0),
            usable("a", |_| {}),
            Advantage::LaterExpiry,
            "is valid for longer",
        ),
        (usable("x", |c| c.source = Source::Iam), usable("a", wildcard), Advantage::Exact, "names the host itself"),
        (usable("a", |_| {}), usable("b", |_| {}), Advantage::Arn, "serves as well and comes first"),
    ];
    for (best, other, advantage, words) in cases {
        for pair in [[best.clone(), other.clone()], [other.clone(), best.clone()]] {
            let choice = choose(&pair, HOST, &client());
            assert_eq!(choice.chosen, Some(&best), "{advantage:?}");
            assert_eq!(choice.rejected.len(), 1);
            let why = &choice.rejected[0].why;
            assert_eq!(*why, Rejection::Behind(best.label(), advantage));
            assert_eq!(why.to_string(), format!("usable, but {} in {} {words}", best.name, best.source));
        }
    }
}

#[test]
fn nothing_usable_leaves_a_reason_for_each() {
    let candidates = [
        usable("pending", |c| (c.status = Status::NotIssued("PENDING_VALIDATION".into()), c.not_after = None).0),
        usable("small", |c| c.key = KeyKind::from_acm("RSA-1024")),
    ];
    let choice = choose(&candidates, HOST, &client());
    assert_eq!(choice.chosen, None);
    let reasons: Vec<_> = choice.rejected.iter().map(|rejected| rejected.why.to_string()).collect();
    assert_eq!(reasons[0], "is PENDING_VALIDATION in ACM");
    assert!(reasons[1].starts_with("has a key of kind RSA 1024"), "{}", reasons[1]);
}

#[test]
fn a_certificate_is_found_by_arn_name_or_host() {
    let candidates = [
        usable("arn:1", |c| c.name = "wild".into()),
        usable("arn:2", |c| (c.name = HOST.into(), c.names = vec!["other.test".into()]).0),
    ];
    let found = |wanted| matching(&candidates, wanted).iter().map(|c| c.arn.as_str()).collect::<Vec<_>>();
    assert_eq!(found("arn:1"), ["arn:1"]);
    assert_eq!(found("wild"), ["arn:1"]);
    assert_eq!(found(HOST), ["arn:2"], "a name wins over a host name");
    assert_eq!(found("other.test"), ["arn:2"]);
    assert!(found("absent").is_empty());
}

#[test]
fn days_are_whole_and_warn_below_thirty() {
    let at = |hours: i64| usable("a", |c| c.not_after = Some(now() + hours.hours()));
    assert_eq!(at(49).days_left(now()), Some(2));
    assert_eq!(at(-1).days_left(now()), Some(-1));
    assert!(at(24 * 30 - 1).expires_soon(now()));
    assert!(!at(24 * 30).expires_soon(now()));
    assert!(!at(-1).expires_soon(now()), "expired is worse than soon");
}

#[test]
fn an_end_that_is_near_is_told_with_what_to_do() {
    let told = |hours: i64, renews: bool| {
        let own = usable("a", |c| (c.not_after = Some(now() + hours.hours()), c.renews = renews).0);
        own.expiry_warning(now())
    };
    assert_eq!(told(24 * 30, false), None);
    for (hours, renews, expected) in [
        (24 * 30 - 1, false, "a in ACM expires in 29 days: give a new one to `dockreg up --certificate`"),
        (25, false, "a in ACM expires in 1 day: give a new one to `dockreg up --certificate`"),
        (1, false, "a in ACM expires within a day: give a new one to `dockreg up --certificate`"),
        (-1, false, "a in ACM has expired: give a new one to `dockreg up --certificate`"),
        (
            48,
            true,
            "a in ACM expires in 2 days: ACM should have renewed it by now: see its renewal status with `aws acm \
             describe-certificate`",
        ),
    ] {
        assert_eq!(told(hours, renews), Some(format!("the certificate {expected}")));
    }
}
