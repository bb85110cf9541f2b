//! Certificates, zones, secrets, logs and objects, by calls alone.

mod authorities;
mod filled;
mod issuing;
mod pages;
mod records;
mod server_certificates;
mod small_services;

use dockreg_region::service::{Call, Principal, dispatch};
use dockreg_region::{AwsError, Options, Running, start};
use serde_json::{Value, json};

/// A region with a zone `example.test`, asked as its own user.
pub struct Account(pub Running);

impl Account {
    /// A fresh one at the speed of tests.
    pub async fn new() -> Self {
        Self::at(600.0).await
    }

    /// A fresh one, this much faster than AWS.
    pub async fn at(speed: f64) -> Self {
        let domain = Some("docker.example.test".to_owned());
        Self(start(Options { domain, speed, ..Options::default() }).await.expect("a region"))
    }

    /// Makes one call.
    pub async fn call(&self, service: &'static str, operation: &str, input: Value) -> Result<Value, AwsError> {
        let region = self.0.region();
        let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
        dispatch(&region, Call { service, operation: operation.to_owned(), input, principal }).await
    }

    /// Makes one call that must work.
    pub async fn ask(&self, service: &'static str, operation: &str, input: Value) -> Value {
        self.call(service, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Makes one call that must be refused: `CODE: MESSAGE`.
    pub async fn refused(&self, service: &'static str, operation: &str, input: Value) -> String {
        match self.call(service, operation, input).await {
            Ok(answer) => panic!("{operation} was not refused: {answer}"),
            Err(error) => format!("{}: {}", error.code, error.message),
        }
    }

    /// Looks again and again until there is something to see.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(4));
        for _ in 0..5000 {
            if let Some(found) = look().await {
                return found;
            }
            ticks.tick().await;
        }
        panic!("{what}: not seen");
    }

    /// Id of the zone `example.test`.
    pub async fn zone(&self) -> String {
        let zones = self.ask("route53", "ListHostedZones", json!({})).await;
        let own = zones["HostedZones"].as_array().into_iter().flatten().find(|zone| zone["Name"] == "example.test.");
        own.and_then(|zone| zone["Id"].as_str()).expect("a zone").to_owned()
    }

    /// Changes records of a zone.
    pub async fn change(&self, zone: &str, changes: Value) -> Result<Value, AwsError> {
        let input = json!({ "HostedZoneId": zone, "ChangeBatch": { "Changes": changes } });
        self.call("route53", "ChangeResourceRecordSets", input).await
    }

    /// Waits until a change has reached the name servers.
    pub async fn in_sync(&self, change: &Value) {
        let id = change["ChangeInfo"]["Id"].clone();
        self.until("the change is in sync", async || {
            let info = self.ask("route53", "GetChange", json!({ "Id": id })).await;
            (info["ChangeInfo"]["Status"] == "INSYNC").then_some(())
        })
        .await;
    }
}
