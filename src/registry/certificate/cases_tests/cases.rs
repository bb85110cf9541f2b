//! The table's rows about dates, keys, chains, purposes and where a certificate is kept.

use jiff::ToSpan;
use rcgen::{
    BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::super::{Candidate, Source, Status};
use super::make::{Authority, HOST, Make, Pki, valid};
use super::{Case, Opinion, now, odd, trusting};

const DAY: i64 = 24 * 3600;
const NOT_SERVED: Opinion = Opinion::Takes("the key is no matter to a client, but to the load balancer");

pub(super) fn table(pki: &Pki) -> Vec<Case> {
    [dates(pki), keys(pki), chains(pki), authorities(pki), purposes(pki), self_signed(pki), kept(pki), odd()]
        .into_iter()
        .flatten()
        .collect()
}

fn dates(pki: &Pki) -> Vec<Case> {
    vec![
        pki.case("begins this second", Make::host().valid(0, DAY), "exact"),
        pki.case("begins in a second", Make::host().valid(1, DAY), "is not valid before 2026-11-24"),
        pki.case("begins in two days", Make::host().valid(2 * DAY, 90 * DAY), "is not valid before 2026-11-26"),
        pki.case("ends this second", Make::host().valid(-DAY, 0), "exact"),
        pki.case("ended a second ago", Make::host().valid(-DAY, -1), "expired on 2026-11-24"),
        pki.case("ended long ago", Make::host().valid(-90 * DAY, -DAY), "expired on 2026-11-23"),
        pki.case("never valid", Make::host().valid(DAY, -DAY), "expired on 2026-11-23"),
    ]
}

fn keys(pki: &Pki) -> Vec<Case> {
    let refused =
        |kind: &str| format!("has a key of kind {kind}; use RSA 2048, 3072 or 4096, or ECDSA P-256, P-384 or P-521");
    vec![
        pki.case("RSA 1024", Make::host().rsa(1024), refused("RSA 1024")).opinion(NOT_SERVED),
        pki.case("RSA 2048", Make::host().rsa(2048), "exact"),
        pki.case("RSA 2560", Make::host().rsa(2560), refused("RSA 2560")).opinion(NOT_SERVED),
        pki.case("RSA 3072", Make::host().rsa(3072), "exact"),
        pki.case("RSA 4096", Make::host().rsa(4096), "exact"),
        pki.case("RSA 8192", Make::host().rsa(8192), refused("RSA 8192")).opinion(NOT_SERVED),
        pki.case("ECDSA P-256", Make::host().keyed(&rcgen::PKCS_ECDSA_P256_SHA256), "exact"),
        pki.case("ECDSA P-384", Make::host().keyed(&rcgen::PKCS_ECDSA_P384_SHA384), "exact"),
        pki.case("ECDSA P-521", Make::host().keyed(&rcgen::PKCS_ECDSA_P521_SHA512), "exact"),
        pki.case("Ed25519", Make::host().keyed(&rcgen::PKCS_ED25519), refused("Ed25519")).opinion(NOT_SERVED),
    ]
}

fn chains(pki: &Pki) -> Vec<Case> {
    let Pki { root, intermediate } = pki;
    let leaf = || intermediate.sign(Make::host());
    let deeper = intermediate.authority("Deeper", |_| {});
    let stranger = Authority::root("Stranger");
    let namesake = Authority::root("Root").authority("Intermediate", |_| {});
    let broken = "its chain does not begin with its issuer, Intermediate";
    let lacks =
        |name: &str| format!("lacks its chain: its issuer, {name}, is neither stored with it nor a root known here");
    vec![
        pki.row("stored with its root too", &leaf(), &[intermediate, root], "exact"),
        pki.row("three deep", &deeper.sign(Make::host()), &[&deeper, intermediate], "exact"),
        pki.row("signed by the root, stored with it", &root.sign(Make::host()), &[root], "exact"),
        pki.row("signed by a known root, stored alone", &root.sign(Make::host()), &[], "exact"),
        pki.row("signed by an unknown root, stored alone", &stranger.sign(Make::host()), &[], lacks("Stranger")),
        pki.row("without its intermediate", &leaf(), &[], lacks("Intermediate")),
        pki.row("signed by an unknown root, stored with it", &stranger.sign(Make::host()), &[&stranger], "exact")
            .opinion(Opinion::Refuses("whom clients trust is theirs to decide: --ca-file, certs.d")),
        pki.row("without the intermediate, with the root", &leaf(), &[root], broken),
        pki.row("with somebody else's chain", &leaf(), &[&stranger], broken),
        pki.row("with an authority of the same name", &leaf(), &[&namesake], broken),
        pki.row(
            "a hole in the chain",
            &deeper.sign(Make::host()),
            &[&deeper, root],
            "its chain does not begin with its issuer, Deeper",
        ),
        pki.row("the chain upside down", &leaf(), &[root, intermediate], broken)
            .opinion(Opinion::Takes("rustls sorts chains; AWS refuses such a one at upload, and TLS 1.2 forbids it")),
    ]
}

fn authorities(pki: &Pki) -> Vec<Case> {
    let Pki { root, .. } = pki;
    let below = |name: &str, edit: fn(&mut rcgen::CertificateParams)| root.authority(name, edit);
    let case =
        |name, authority: &Authority, says: &str| pki.row(name, &authority.sign(Make::host()), &[authority], says);
    let expired = below("Old", |params| valid(params, now() - 48.hours(), now() - 24.hours()));
    let early = below("Early", |params| valid(params, now() + 24.hours(), now() + 48.hours()));
    let none = below("Nobody", |params| params.is_ca = IsCa::ExplicitNoCa);
    let mute = below("Mute", |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let elsewhere = below("Elsewhere", |params| params.name_constraints = only("other.test"));
    let here = below("Here", |params| params.name_constraints = only("example.test"));
    let last = below("Last", |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let one_more = last.authority("One more", |_| {});
    let over = root.expired_copy("Root");
    vec![
        case("its issuer expired", &expired, "its issuer Old expired on 2026-11-23"),
        case("its issuer is not valid yet", &early, "its issuer Early is not valid before 2026-11-25"),
        case("its issuer is no authority", &none, "its chain holds Nobody, which may not issue certificates"),
        case("its issuer may sign no certificates", &mute, "its chain holds Mute, which may not issue certificates")
            .opinion(Opinion::Takes("rustls does not read an issuer's key usage; Go, and Docker with it, does")),
        case("its issuer is for other names", &elsewhere, "its issuer, Elsewhere, may not issue for its names"),
        case("its issuer is for its names", &here, "exact"),
        pki.row(
            "its issuer is too deep",
            &one_more.sign(Make::host()),
            &[&one_more, &last, root],
            "is refused by TLS clients: PathLenConstraintViolated",
        ),
        pki.row("stored with an expired copy of the root", &root.sign(Make::host()), &[&over], "exact"),
    ]
}

fn only(domain: &str) -> Option<NameConstraints> {
    let permitted_subtrees = vec![GeneralSubtree::DnsName(domain.to_owned())];
    Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() })
}

fn purposes(pki: &Pki) -> Vec<Case> {
    let of = |purposes: &[ExtendedKeyUsagePurpose]| {
        let purposes = purposes.to_vec();
        Make::host().with(|params| params.extended_key_usages = purposes)
    };
    let unknown = Make::host().with(|params| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    let authority = Make::host().with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let (server, client) = (ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth);
    let other = "was not made for TLS servers";
    vec![
        pki.case("for servers and clients", of(&[server, client.clone()]), "exact"),
        pki.case("for no purpose in particular", of(&[]), "exact"),
        pki.case("for clients alone", of(&[client]), other),
        pki.case("for code alone", of(&[ExtendedKeyUsagePurpose::CodeSigning]), other),
        pki.case("an authority's own, for the host", authority, "is an authority's own certificate, not a server's"),
        pki.case(
            "a critical extension that nobody knows",
            unknown,
            "is refused by TLS clients: UnsupportedCriticalExtension",
        ),
    ]
}

fn self_signed(pki: &Pki) -> Vec<Case> {
    let plain = Make::host().self_signed();
    let as_openssl = Make::host().with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)).self_signed();
    let old = Make::host().valid(-9 * DAY, -DAY).self_signed();
    let given = |name, leaf: &rcgen::Certificate, says: &str| {
        pki.row(name, leaf, &[], says).client(trusting([leaf.der()], now()))
    };
    vec![
        given("signed by itself", &plain, "exact"),
        given("signed by itself, as an authority", &as_openssl, "exact")
            .opinion(Opinion::Refuses("Go, and Docker with it, takes what it was given; so does the probe")),
        given("signed by itself, expired", &old, "expired on 2026-11-23"),
        pki.row("signed by itself, given to nobody", &plain, &[], "exact")
            .opinion(Opinion::Refuses("whom clients trust is theirs to decide: --ca-file, certs.d")),
    ]
}

