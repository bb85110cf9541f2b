//! S3 as its clients speak it: pieces with a signature each, regions of buckets, ACLs.

use crate::signer::{Answer, Ask, region, sha256, sign};

fn code(answer: &Answer) -> &str {
    answer.body.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or("none")
}

/// A body in two pieces, each signed; `spoilt` changes the second after it was signed.
pub fn pieces(ask: &mut Ask, host: &str, spoilt: bool) {
    let content: [&[u8]; 3] = [b"hello ", b"world", b""];
    ask.payload = Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned());
    ask.headers.push(("content-encoding".to_owned(), "aws-chunked".to_owned()));
    ask.headers.push(("x-amz-decoded-content-length".to_owned(), "11".to_owned()));
    let (_, mut previous) = ask.signed(host);
    let key = ask.signing_key();
    for piece in content {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{previous}\n{}\n{}",
            ask.stamp(),
            ask.scope(),
            sha256(b""),
            sha256(piece)
        );
        previous = hex::encode(sign(&key, text.as_bytes()));
        ask.body.extend(format!("{:x};chunk-signature={previous}\r\n", piece.len()).into_bytes());
        ask.body.extend(if spoilt && piece == b"world" { b"wOrld" } else { piece });
        ask.body.extend(b"\r\n");
    }
}

#[tokio::test]
async fn pieces_signed_one_by_one_are_joined_or_refused() {
    let running = region().await;
    assert_eq!(Ask::s3("PUT", "/images", b"").answer(&running).await.status, 200);
    let host = running.endpoint().replace("http://", "");
    let mut good = Ask::s3("PUT", "/images/key", b"");
    pieces(&mut good, &host, false);
    assert_eq!(good.answer(&running).await.status, 200);
    assert_eq!(Ask::s3("GET", "/images/key", b"").answer(&running).await.body, "hello world");
    let mut bad = Ask::s3("PUT", "/images/spoilt", b"");
    pieces(&mut bad, &host, true);
    assert_eq!(code(&bad.answer(&running).await), "SignatureDoesNotMatch");
    let mut other = Ask::s3("PUT", "/images/other", b"abc");
    other.payload = Some(sha256(b"abd"));
    assert_eq!(code(&other.answer(&running).await), "XAmzContentSHA256Mismatch");
}

#[tokio::test]
async fn a_bucket_is_asked_in_its_own_region() {
    let running = region().await;
    let configuration =
        b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let made = Ask { region: "eu-west-1", ..Ask::s3("PUT", "/far", configuration) }.answer(&running).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let wrong = Ask::s3("GET", "/far?list-type=2", b"").answer(&running).await;
    assert_eq!(code(&wrong), "AuthorizationHeaderMalformed");
    assert!(wrong.body.contains("<Region>eu-west-1</Region>"), "{}", wrong.body);
    assert_eq!(Ask::s3("HEAD", "/far", b"").answer(&running).await.status, 301);
    let right = Ask { region: "eu-west-1", ..Ask::s3("GET", "/far?list-type=2", b"") };
    assert_eq!(right.answer(&running).await.status, 200);
}

#[tokio::test]
async fn an_enforced_bucket_takes_no_acl_but_the_owners() {
    let running = region().await;
    assert_eq!(Ask::s3("PUT", "/images", b"").answer(&running).await.status, 200);
    let put = |acl: &str| {
        let headers = vec![("x-amz-acl".to_owned(), acl.to_owned())];
        Ask { headers, ..Ask::s3("PUT", "/images/key", b"x") }
    };
    assert_eq!(code(&put("private").answer(&running).await), "AccessControlListNotSupported");
    assert_eq!(put("bucket-owner-full-control").answer(&running).await.status, 200);
}
