//! Every way in which files can be no good, each with what is said; and the forms that are good.

mod authority;

use authority::{Made, Wish, make, rsa, self_signed};
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};

use super::*;

/// The files, as text.
#[derive(Clone, Default)]
struct Files {
    cert: String,
    chain: Option<String>,
    key: String,
    host: Option<&'static str>,
    trusted: Vec<String>,
    iam: bool,
}

fn files(made: &Made) -> Files {
    Files {
        cert: made.leaf.clone(),
        chain: Some(made.intermediate.clone()),
        key: made.key.clone(),
        trusted: vec![made.root.clone()],
        ..Files::default()
    }
}

fn prepared(files: &Files) -> Result<Upload, Fault> {
    let mut roots = RootCertStore::empty();
    for pem in &files.trusted {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).expect("a root");
    }
    let key = secret("k.pem", files.key.clone().into_bytes())?;
    let given = Given {
        certificate: File { name: "c.pem", bytes: files.cert.as_bytes() },
        chain: files.chain.as_ref().map(|text| File { name: "i.pem", bytes: text.as_bytes() }),
        key_name: "k.pem",
        key: &key,
        host: files.host,
    };
    let to = if files.iam { Source::Iam } else { Source::Acm };
    prepare(&given, &roots, to, Timestamp::from_second(1_800_000_000).expect("a time"))
}

fn chain_of(upload: &Upload) -> Vec<CertificateDer<'static>> {
    let text = format!("{}{}", upload.certificate, upload.chain.as_deref().unwrap_or_default());
    CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().expect("certificates")
}

fn ders(pems: &[&String]) -> Vec<CertificateDer<'static>> {
    pems.iter().map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).collect()
}

#[test]
fn the_order_is_put_right_and_what_does_not_belong_is_left_out() {
    let (made, other) = (make(&Wish::default()), make(&Wish::default()));
    let join = |parts: &[&String]| parts.iter().map(|part| part.as_str()).collect::<String>();
    let whole = ders(&[&made.leaf, &made.intermediate, &made.root]);
    let order = "the order was put right: the leaf, then Test Intermediate, then Test Root";
    let out = "left out, for it issued none of the others: the leaf";
    for (case, cert, chain, count, repairs) in [
        ("in order", join(&[&made.leaf]), Some(join(&[&made.intermediate])), 2, vec![]),
        ("one file", join(&[&made.leaf, &made.intermediate]), None, 2, vec![]),
        ("with the root", join(&[&made.leaf]), Some(join(&[&made.intermediate, &made.root])), 3, vec![]),
        ("backwards", join(&[&made.root, &made.intermediate, &made.leaf]), None, 3, vec![order]),
        ("chain backwards", join(&[&made.leaf]), Some(join(&[&made.root, &made.intermediate])), 3, vec![order]),
        ("twice", join(&[&made.leaf, &made.intermediate]), Some(join(&[&made.leaf, &made.intermediate])), 2, vec![]),
        ("a stranger", join(&[&made.leaf, &other.leaf]), Some(join(&[&made.intermediate])), 2, vec![out]),
    ] {
        let files = Files { cert, chain, ..files(&made) };
        let upload = prepared(&files).unwrap_or_else(|fault| panic!("{case}: {fault}"));
        assert_eq!(chain_of(&upload), whole[..count], "{case}");
        assert_eq!(upload.repairs, repairs, "{case}");
        assert_eq!(upload.vouched, Vouched::Trusted, "{case}");
    }
}

/// The bytes in a PKCS#8 key: the key in its older form.
fn inner(pkcs8: &[u8]) -> Vec<u8> {
    // SEQUENCE { INTEGER, SEQUENCE (algorithm), OCTET STRING (the key) }: each is tag, length, content.
    fn content(der: &[u8]) -> (&[u8], &[u8]) {
        let (skip, length) = match der[1] {
            short @ ..=0x7f => (2, usize::from(short)),
            0x81 => (3, usize::from(der[2])),
            _ => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        };
        der[skip..].split_at(length)
    }
    let (sequence, _) = content(pkcs8);
    let (_, rest) = content(sequence);
    let (_, rest) = content(rest);
    content(rest).0.to_vec()
}