fn kept(pki: &Pki) -> Vec<Case> {
    let at = |arn: &'static str| {
        let arn = arn.to_owned();
        move |own: &mut Candidate| own.arn = arn
    };
    let in_acm = |status: Status| {
        move |own: &mut Candidate| {
            own.source = Source::Acm;
            own.status = status;
        }
    };
    let waiting = |word: &str| in_acm(Status::NotIssued(word.to_owned()));
    let not_clients = Opinion::Takes("what AWS does with a certificate does not show in it");
    let mut cases = vec![
        pki.case("under the path of CloudFront", Make::host(), "is kept for CloudFront, under the path /cloudfront/")
            .candidate(at("arn:aws:iam::123456789012:server-certificate/cloudfront/docker"))
            .opinion(not_clients),
        pki.case("under another path", Make::host(), "exact")
            .candidate(at("arn:aws:iam::123456789012:server-certificate/cloudfronts/docker")),
        pki.case("issued by Amazon, its text not shown", Make::host(), "exact").candidate(|own| {
            in_acm(Status::Issued)(own);
            own.path.clear();
        }),
        pki.case("imported into ACM", Make::host(), "exact").candidate(in_acm(Status::Issued)),
        pki.case("expired in ACM", Make::host().valid(-9 * DAY, -DAY), "expired on 2026-11-23")
            .candidate(waiting("EXPIRED")),
    ];
    for (name, word, says) in [
        ("pending in ACM", "PENDING_VALIDATION", "is PENDING_VALIDATION in ACM"),
        ("failed in ACM", "FAILED", "is FAILED in ACM"),
        ("revoked in ACM", "REVOKED", "is REVOKED in ACM"),
        ("inactive in ACM", "INACTIVE", "is INACTIVE in ACM"),
        ("not validated in time in ACM", "VALIDATION_TIMED_OUT", "is VALIDATION_TIMED_OUT in ACM"),
    ] {
        cases.push(pki.case(name, Make::host(), says).candidate(waiting(word)).opinion(not_clients));
    }
    cases
}

