//! Certificates of the region's own authority: as files of the home, and as what the account has.

use std::os::unix::fs::PermissionsExt;

use dockreg_region::authority::Issued;
use serde_json::{Value, json};

use super::Fixture;

impl Fixture {
    /// A certificate for these names, valid from yesterday for so many days.
    pub fn issue(&self, names: &[&str], days: i64) -> Issued {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.region.authority().issue_for(&names, -1, days).expect("a certificate")
    }

    /// Puts a certificate into the home as `cert.pem`, `chain.pem` and `key.pem`.
    pub fn files(&self, issued: &Issued) {
        self.file("cert.pem", &issued.certificate);
        self.file("chain.pem", &issued.chain);
        let key = self.file("key.pem", &issued.private_key);
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).expect("the key is made private");
    }

    /// Puts a certificate into IAM as if it had been there for long: load balancers find it, and it may have expired since.
    pub fn keep(&self, name: &str, issued: &Issued) {
        let region = self.region.region();
        region.world(|world| {
            world.iam.certificates.remove(name);
            let (body, chain, key) = (&issued.certificate, Some(issued.chain.as_str()), &issued.private_key);
            let chain = chain.filter(|own| !own.is_empty());
            world.iam.upload_certificate(&region, name, "/", body, chain, key).expect("it is kept");
            let kept = world.iam.certificates.get_mut(name).expect("it is kept");
            kept.found_from = kept.uploaded;
        });
    }

    /// ARNs of the certificates in ACM, of every kind of key.
    pub async fn in_acm(&self) -> Vec<String> {
        let input = json!({ "Includes": { "keyTypes": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"] } });
        let answer = self.call("acm", "ListCertificates", input).await;
        arns(&answer["CertificateSummaryList"], "CertificateArn")
    }

    /// ARNs of the server certificates in IAM.
    pub async fn in_iam(&self) -> Vec<String> {
        let answer = self.call("iam", "ListServerCertificates", json!({})).await;
        arns(&answer["ServerCertificateMetadataList"], "Arn")
    }

    /// Puts a certificate into IAM; returns its ARN.
    pub async fn keep_in_iam(&self, name: &str, issued: &Issued) -> String {
        let input = json!({ "ServerCertificateName": name, "CertificateBody": issued.certificate,
            "CertificateChain": issued.chain, "PrivateKey": issued.private_key });
        let answer = self.call("iam", "UploadServerCertificate", input).await;
        answer["ServerCertificateMetadata"]["Arn"].as_str().unwrap_or_default().to_owned()
    }

    /// Puts a certificate into ACM; returns its ARN.
    pub async fn keep_in_acm(&self, issued: &Issued) -> String {
        let bytes = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        let input = json!({ "Certificate": bytes(&issued.certificate), "CertificateChain": bytes(&issued.chain),
            "PrivateKey": bytes(&issued.private_key) });
        let answer = self.call("acm", "ImportCertificate", input).await;
        answer["CertificateArn"].as_str().unwrap_or_default().to_owned()
    }
}

fn arns(list: &Value, member: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| Some(one[member].as_str()?.to_owned())).collect()
}
