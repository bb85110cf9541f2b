//! Every paginated operation of every service really pages: small pages followed to the end give each item once, and a
//! token that nobody gave is refused in the service's own code. Which operations there are is asked of the models.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Account;

/// Members that carry a page's place, when a model has no paginator for the operation.
const TOKENS: [&str; 4] = ["NextToken", "nextToken", "Marker", "ContinuationToken"];

/// Operations that page, but not here, and why.
const NOT_HERE: [(&str, &str); 6] = [
    ("cloudformation:ListImports", "an export with a hundred importers says nothing more than a hundred exports"),
    ("cloudformation:DescribeStackResourceDrifts", "drift is not simulated"),
    ("autoscaling:DescribeInstanceRefreshes", "one refresh at a time"),
    ("cloudwatch:GetMetricData", "the service is not simulated"),
    ("cloudwatch:ListMetrics", "the service is not simulated"),
    ("logs:GetLogEvents", "its tokens never end: a test of its own"),
];

/// Lists that cannot have three items here: only the refusal of a token is looked at.
const SHORT: [&str; 5] = [
    "cloudformation:DescribeAccountLimits",
    "ec2:DescribeInstanceTypeOfferings",
    "elbv2:DescribeListenerCertificates",
    "iam:ListAccountAliases",
    "service-quotas:ListServiceQuotas",
];

/// How a list is paged, from its model.
#[derive(Debug)]
struct Pager {
    service: &'static str,
    operation: String,
    input_tokens: Vec<String>,
    output_tokens: Vec<String>,
    limit: Option<(String, u64, bool)>,
    results: Vec<String>,
}

const SERVICES: [&str; 14] = [
    "acm",
    "autoscaling",
    "cloudformation",
    "cloudwatch",
    "ec2",
    "elbv2",
    "iam",
    "logs",
    "route53",
    "s3",
    "secretsmanager",
    "service-quotas",
    "ssm",
    "sts",
];

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn pagers() -> Vec<Pager> {
    let mut found = Vec::new();
    for service in SERVICES {
        let path = format!("{}/data/api/{service}.json", env!("CARGO_MANIFEST_DIR"));
        let model: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a model")).expect("JSON");
        for (operation, described) in model["operations"].as_object().into_iter().flatten() {
            let shape = |of: &Value| model["shapes"][of["shape"].as_str().unwrap_or_default()].clone();
            let members = shape(&described["input"])["members"].as_object().cloned().unwrap_or_default();
            let paginator = &model["pagination"][operation];
            let by_hand = TOKENS.iter().filter(|token| members.contains_key(**token)).map(|token| (*token).to_owned());
            let input_tokens = match texts(&paginator["input_token"]) {
                none if none.is_empty() => by_hand.collect(),
                some => some,
            };
            let input_tokens: Vec<String> = match operation.as_str() {
                "ListHostedZonesByName" => vec!["DNSName".to_owned(), "HostedZoneId".to_owned()],
                _ => input_tokens,
            };
            if input_tokens.is_empty() {
                continue;
            }
            let output_tokens = match (operation.as_str(), texts(&paginator["output_token"])) {
                ("ListHostedZonesByName", _) => vec!["NextDNSName".to_owned(), "NextHostedZoneId".to_owned()],
                (_, none) if none.is_empty() => input_tokens.clone(),
                (_, some) => some,
            };
            let limit = paginator["limit_key"].as_str().or_else(|| {
                ["MaxResults", "MaxRecords", "MaxItems", "limit"].into_iter().find(|name| members.contains_key(*name))
            });
            let limit = limit.map(|name| {
                let shape = shape(&members[name]);
                (name.to_owned(), shape["min"].as_u64().unwrap_or(1).max(1), shape["type"] == "string")
            });
            let mut results = texts(&paginator["result_key"]);
            if results.is_empty() {
                let named = ["HostedZones", "Versions", "InstanceRefreshes", "events", "StackResourceDrifts"];
                let output = shape(&described["output"])["members"].clone();
                results = named.into_iter().filter(|name| !output[name].is_null()).map(str::to_owned).collect();
            }
            found.push(Pager { service, operation: operation.clone(), input_tokens, output_tokens, limit, results });
        }
    }
    found
}

