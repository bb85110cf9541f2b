//! ACM: imports, requests, and the certificates that it issues once the zone has its records.

use serde_json::{Value, json};

use super::Account;
use super::authorities::{Made, blob, chained};

fn import(made: &Made) -> Value {
    json!({ "Certificate": blob(&made.certificate), "PrivateKey": blob(&made.key), "CertificateChain": blob(&made.bundle()) })
}

/// https://repost.aws/knowledge-center/acm-import-troubleshooting
#[tokio::test]
async fn an_import_must_be_whole_current_and_in_order() {
    let account = Account::new().await;
    let made = chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2020..2090);
    let old = chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2010..2020);
    let early = chained("a.example.test", &rcgen::PKCS_ECDSA_P256_SHA256, 2080..2090);
    let strange = chained("a.example.test", &rcgen::PKCS_ED25519, 2020..2090);
    let with = |member: &str, value: &str| {
        let mut input = import(&made);
        input[member] = json!(blob(value));
        input
    };
    let reversed: String = made.chain.iter().rev().cloned().collect();
    for (expected, input) in [
        ("Unable to parse certificate.", with("Certificate", "none")),
        (
            "The certificate field contains more than one certificate.",
            with("Certificate", &(made.certificate.clone() + &made.bundle())),
        ),
        ("Could not validate the certificate with the certificate chain.", with("CertificateChain", &reversed)),
        ("The private key is not supported.", with("PrivateKey", "none")),
        (
            "Your private key should not be encrypted.",
            with("PrivateKey", &made.key.replace("PRIVATE", "ENCRYPTED PRIVATE")),
        ),
        ("The certificate's public key does not match the private key.", with("PrivateKey", &early.key)),
        ("The certificate is expired.", import(&old)),
        ("The certificate is not yet valid.", import(&early)),
        ("The private key length is not supported for key algorithm.", import(&strange)),
    ] {
        let refused = account.refused("acm", "ImportCertificate", input).await;
        assert!(refused.starts_with(&format!("ValidationException: {expected}")), "{expected} expected: {refused}");
    }
    let arn = account.ask("acm", "ImportCertificate", import(&made)).await["CertificateArn"].clone();
    let mut again = import(&made);
    again["CertificateArn"] = arn.clone();
    account.ask("acm", "ImportCertificate", again.clone()).await;
    again["Tags"] = json!([{ "Key": "a", "Value": "b" }]);
    assert!(account.refused("acm", "ImportCertificate", again).await.contains("Tagging is not permitted"));
    let tags: Vec<Value> = (0..51).map(|number| json!({ "Key": format!("k{number}"), "Value": "v" })).collect();
    let too_many = json!({ "CertificateArn": arn, "Tags": tags });
    assert!(account.refused("acm", "AddTagsToCertificate", too_many).await.starts_with("TooManyTagsException"));
    let theirs = json!({ "CertificateArn": arn, "Tags": [{ "Key": "aws:x", "Value": "v" }] });
    assert!(account.refused("acm", "AddTagsToCertificate", theirs).await.starts_with("InvalidTagException"));
}

/// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
#[tokio::test]
async fn a_request_has_limits_and_a_token() {
    let account = Account::new().await;
    let ask = |domain: &str, more: Value| {
        let mut input = json!({ "DomainName": domain, "ValidationMethod": "DNS" });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        input
    };
    let many: Vec<String> = (0..10).map(|number| format!("h{number}.example.test")).collect();
    let long = format!("{}.example.test", "a".repeat(60));
    for (expected, input) in [
        ("LimitExceededException", ask("a.example.test", json!({ "SubjectAlternativeNames": many }))),
        ("InvalidParameterException: The first domain name", ask(&long, json!({}))),
        ("ValidationException: 1 validation error", ask("-a.example.test", json!({}))),
        ("ValidationException: 1 validation error", ask("test", json!({}))),
        ("InvalidParameterException", ask("a.example.test", json!({ "KeyAlgorithm": "RSA_1024" }))),
        (
            "InvalidDomainValidationOptionsException",
            ask(
                "a.example.test",
                json!({ "DomainValidationOptions": [{ "DomainName": "a.example.test", "ValidationDomain": "other.test" }] }),
            ),
        ),
    ] {
        let refused = account.refused("acm", "RequestCertificate", input).await;
        assert!(refused.starts_with(expected), "{expected} expected: {refused}");
    }
    let with_token = ask("a.example.test", json!({ "IdempotencyToken": "once" }));
    let first = account.ask("acm", "RequestCertificate", with_token.clone()).await;
    assert_eq!(account.ask("acm", "RequestCertificate", with_token).await, first);
    assert_ne!(account.ask("acm", "RequestCertificate", ask("a.example.test", json!({}))).await, first);
}