#[test]
fn every_form_of_a_key_is_taken_and_sent_alone() {
    for (wish, label) in [(Wish::default(), "EC PRIVATE KEY"), (rsa(), "RSA PRIVATE KEY")] {
        let made = make(&wish);
        let der = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).expect("a key");
        let older = pem::write(label, &inner(der.secret_der()));
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let remarks = format!("Bag Attributes\n    friendlyName: x\n{}", made.key);
        let windows = made.key.replace('\n', "\r\n");
        for (case, key) in [
            ("PKCS#8", made.key.clone()),
            ("older", older.clone()),
            ("parameters", format!("{parameters}{older}")),
            ("remarks", remarks),
            ("Windows", windows),
        ] {
            let upload = prepared(&Files { key, ..files(&made) }).unwrap_or_else(|fault| panic!("{case}: {fault}"));
            let sent = upload.key.expose_secret();
            assert!(sent.starts_with("-----BEGIN ") && sent.matches("-----BEGIN").count() == 1, "{case} {label}");
            assert!(PrivateKeyDer::from_pem_slice(sent.as_bytes()).is_ok(), "{case} {label}");
        }
    }
}

#[test]
fn each_fault_has_its_words_and_its_cure() {
    let made = make(&Wish::default());
    let good = files(&made);
    let with = |change: &dyn Fn(&mut Files)| {
        let mut files = good.clone();
        change(&mut files);
        files
    };
    let of = |wish: Wish| files(&make(&wish));
    let other = make(&Wish::default());
    let block = |label: &str| pem::write(label, b"anything");
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let many = |count: usize| -> &'static [&'static str] {
        (0..count).map(|number| &*format!("host-{number}.example.test").leak()).collect::<Vec<_>>().leak()
    };
    let table: Vec<(&str, Files, &str, &str)> = vec![
        ("empty", with(&|own| own.cert = String::new()), "there is no certificate in c.pem", "BEGIN CERTIFICATE"),
        ("a text", with(&|own| own.cert = "hello".into()), "there is no certificate in c.pem", "from your CA"),
        ("cut off", with(&|own| own.cert.truncate(200)), "a certificate in c.pem cannot be read", "from your CA"),
        ("not X.509", with(&|own| own.cert = block("CERTIFICATE")), "a certificate in c.pem cannot be read", ""),
        (
            "PKCS#7",
            with(&|own| own.cert = block("PKCS7")),
            "c.pem is a PKCS#7 bundle",
            "openssl pkcs7 -print_certs -in c.pem",
        ),
        (
            "a request",
            with(&|own| own.cert = block("CERTIFICATE REQUEST")),
            "is a request for a certificate",
            "from your CA",
        ),
        (
            "trusted",
            with(&|own| own.cert = block("TRUSTED CERTIFICATE")),
            "with trust settings",
            "openssl x509 -in c.pem",
        ),
        (
            "another block",
            with(&|own| own.chain = Some(block("X509 CRL"))),
            "i.pem holds a X509 CRL",
            "-certfile i.pem",
        ),
        ("key inside", with(&|own| own.cert += &made.key), "c.pem holds a private key beside", "-certfile c.pem"),
        ("no key", with(&|own| own.key = "x".into()), "in k.pem holds no PEM text", "holds the private key"),
        ("key twice", with(&|own| own.key += &other.key), "k.pem holds more than one private key", "and no other"),
        ("certificate as key", with(&|own| own.key = made.leaf.clone()), "k.pem holds a certificate", "private key"),
        (
            "encrypted",
            with(&|own| own.key = block("ENCRYPTED PRIVATE KEY")),
            "in k.pem is encrypted",
            "openssl pkey -in k.pem",
        ),
        ("encrypted, older", with(&|own| own.key = legacy.into()), "in k.pem is encrypted", "(umask 077; openssl pkey"),
        (
            "OpenSSH",
            with(&|own| own.key = block("OPENSSH PRIVATE KEY")),
            "is in OpenSSH's form",
            "ssh-keygen -p -N '' -m PEM",
        ),
        ("damaged", with(&|own| own.key = own.key.replacen("\nM", "\n!", 1)), "in k.pem is damaged", "private key"),
        (
            "nonsense",
            with(&|own| own.key = block("PRIVATE KEY")),
            "is none that a load balancer serves",
            "RSA 2048 to 4096",
        ),
        (
            "of another",
            with(&|own| own.key = other.key.clone()),
            "the private key in k.pem does not belong to the certificate in c.pem",
            "-pubkey -noout",
        ),
        ("Ed25519", of(Wish { algorithm: &rcgen::PKCS_ED25519, ..Wish::default() }), "Ed25519", "request-certificate"),
        (
            "expired",
            of(Wish { years: (2020, 2026), ..Wish::default() }),
            "the certificate expired on 2026-01-01",
            "another certificate",
        ),
        ("too early", of(Wish { years: (2080, 2090), ..Wish::default() }), "is not valid before 2080-01-01", "another"),
        ("no name", of(Wish { names: &[], ..Wish::default() }), "the certificate ", "another certificate"),
        (
            "other host",
            with(&|own| own.host = Some("other.example.test")),
            "covers only docker.example.test",
            "another",
        ),
        (
            "no chain",
            with(&|own| own.chain = None),
            "Test Intermediate, which issued the leaf, is missing",
            "--chain FILE",
        ),
        (
            "no chain, told where",
            with(&|own| {
                (own.cert, own.key, own.chain) = {
                    let made = make(&Wish { issuer_url: Some("http://ca.test/i.der"), ..Wish::default() });
                    (made.leaf, made.key, None)
                }
            }),
            "the chain is incomplete",
            "curl -s http://ca.test/i.der | openssl x509 -inform DER",
        ),
        (
            "unknown root",
            with(&|own| own.trusted.clear()),
            "Test Root, which issued Test Intermediate, is missing",
            "--ca-file",
        ),
        (
            "chain of another",
            with(&|own| own.chain = Some(other.intermediate.clone())),
            "Test Intermediate, which issued the leaf, is missing",
            "--chain",
        ),
        (
            "for clients",
            of(Wish { purpose: rcgen::ExtendedKeyUsagePurpose::ClientAuth, ..Wish::default() }),
            "not issued for servers",
            "another",
        ),
        (
            "too large for IAM",
            Files { iam: true, ..of(Wish { names: many(700), ..Wish::default() }) },
            "and IAM takes at most 16384",
            "--to acm",
        ),
        (
            "too large for ACM",
            of(Wish { names: many(1500), ..Wish::default() }),
            "and ACM takes at most 32768",
            "fewer names",
        ),
    ];
    assert!(table.len() >= 30);
    assert!(matches!(secret("k.pem", vec![0x30, 0x82, 1, 0xff]), Err(Fault::KeyFormat { format: Format::Der, .. })));
    assert!(matches!(secret("k.pem", vec![0xff]), Err(Fault::KeyFormat { format: Format::None, .. })));
    for (case, files, message, cure) in table {
        let fault = prepared(&files).map(drop).expect_err(case);
        assert!(fault.to_string().contains(message), "{case}: {fault}");
        assert!(fault.cure().contains(cure), "{case}: {}", fault.cure());
        let key = files.key.lines().nth(1).unwrap_or("none at all");
        let told = format!("{fault} {} {fault:?}", fault.cure());
        assert!(key.len() < 20 || !told.contains(&key[..20]), "{case} quotes the key: {told}");
    }
}