impl Account {
    /// All items, page by page; each page has at most the asked number.
    async fn walk(&self, pager: &Pager, input: &Value) -> (Vec<Value>, usize) {
        let (mut items, mut pages, mut tokens) = (Vec::new(), 0, Map::new());
        loop {
            let mut asked = input.clone();
            let object = asked.as_object_mut().expect("an object");
            object.extend(tokens.clone());
            if let Some((name, least, text)) = &pager.limit {
                object.insert(name.clone(), if *text { json!(least.to_string()) } else { json!(least) });
            }
            let answer = self
                .any(pager.service, &pager.operation, asked)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", pager.operation));
            let page: Vec<Value> =
                pager.results.iter().filter_map(|name| answer[name].as_array()).flatten().cloned().collect();
            if let Some((_, least, _)) = &pager.limit {
                assert!(page.len() as u64 <= *least, "{}: {} items on a page of {least}", pager.operation, page.len());
            }
            pages += 1;
            items.extend(page);
            assert!(pages < 2000, "{} has no end", pager.operation);
            tokens.clear();
            for (to, from) in pager.input_tokens.iter().zip(&pager.output_tokens) {
                // `NextMarker || Contents[-1].Key`: the last key, when there is no marker and more to come.
                let (from, last) = from.split_once(" || ").map_or((from.as_str(), false), |(from, _)| (from, true));
                let next = answer[from].clone();
                let next = if next.is_null() && last && answer["IsTruncated"] == true {
                    items.last().map(|one| one["Key"].clone()).unwrap_or_default()
                } else {
                    next
                };
                if !next.is_null() {
                    tokens.insert(to.clone(), next);
                }
            }
            if tokens.is_empty() || answer["IsTruncated"] == false {
                return (items, pages);
            }
        }
    }
}

/// The code that a token which nobody gave is refused with; None where any text is a place in the list.
fn refusal(service: &str, operation: &str) -> Option<&'static str> {
    Some(match (service, operation) {
        // A name to go on from, which need not exist.
        ("route53", "ListResourceRecordSets" | "ListHostedZonesByName") => return None,
        ("s3", "ListObjects" | "ListObjectVersions" | "ListMultipartUploads" | "ListParts") => return None,
        ("acm", _) => "ValidationException",
        ("autoscaling", _) => "InvalidNextToken",
        ("cloudformation" | "elbv2" | "iam", _) => "ValidationError",
        ("ec2", _) => "InvalidParameterValue",
        ("logs", _) => "InvalidParameterException",
        ("route53", _) => "InvalidInput",
        ("s3", _) => "InvalidArgument",
        ("secretsmanager", _) => "InvalidNextTokenException",
        ("service-quotas", _) => "InvalidPaginationTokenException",
        ("ssm", _) => "InvalidNextToken",
        _ => panic!("{service} is not known here"),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_paginated_operation_of_every_service_pages() {
    let account = Account::new().await;
    let inputs = account.fill().await;
    let mut wrong = Vec::new();
    let mut walked = 0;
    for pager in pagers() {
        let name = format!("{}:{}", pager.service, pager.operation);
        if NOT_HERE.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let input = inputs.get(pager.operation.as_str()).cloned().unwrap_or_else(|| json!({}));
        if !SHORT.contains(&name.as_str()) {
            let (items, pages) = account.walk(&pager, &input).await;
            let once: BTreeSet<String> = items.iter().map(Value::to_string).collect();
            let more = match (&pager.limit, pager.operation.as_str()) {
                // Three versions of one item may look alike; a page of its own is enough there.
                (Some((_, least, _)), _) => items.len() as u64 > 2 * least || (items.len() > 5 && *least > 1),
                (None, _) => items.len() > 100,
            };
            if !more {
                wrong.push(format!("{name}: only {} items to page through", items.len()));
            }
            if once.len() != items.len() || (items.len() > 1 && pages < 2) {
                wrong.push(format!("{name}: {} items on {pages} pages, {} of them different", items.len(), once.len()));
            }
            walked += 1;
        }
        let Some(code) = refusal(pager.service, &pager.operation) else { continue };
        let mut asked = input;
        asked[&pager.input_tokens[0]] = json!("Z-garbage");
        match account.any(pager.service, &pager.operation, asked).await {
            Ok(_) => wrong.push(format!("{name}: takes a token that nobody gave")),
            Err(error) if error.code != code => wrong.push(format!("{name}: {code} expected, {error}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(walked >= 35, "{walked} lists were walked");
}
