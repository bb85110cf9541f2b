//! What a client of the registry meets: TLS, logins, push and pull, and the load balancer's own errors.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use dockreg_region::service::autoscaling::groups;
use hyper::{Method, StatusCode};
use serde_json::json;

use super::client::{ask, connect};
use super::rig::Rig;

const ALICE: Option<&str> = Some("alice:password");

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest::digest(&digest::SHA256, bytes)))
}

async fn push(rig: &Rig, blob: &[u8]) -> String {
    let begun = ask(rig, Method::POST, "/v2/app/blobs/uploads/", ALICE, b"").await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    let (first, rest) = blob.split_at(blob.len() / 2);
    for part in [first, rest] {
        let added = ask(rig, Method::PATCH, begun.header("location"), ALICE, part).await;
        assert_eq!(added.status, StatusCode::ACCEPTED, "{added:?}");
    }
    let digest = digest_of(blob);
    let end = format!("{}?digest={}", begun.header("location"), digest.replace(':', "%3A"));
    let ended = ask(rig, Method::PUT, &end, ALICE, b"").await;
    assert_eq!(ended.status, StatusCode::CREATED, "{ended:?}");
    assert_eq!(ended.header("docker-content-digest"), digest);
    digest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_pushed_through_two_nodes_are_pulled_and_outlive_the_stack() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    for (login, status) in [(None, 401), (Some("alice:wrong"), 401), (ALICE, 200)] {
        let ping = ask(&rig, Method::GET, "/v1/_ping", login, b"").await;
        assert_eq!(ping.status.as_u16(), status, "{login:?}");
    }
    let base = ask(&rig, Method::GET, "/v2/", None, b"").await;
    assert!(base.header("www-authenticate").starts_with("Basic "), "{base:?}");
    assert_eq!(base.header("docker-distribution-api-version"), "registry/2.0");

    let layer = vec![7_u8; 3_000_000];
    let (config, layer_digest) = (push(&rig, b"{}").await, push(&rig, &layer).await);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"digest": config, "size": 2}, "layers": [{"digest": layer_digest, "size": layer.len()}],
    })
    .to_string();
    let put = ask(&rig, Method::PUT, "/v2/app/manifests/latest", ALICE, manifest.as_bytes()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let got = ask(&rig, Method::GET, "/v2/app/manifests/latest", ALICE, b"").await;
    assert_eq!(got.body, manifest.as_bytes());
    assert_eq!(got.header("content-type"), "application/vnd.docker.distribution.manifest.v2+json");
    let pulled = ask(&rig, Method::GET, &format!("/v2/app/blobs/{layer_digest}"), ALICE, b"").await;
    assert_eq!(digest_of(&pulled.body), layer_digest);
    let tags = ask(&rig, Method::GET, "/v2/app/tags/list", ALICE, b"").await;
    assert_eq!(tags.body, json!({"name": "app", "tags": ["latest"]}).to_string().as_bytes());

    let bucket = rig.output("Bucket").await;
    assert_eq!(rig.delete().await, "DELETE_COMPLETE");
    let left = rig.running.region().world(|world| world.s3.bucket(&bucket).map(|bucket| bucket.objects.len()));
    assert!(left.expect("the bucket stays") >= 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_serves_the_next_connection() {
    let rig = Rig::with_registry(&[]).await;
    let served = async || {
        let stream = connect(&rig, "docker.example.test").await.expect("TLS");
        let chain = stream.get_ref().1.peer_certificates().expect("a certificate");
        chain[0].as_ref().to_vec()
    };
    let before = served().await;
    assert_eq!(before, served().await);
    let issued = rig.running.authority().issue(&["docker.example.test".to_owned()]).expect("a certificate");
    let uploaded = rig
        .ask(
            "iam",
            "UploadServerCertificate",
            json!({
                "ServerCertificateName": "renewed", "CertificateBody": issued.certificate,
                "CertificateChain": issued.chain, "PrivateKey": issued.private_key,
            }),
        )
        .await;
    let arn = &uploaded["ServerCertificateMetadata"]["Arn"];
    let listener = rig.output("Listener").await;
    let change = json!({"ListenerArn": listener, "Certificates": [{"CertificateArn": arn}]});
    // A certificate uploaded a moment ago may not be found yet.
    let changed = rig
        .until("the new certificate is found", async || rig.call("elbv2", "ModifyListener", change.clone()).await.ok())
        .await;
    assert_eq!(changed["Listeners"][0]["Certificates"][0]["CertificateArn"], *arn);
    assert_ne!(before, served().await);
    let unknown = json!({"ListenerArn": listener, "Certificates": [{"CertificateArn": format!("{arn}x")}]});
    let refused = rig.call("elbv2", "ModifyListener", unknown).await.expect_err("no such certificate");
    assert_eq!(refused.code, "CertificateNotFound");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_balancer_answers_for_targets_that_cannot() {
    let rig = Rig::with_registry(&[]).await;
    let node = rig.members("InService").await.remove(0);
    // The proxy lives, the registry behind it does not: the node's own 502, and an unhealthy target.
    rig.nodes.stop_registry(&node, true);
    let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
    assert_eq!((ping.status, ping.header("server")), (StatusCode::BAD_GATEWAY, "nginx"));
    rig.nodes.stop_registry(&node, false);
    // Nothing listens: the load balancer's 502.
    let name = rig.output("Group").await;
    let suspended = BTreeSet::from(["ReplaceUnhealthy".to_owned()]);
    groups::suspend(&rig.running.region(), &name, suspended).expect("the group");
    rig.nodes.kill(&node);
    let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
    assert_eq!(ping.status, StatusCode::BAD_GATEWAY);
    // No target at all: 503.
    let none = json!({"AutoScalingGroupName": name, "MinSize": 0, "DesiredCapacity": 0});
    rig.ask("autoscaling", "UpdateAutoScalingGroup", none).await;
    rig.until("all targets are gone", async || rig.targets().await.is_empty().then_some(())).await;
    let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
    assert_eq!((ping.status, ping.header("server")), (StatusCode::SERVICE_UNAVAILABLE, "awselb/2.0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_balancer_without_a_route_to_the_internet_is_not_reached() {
    let rig = Rig::with_registry(&[]).await;
    assert!(connect(&rig, "docker.example.test").await.is_ok());
    rig.cut_off();
    assert!(connect(&rig, "docker.example.test").await.is_err());
}