#[test]
fn who_vouches_for_it_is_known() {
    let made = make(&Wish::default());
    let own = Files { chain: Some(format!("{}{}", made.intermediate, made.root)), trusted: vec![], ..files(&made) };
    let upload = prepared(&own).expect("it ends in a root of its own");
    assert_eq!(upload.vouched, Vouched::OwnRoot("Test Root".to_owned()));
    // Other roots are trusted, this one is not.
    let others = Files { trusted: vec![make(&Wish::default()).root], ..own };
    assert_eq!(prepared(&others).expect("the same").vouched, Vouched::OwnRoot("Test Root".to_owned()));
    let (cert, key) = self_signed();
    for trusted in [vec![], vec![make(&Wish::default()).root]] {
        let alone = Files { cert: cert.clone(), key: key.clone(), trusted, ..Files::default() };
        assert_eq!(prepared(&alone).expect("it is taken").vouched, Vouched::Itself);
    }
}

#[test]
fn a_key_is_never_shown() {
    let made = make(&Wish::default());
    let upload = prepared(&files(&made)).expect("it is good");
    let inside = made.key.lines().nth(1).expect("a line of it");
    assert!(!format!("{upload:?}").contains(inside));
    let secret = SecretString::from(made.key.clone());
    let key = Key::read("k.pem", &secret).expect("a key");
    assert!(!format!("{key:?}").contains(inside));
}
