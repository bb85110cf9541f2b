//! Secrets, parameters and logs: the rules that their models do not carry.

use serde_json::{Value, json};

use super::Account;

/// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
#[tokio::test]
async fn the_current_label_moves_and_is_never_lost() {
    let account = Account::new().await;
    account.ask("secretsmanager", "CreateSecret", json!({ "Name": "s", "SecretString": "0" })).await;
    let mut versions = Vec::new();
    for value in ["1", "2"] {
        let put =
            account.ask("secretsmanager", "PutSecretValue", json!({ "SecretId": "s", "SecretString": value })).await;
        versions.push(put["VersionId"].clone());
    }
    let listed = account.ask("secretsmanager", "ListSecretVersionIds", json!({ "SecretId": "s" })).await;
    assert_eq!(
        listed["Versions"].as_array().map(Vec::len),
        Some(2),
        "a version without a label is deprecated: {listed}"
    );
    let all = account
        .ask("secretsmanager", "ListSecretVersionIds", json!({ "SecretId": "s", "IncludeDeprecated": true }))
        .await;
    assert_eq!(all["Versions"].as_array().map(Vec::len), Some(3));
    let stage = |more: Value| {
        let mut input = json!({ "SecretId": "s", "VersionStage": "AWSCURRENT" });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        input
    };
    let lost = account
        .refused("secretsmanager", "UpdateSecretVersionStage", stage(json!({ "RemoveFromVersionId": versions[1] })))
        .await;
    assert!(lost.starts_with("InvalidParameterException: You can only move staging label AWSCURRENT"), "{lost}");
    account
        .ask(
            "secretsmanager",
            "UpdateSecretVersionStage",
            stage(json!({ "RemoveFromVersionId": versions[1], "MoveToVersionId": versions[0] })),
        )
        .await;
    let value = async |stage: &str| {
        account.ask("secretsmanager", "GetSecretValue", json!({ "SecretId": "s", "VersionStage": stage })).await["SecretString"].clone()
    };
    assert_eq!((value("AWSCURRENT").await, value("AWSPREVIOUS").await), (json!("1"), json!("2")));
}

/// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
#[tokio::test]
async fn a_standard_parameter_has_four_kilobytes_and_versions() {
    let account = Account::new().await;
    let put = |value: &str, more: Value| {
        let mut input = json!({ "Name": "/p", "Value": value, "Type": "String", "Overwrite": true });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        input
    };
    let long = "x".repeat(4097);
    let refused = account.refused("ssm", "PutParameter", put(&long, json!({}))).await;
    assert!(
        refused.starts_with("ValidationException: Standard tier parameters support a maximum parameter value of 4096"),
        "{refused}"
    );
    account.ask("ssm", "PutParameter", put(&long, json!({ "Tier": "Advanced" }))).await;
    let unknown = account.refused("ssm", "GetParameter", json!({ "Name": "/p:7" })).await;
    assert!(
        unknown.starts_with("ParameterVersionNotFound: Systems Manager could not find version 7 of /p"),
        "{unknown}"
    );
    assert_eq!(account.refused("ssm", "GetParameter", json!({ "Name": "/q" })).await, "ParameterNotFound: ");
    let bare = account.refused("ssm", "GetParametersByPath", json!({ "Path": "p" })).await;
    assert!(bare.starts_with("ValidationException"), "{bare}");
}

/// https://github.com/aws-cloudformation/cfn-lint/issues/4089 (AWS's words, without the first slash)
#[tokio::test]
async fn names_of_awss_own_parameters_are_reserved() {
    let account = Account::new().await;
    let put = |name: &str| json!({ "Name": name, "Value": "v", "Type": "String" });
    for (name, shown) in [("/aws/test", "aws/test"), ("awstest", "awstest"), ("/AWSome/x", "AWSome/x")] {
        let refused = account.refused("ssm", "PutParameter", put(name)).await;
        assert_eq!(refused, format!("AccessDeniedException: No access to reserved parameter name: {shown}."));
    }
    let refused = account.refused("ssm", "PutParameter", put("/SSM/x")).await;
    assert!(refused.starts_with("ValidationException: Parameter name: can't be prefixed with \"ssm\""), "{refused}");
    account.ask("ssm", "PutParameter", put("/own/aws")).await;
}

/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
#[tokio::test]
async fn log_events_come_in_order_and_not_from_another_time() {
    let account = Account::new().await;
    account.ask("logs", "CreateLogGroup", json!({ "logGroupName": "g" })).await;
    account.ask("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    let now = account.0.region().clock.now().as_millisecond();
    let put = |offsets: &[i64]| {
        let events: Vec<Value> =
            offsets.iter().map(|offset| json!({ "timestamp": now + offset, "message": "m" })).collect();
        json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events })
    };
    let (hour, day) = (3_600_000, 86_400_000);
    let refused = account.refused("logs", "PutLogEvents", put(&[2, 1])).await;
    assert!(refused.contains("must be in chronological order"), "{refused}");
    let refused = account.refused("logs", "PutLogEvents", put(&[-2 * day, 0])).await;
    assert!(refused.contains("cannot span more than 24 hours"), "{refused}");
    let taken = account.ask("logs", "PutLogEvents", put(&[0, 3 * hour])).await;
    assert_eq!(taken["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    let taken = account.ask("logs", "PutLogEvents", put(&[-15 * day])).await;
    assert_eq!(taken["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let kept = account.ask("logs", "GetLogEvents", json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    assert_eq!(kept["events"].as_array().map(Vec::len), Some(1));
    let ordered = account
        .refused(
            "logs",
            "DescribeLogStreams",
            json!({ "logGroupName": "g", "orderBy": "LastEventTime", "logStreamNamePrefix": "s" }),
        )
        .await;
    assert!(ordered.contains("Cannot order by LastEventTime with a logStreamNamePrefix"), "{ordered}");
}

/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
#[tokio::test]
async fn log_events_are_read_from_either_end_and_the_last_token_stays() {
    let account = Account::new().await;
    account.ask("logs", "CreateLogGroup", json!({ "logGroupName": "g" })).await;
    account.ask("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    let now = account.0.region().clock.now().as_millisecond();
    let events: Vec<Value> =
        (0..5).map(|number| json!({ "timestamp": now + number, "message": number.to_string() })).collect();
    account
        .ask("logs", "PutLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events }))
        .await;
    let get = async |more: Value| {
        let mut input = json!({ "logGroupName": "g", "logStreamName": "s", "limit": 2 });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let answer = account.ask("logs", "GetLogEvents", input).await;
        let messages: String =
            answer["events"].as_array().into_iter().flatten().filter_map(|event| event["message"].as_str()).collect();
        (messages, answer["nextForwardToken"].clone(), answer["nextBackwardToken"].clone())
    };
    let (newest, end, back) = get(json!({})).await;
    assert_eq!(newest, "34");
    assert_eq!(get(json!({ "nextToken": back })).await.0, "12");
    assert_eq!(get(json!({ "nextToken": end })).await, (String::new(), end.clone(), json!("b/5")));
    let (oldest, forward, _) = get(json!({ "startFromHead": true })).await;
    assert_eq!((oldest.as_str(), get(json!({ "nextToken": forward })).await.0.as_str()), ("01", "23"));
    let refused = account
        .refused("logs", "GetLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "x" }))
        .await;
    assert!(refused.starts_with("InvalidParameterException"), "{refused}");
}