/// ACM looks at the zone as a resolver does: a record that is not published yet is not there.
#[tokio::test]
async fn a_certificate_is_issued_once_every_name_has_its_record() {
    let account = Account::new().await;
    let zone = account.zone().await;
    let input = json!({ "DomainName": "a.example.test", "SubjectAlternativeNames": ["*.a.example.test", "b.example.test"],
        "ValidationMethod": "DNS" });
    let arn = account.ask("acm", "RequestCertificate", input).await["CertificateArn"].clone();
    let describe = async || {
        account.ask("acm", "DescribeCertificate", json!({ "CertificateArn": arn })).await["Certificate"].clone()
    };
    let records: Vec<Value> = account
        .until("the records are known", async || {
            let options = describe().await["DomainValidationOptions"].as_array().cloned().unwrap_or_default();
            options
                .iter()
                .map(|option| Some(option["ResourceRecord"].clone()).filter(|record| !record.is_null()))
                .collect()
        })
        .await;
    assert_eq!(records.len(), 3);
    assert_eq!(records[0], records[1], "a wildcard shares its parent's record");
    let create = |record: &Value| {
        json!([{ "Action": "UPSERT", "ResourceRecordSet": { "Name": record["Name"], "Type": record["Type"], "TTL": 60,
            "ResourceRecords": [{ "Value": record["Value"] }] } }])
    };
    let change = account.change(&zone, create(&records[0])).await.expect("a record");
    account.in_sync(&change).await;
    let pending = describe().await;
    let statuses: Vec<&Value> =
        (0..3).map(|index| &pending["DomainValidationOptions"][index]["ValidationStatus"]).collect();
    assert_eq!(
        (&pending["Status"], statuses),
        (&json!("PENDING_VALIDATION"), vec![&json!("SUCCESS"), &json!("SUCCESS"), &json!("PENDING_VALIDATION")])
    );
    assert_eq!(pending["RenewalEligibility"], "INELIGIBLE");
    account.change(&zone, create(&records[2])).await.expect("a record");
    let issued =
        account.until("it is issued", async || Some(describe().await).filter(|one| one["Status"] == "ISSUED")).await;
    assert_eq!(issued["KeyAlgorithm"], "RSA-2048");
    let listed = account.ask("acm", "ListCertificates", json!({ "CertificateStatuses": ["ISSUED"] })).await;
    assert_eq!(listed["CertificateSummaryList"][0]["CertificateArn"], arn, "the default key type is listed by default");
}

/// https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
#[tokio::test]
async fn a_zone_that_names_other_authorities_gets_no_certificate() {
    let account = Account::new().await;
    let zone = account.zone().await;
    let caa = json!([{ "Action": "CREATE", "ResourceRecordSet": { "Name": "example.test", "Type": "CAA", "TTL": 60,
        "ResourceRecords": [{ "Value": "0 issue \"letsencrypt.org\"" }] } }]);
    let change = account.change(&zone, caa).await.expect("a record");
    account.in_sync(&change).await;
    let input = json!({ "DomainName": "a.example.test", "ValidationMethod": "DNS" });
    let arn = account.ask("acm", "RequestCertificate", input).await["CertificateArn"].clone();
    let describe = async || {
        account.ask("acm", "DescribeCertificate", json!({ "CertificateArn": arn })).await["Certificate"].clone()
    };
    let record = account
        .until("the record is known", async || {
            Some(describe().await["DomainValidationOptions"][0]["ResourceRecord"].clone())
                .filter(|record| !record.is_null())
        })
        .await;
    let set = json!([{ "Action": "CREATE", "ResourceRecordSet": { "Name": record["Name"], "Type": "CNAME", "TTL": 60,
        "ResourceRecords": [{ "Value": record["Value"] }] } }]);
    account.change(&zone, set).await.expect("a record");
    let failed =
        account.until("it fails", async || Some(describe().await).filter(|one| one["Status"] == "FAILED")).await;
    assert_eq!(failed["FailureReason"], "CAA_ERROR");
}

/// A record in a zone that nobody is sent to is seen by nobody.
#[tokio::test]
async fn a_zone_that_is_not_delegated_gets_no_certificate() {
    let account = Account::new().await;
    let zone = account.zone().await;
    let region = account.0.region();
    let delegate = |servers: Vec<String>| {
        region
            .world(|world| world.route53.delegations.insert("example.test.".to_owned(), servers))
            .expect("some before")
    };
    let own = delegate(vec!["ns1.elsewhere.test.".to_owned()]);
    let input = json!({ "DomainName": "a.example.test", "ValidationMethod": "DNS" });
    let arn = account.ask("acm", "RequestCertificate", input).await["CertificateArn"].clone();
    let describe = async || {
        account.ask("acm", "DescribeCertificate", json!({ "CertificateArn": arn })).await["Certificate"].clone()
    };
    let option = account
        .until("the record is known", async || {
            Some(describe().await["DomainValidationOptions"][0].clone())
                .filter(|option| !option["ResourceRecord"].is_null())
        })
        .await;
    let record = &option["ResourceRecord"];
    let set = json!([{ "Action": "CREATE", "ResourceRecordSet": { "Name": record["Name"], "Type": "CNAME", "TTL": 60,
        "ResourceRecords": [{ "Value": record["Value"] }] } }]);
    let change = account.change(&zone, set).await.expect("a record");
    account.in_sync(&change).await;
    assert_eq!(describe().await["DomainValidationOptions"][0]["ValidationStatus"], "PENDING_VALIDATION");
    delegate(own);
    assert_eq!(describe().await["DomainValidationOptions"][0]["ValidationStatus"], "SUCCESS");
}

/// 72 hours: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
#[tokio::test]
async fn a_request_that_nobody_validates_is_over() {
    // Three days in a quarter of a second.
    let account = Account::at(1_000_000.0).await;
    let input = json!({ "DomainName": "a.example.test", "ValidationMethod": "DNS" });
    let arn = account.ask("acm", "RequestCertificate", input).await["CertificateArn"].clone();
    account
        .until("it is over", async || {
            let one = account.ask("acm", "DescribeCertificate", json!({ "CertificateArn": arn })).await;
            (one["Certificate"]["Status"] == "VALIDATION_TIMED_OUT").then_some(())
        })
        .await;
}
