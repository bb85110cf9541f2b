//! IAM server certificates: what an upload must be, and what may be done with one.

use serde_json::{Value, json};

use super::Account;
use super::authorities::{Made, chained};

fn upload(name: &str, made: &Made) -> Value {
    json!({ "ServerCertificateName": name, "CertificateBody": made.certificate, "PrivateKey": made.key,
        "CertificateChain": made.bundle() })
}

/// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html
#[tokio::test]
async fn an_upload_must_be_a_certificate_with_its_chain_and_key() {
    let account = Account::new().await;
    let (made, other) = (
        chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2090),
        chained("b.example.test", &rcgen::PKCS_ECDSA_P384_SHA384, 2020..2090),
    );
    let (past, future) = (
        chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2024),
        chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2080..2090),
    );
    let whole = upload("a", &made);
    let with = |member: &str, value: String| {
        let mut input = whole.clone();
        input[member] = json!(value);
        input
    };
    let reversed: String = made.chain.iter().rev().cloned().collect();
    for (expected, input) in [
        ("MalformedCertificate: Unable to parse certificate.", with("CertificateBody", "none".to_owned())),
        (
            "MalformedCertificate: Unable to parse certificate.",
            with("CertificateBody", made.certificate.clone() + &made.bundle()),
        ),
        ("MalformedCertificate: Unable to parse certificate chain.", with("CertificateChain", "none".to_owned())),
        (
            "MalformedCertificate: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate",
            with("CertificateChain", reversed),
        ),
        (
            "MalformedCertificate: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: -1",
            with("CertificateChain", other.bundle()),
        ),
        ("MalformedCertificate: Unable to parse private key.", with("PrivateKey", "none".to_owned())),
        (
            "MalformedCertificate: The private key must not be encrypted.",
            with("PrivateKey", made.key.replace("PRIVATE", "ENCRYPTED PRIVATE")),
        ),
        ("KeyPairMismatch:", with("PrivateKey", other.key.clone())),
        ("MalformedCertificate: Certificate is no longer valid. The 'Not After' date", upload("a", &past)),
        ("MalformedCertificate: Certificate is not valid yet.", upload("a", &future)),
    ] {
        let refused = account.refused("iam", "UploadServerCertificate", input).await;
        assert!(refused.starts_with(expected), "{expected} expected: {refused}");
    }
    account.ask("iam", "UploadServerCertificate", whole.clone()).await;
    let again = account.refused("iam", "UploadServerCertificate", whole).await;
    assert_eq!(again, "EntityAlreadyExists: The Server Certificate with name a already exists.");
}

/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
#[tokio::test]
async fn an_account_has_twenty_unless_it_asked_for_more() {
    let account = Account::new().await;
    let made = chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2090);
    for number in 0..19 {
        account.ask("iam", "UploadServerCertificate", upload(&format!("c{number}"), &made)).await;
    }
    let refused = account.refused("iam", "UploadServerCertificate", upload("more", &made)).await;
    assert_eq!(refused, "LimitExceeded: Cannot exceed quota for ServerCertificatesPerAccount: 20");
    account.0.region().world(|world| world.iam.certificate_quota = Some(21));
    account.ask("iam", "UploadServerCertificate", upload("more", &made)).await;
}

#[tokio::test]
async fn a_certificate_moves_to_another_path_and_name() {
    let account = Account::new().await;
    let made = chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2090);
    for name in ["a", "b"] {
        account.ask("iam", "UploadServerCertificate", upload(name, &made)).await;
    }
    let moves = |name: &str, to: &str| json!({ "ServerCertificateName": name, "NewServerCertificateName": to, "NewPath": "/cloudfront/" });
    assert!(account.refused("iam", "UpdateServerCertificate", moves("none", "c")).await.starts_with("NoSuchEntity"));
    assert!(
        account.refused("iam", "UpdateServerCertificate", moves("a", "b")).await.starts_with("EntityAlreadyExists")
    );
    account.ask("iam", "UpdateServerCertificate", moves("a", "c")).await;
    let listed = account.ask("iam", "ListServerCertificates", json!({ "PathPrefix": "/cloudfront/" })).await;
    let list = &listed["ServerCertificateMetadataList"];
    assert_eq!(list[0]["Arn"], "arn:aws:iam::123456789012:server-certificate/cloudfront/c", "{listed}");
    assert_eq!(list.as_array().map(Vec::len), Some(1));
}