/// What openssl made, and what is no certificate at all.
fn odd() -> Vec<Case> {
    let authority = CertificateDer::from_pem_slice(odd::AUTHORITY.as_bytes()).expect("a certificate");
    let century = || trusting([&authority], "2030-01-01T00:00:00Z".parse().expect("a time"));
    let case = |name: &'static str, body: &str, chain: Option<&str>, says: &str, opinion| Case {
        name,
        host: HOST.to_owned(),
        candidate: Candidate::from_iam("arn:aws:iam::1:server-certificate/odd", "odd", body, chain),
        presented: [Some(body), chain]
            .into_iter()
            .flatten()
            .filter_map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).ok())
            .collect(),
        client: century(),
        says: says.to_owned(),
        opinion,
    };
    let key =
        |kind: &str| format!("has a key of kind {kind}; use RSA 2048, 3072 or 4096, or ECDSA P-256, P-384 or P-521");
    let signed = |name, body, says: &str, opinion| case(name, body, Some(odd::AUTHORITY), says, opinion);
    let private = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let cut = odd::SHA1.replace("MII", "");
    vec![
        signed(
            "signed with SHA-1",
            odd::SHA1,
            "is signed by an algorithm that clients refuse, such as SHA-1",
            Opinion::Same,
        ),
        signed("a key on secp256k1", odd::SECP256K1, &key("key of type 1.2.840.10045.2.1"), NOT_SERVED),
        signed("Ed448", odd::ED448, &key("Ed448"), NOT_SERVED),
        signed("RSA for PSS alone", odd::RSA_PSS, &key("key of type 1.2.840.113549.1.1.10"), NOT_SERVED),
        case("nothing", "", None, "cannot be read: no PEM block in it", Opinion::Same),
        case("a private key", &private, None, "cannot be read: holds a PRIVATE KEY, not a certificate", Opinion::Same),
        case("a certificate cut short", &cut, None, "cannot be read: base64 decode error", Opinion::Same),
        case(
            "a chain that is none",
            odd::SHA1,
            Some("-----BEGIN X-----\nAAAA\n-----END X-----\n"),
            "cannot be read: holds a X, not a certificate",
            Opinion::Same,
        ),
    ]
}
