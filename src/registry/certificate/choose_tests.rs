//! Tables: real certificates made on the spot, judged and chosen.

use jiff::{Timestamp, ToSpan};
use rcgen::{CertificateParams, CertifiedIssuer, DistinguishedName, DnType, KeyPair};

use super::super::{Candidate, Chain, KeyKind, Source, Status};
use super::{Advantage, Rejection, choose, judge, matching};

const HOST: &str = "docker.example.test";

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

/// What a certificate of the table is made with.
struct Make<'a> {
    names: &'a [&'a str],
    common_name: &'a str,
    from: i64,
    to: i64,
    key: KeyPair,
}

impl Default for Make<'_> {
    fn default() -> Self {
        let key = KeyPair::generate().expect("a key");
        Self { names: &[HOST], common_name: HOST, from: -10, to: 80, key }
    }
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an issuer")
}

/// A candidate signed by `by`, with the certificates of `chain` beside it.
fn candidate(name: &str, make: &Make<'_>, by: &CertifiedIssuer<'_, KeyPair>, chain: &str) -> Candidate {
    let names = make.names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, make.common_name);
    let day = |offset: i64| {
        let at = now() + (offset * 24).hours();
        let date = at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(make.from);
    params.not_after = day(make.to);
    let pem = params.signed_by(&make.key, by).expect("a certificate").pem();
    Candidate::from_iam(&format!("arn:aws:iam::1:server-certificate/{name}"), name, &pem, Some(chain))
}

#[test]
fn one_reason_for_each_fault() {
    let ca = issuer("Test CA");
    let stranger = issuer("Stranger");
    let chain = ca.pem();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).expect("a key");
    let cases = [
        (Make::default(), chain.as_str(), "ok"),
        (Make { key: p384, ..Make::default() }, &chain, "ok"),
        (Make { key: rsa, ..Make::default() }, &chain, "ok"),
        (Make::default(), "", "ok"),
        (Make { names: &["*.example.test"], ..Make::default() }, &chain, "ok"),
        (Make { names: &["a.test", "b.test"], ..Make::default() }, &chain, "covers only a.test, b.test"),
        (
            Make { names: &["a.test", "b.test", "c.test", "d.test", "e.test"], ..Make::default() },
            &chain,
            "covers only a.test, b.test, c.test and 2 more",
        ),
        (
            Make { names: &[], ..Make::default() },
            &chain,
            "names docker.example.test only as common name; clients read subject alternative names",
        ),
        (Make { from: -90, to: -1, ..Make::default() }, &chain, "expired on 2026-11-23"),
        (Make { from: 2, to: 90, ..Make::default() }, &chain, "is not valid before 2026-11-26"),
        (
            Make { key: ed25519, ..Make::default() },
            &chain,
            "has a key of kind Ed25519; use RSA 2048 to 4096 or ECDSA P-256, P-384 or P-521",
        ),
        (Make::default(), &stranger.pem(), "its chain does not begin with its issuer, Test CA"),
    ];
    for (make, chain, expected) in cases {
        let candidate = candidate("docker", &make, &ca, chain);
        let verdict = judge(&candidate, HOST, now()).map_or_else(|why| why.to_string(), |_| "ok".to_owned());
        assert_eq!(verdict, expected, "{candidate:?}");
    }
}

#[test]
fn chains_are_told_apart() {
    let ca = issuer("Test CA");
    let make = Make::default();
    assert_eq!(candidate("a", &make, &ca, &ca.pem()).chain, Chain::Complete);
    assert_eq!(candidate("a", &make, &ca, "").chain, Chain::Absent);
    assert_eq!(candidate("a", &make, &ca, &issuer("Stranger").pem()).chain, Chain::Broken);
    assert_eq!(Candidate::from_iam("arn", "ca", &ca.pem(), None).chain, Chain::SelfSigned);
}

#[test]
fn text_that_is_no_certificate_is_kept_with_its_reason() {
    let key = KeyPair::generate().expect("a key").serialize_pem();
    for (body, expected) in [
        ("", "cannot be read: no PEM block in it"),
        (key.as_str(), "cannot be read: holds a PRIVATE KEY, not a certificate"),
    ] {
        let candidate = Candidate::from_iam("arn", "odd", body, None);
        assert_eq!(judge(&candidate, HOST, now()).map_err(|why| why.to_string()), Err(expected.to_owned()));
    }
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
        in_use: Some(false),
    };
    edit(&mut candidate);
    candidate
}

#[test]
fn the_order_is_exact_then_longest_then_acm_then_arn() {
    let wildcard = |candidate: &mut Candidate| candidate.names = vec!["*.example.test".to_owned()];
    let longer = |candidate: &mut Candidate| candidate.not_after = Some(now() + 4800.hours());
    let cases = [
        (usable("x", |_| {}), usable("a", |c| (wildcard(c), longer(c)).0), Advantage::Exact),
        (usable("x", longer), usable("a", |_| {}), Advantage::LaterExpiry),
        (usable("x", |_| {}), usable("a", |c| c.source = Source::Iam), Advantage::Renews),
        (usable("a", |_| {}), usable("b", |_| {}), Advantage::Arn),
    ];
    for (best, other, advantage) in cases {
        for pair in [[best.clone(), other.clone()], [other.clone(), best.clone()]] {
            let choice = choose(&pair, HOST, now());
            assert_eq!(choice.chosen, Some(&best), "{advantage:?}");
            assert_eq!(choice.rejected.len(), 1);
            assert_eq!(choice.rejected[0].why, Rejection::Behind(best.name.clone(), advantage));
        }
    }
}

#[test]
fn nothing_usable_leaves_a_reason_for_each() {
    let candidates = [
        usable("pending", |c| (c.status = Status::NotIssued("PENDING_VALIDATION".into()), c.not_after = None).0),
        usable("small", |c| c.key = KeyKind::from_acm("RSA-1024")),
    ];
    let choice = choose(&candidates, HOST, now());
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
