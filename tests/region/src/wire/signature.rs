//! Signature Version 4 as the server sees it: the scope is read, the signature computed again and compared.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

use aws_lc_rs::{constant_time, digest, hmac};
use jiff::Timestamp;
use jiff::civil::DateTime;
use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::UNRESERVED;

/// What is signed of a request: all but the body.
#[derive(Debug)]
pub(super) struct Head {
    pub method: String,
    /// As sent, percent-encoded.
    pub path: String,
    /// As sent, without `?`.
    pub query: String,
    /// Lower-case names, in order.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The query's parameters, decoded.
    pub fn parameters(&self) -> Vec<(String, String)> {
        pairs(&self.query, false)
    }

    fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Splits `a=b&c=d` and decodes; in a form `+` is a space.
pub(super) fn pairs(text: &str, form: bool) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let part = if form { part.replace('+', " ") } else { part.to_owned() };
        percent_decode_str(&part).decode_utf8_lossy().into_owned()
    };
    let split = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

/// Who signed, for what and when.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub access_key: String,
    pub region: String,
    pub service: String,
    pub token: Option<String>,
    /// `YYYYMMDD'T'HHMMSS'Z'`.
    pub stamp: String,
    pub at: Timestamp,
    /// Seconds a presigned URL lives; None for a header.
    pub lives: Option<i64>,
    date: String,
    headers: Vec<String>,
    pub signature: String,
}

/// Reads who signed: None when nothing is signed, an error text when it is malformed.
pub(super) fn read(head: &Head) -> Result<Option<Signed>, String> {
    let (credential, headers, signature, stamp, token, lives);
    if let Some(authorization) = head.header("authorization") {
        let Some(rest) = authorization.strip_prefix("AWS4-HMAC-SHA256") else {
            return Err("Unsupported Authorization type".to_owned());
        };
        let part = |name: &str| {
            let parts = rest.split(',').map(str::trim);
            parts
                .filter_map(|part| part.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let missing = |name: &str| format!("Authorization header requires '{name}' parameter.");
        credential = part("Credential").ok_or_else(|| missing("Credential"))?;
        headers = part("SignedHeaders").ok_or_else(|| missing("SignedHeaders"))?;
        signature = part("Signature").ok_or_else(|| missing("Signature"))?;
        let date = head
            .header("x-amz-date")
            .ok_or("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")?;
        stamp = date.to_owned();
        token = head.header("x-amz-security-token").map(str::to_owned);
        lives = None;
    } else if head.parameter("X-Amz-Algorithm").is_some() {
        let part =
            |name: &str| head.parameter(name).ok_or_else(|| format!("Query-string authentication requires {name}"));
        credential = part("X-Amz-Credential")?;
        headers = part("X-Amz-SignedHeaders")?;
        signature = part("X-Amz-Signature")?;
        stamp = part("X-Amz-Date")?;
        token = head.parameter("X-Amz-Security-Token");
        lives = Some(part("X-Amz-Expires")?.parse().map_err(|_| "X-Amz-Expires should be a number".to_owned())?);
    } else {
        return Ok(None);
    }
    let scope: Vec<&str> = credential.split('/').collect();
    let [access_key, date, region, service, "aws4_request"] = scope[..] else {
        // https://github.com/boto/boto3/issues/1752
        return Err(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        ));
    };
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", &stamp)
        .and_then(|at| jiff::tz::TimeZone::UTC.to_timestamp(at))
        .map_err(|_| format!("Date must be in ISO-8601 'basic format'. Got '{stamp}'."))?;
    if !stamp.starts_with(date) {
        // https://github.com/tedder/requests-aws4auth/issues/7
        return Err(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{}', from '{stamp}'.",
            &stamp[..8]
        ));
    }
    let headers: Vec<String> = headers.split(';').map(str::to_ascii_lowercase).collect();
    if !headers.iter().any(|name| name == "host") {
        // https://github.com/aws/aws-sdk-php/issues/2469
        return Err("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned());
    }
    Ok(Some(Signed {
        access_key: access_key.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        date: date.to_owned(),
        token,
        stamp,
        at,
        lives,
        headers,
        signature,
    }))
}

impl Signed {
    /// The scope as it is signed.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    /// The key that signs in this scope.
    pub fn key(&self, secret: &str) -> Vec<u8> {
        let steps = [self.date.as_bytes(), self.region.as_bytes(), self.service.as_bytes(), b"aws4_request"];
        steps.iter().fold(format!("AWS4{secret}").into_bytes(), |key, step| sign(&key, step))
    }

    /// Whether `secret` made this signature over the head and the payload's hash.
    pub fn is_by(&self, secret: &str, head: &Head, payload: &str) -> bool {
        let canonical = self.canonical(head, payload);
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{}", self.stamp, self.scope(), sha256(canonical.as_bytes()));
        let expected = hex::encode(sign(&self.key(secret), text.as_bytes()));
        constant_time::verify_slices_are_equal(expected.as_bytes(), self.signature.as_bytes()).is_ok()
    }

    fn canonical(&self, head: &Head, payload: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
        // Every service but S3 encodes the path, as it was sent, once more.
        let steps: Vec<String> = head
            .path
            .split('/')
            .map(|step| {
                if self.service == "s3" { encode(&percent_decode_str(step).decode_utf8_lossy()) } else { encode(step) }
            })
            .collect();
        let mut query: Vec<(String, String)> = head
            .parameters()
            .into_iter()
            .filter(|(name, _)| name != "X-Amz-Signature")
            .map(|(name, value)| (encode(&name), encode(&value)))
            .collect();
        query.sort();
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: String = self
            .headers
            .iter()
            .map(|name| {
                let values: Vec<String> = head
                    .headers
                    .iter()
                    .filter(|(key, _)| key == name)
                    .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
                    .collect();
                format!("{name}:{}\n", values.join(","))
            })
            .collect();
        let signed = self.headers.join(";");
        format!("{}\n{}\n{}\n{headers}\n{signed}\n{payload}", head.method, steps.join("/"), query.join("&"))
    }
}

/// HMAC-SHA256.
pub(super) fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::{Head, read, sha256};

    /// The GET example with query parameters of AWS's signature test suite (`get-vanilla-query-order-key-case`).
    #[test]
    fn a_known_signature_is_recognised() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let headers =
            [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"), ("authorization", authorization)];
        let head = Head {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: "Param2=value2&Param1=value1".to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let signed = read(&head).expect("well-formed").expect("signed");
        assert_eq!((signed.access_key.as_str(), signed.service.as_str()), ("AKIDEXAMPLE", "service"));
        let empty = sha256(b"");
        assert!(signed.is_by("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &head, &empty));
        assert!(!signed.is_by("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEX", &head, &empty));
    }
}
