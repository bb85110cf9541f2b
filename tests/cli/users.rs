//! The first users, from their file to the secret that the nodes read.

use serde_json::json;

use crate::harness::{Fixture, HOST};

const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
const APR1: &str = "$apr1$Lq1n6s3B$9w6hPPmZ8sdc3m3Ndq0Dm1";

/// What the users' secret holds.
async fn users(fixture: &Fixture) -> String {
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let outputs = described["Stacks"][0]["Outputs"].as_array().cloned().unwrap_or_default();
    let own = outputs.iter().find(|output| output["OutputKey"] == "UsersSecretArn").expect("the users' secret");
    let value = fixture.call("secretsmanager", "GetSecretValue", json!({ "SecretId": own["OutputValue"] })).await;
    value["SecretString"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_as_people_keep_it_is_taken_with_its_comments_left_out() {
    let fixture = Fixture::new().await;
    fixture.file("users", &format!("# of sales, since 2014\r\n\nanna:{BCRYPT}\r\n#bert:{BCRYPT}\nzoë\n"));
    let refused = fixture.run(&["up", "--domain", HOST, "--htpasswd", "users", "--yes"]).await.exits(1);
    assert!(refused.stderr.contains("line 5"), "{refused}");
    fixture.file("users", &format!("# of sales, since 2014\r\n\nanna:{BCRYPT}  \r\n#bert:{BCRYPT}\ncarl:{APR1}\n"));
    fixture.run(&["up", "--domain", HOST, "--htpasswd", "users", "--yes"]).await.exits(0).ignored();
    assert_eq!(users(&fixture).await, format!("anna:{BCRYPT}\ncarl:{APR1}"));
}

/// What the template's parameter would not take is refused here, with its line, and not by AWS.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_template_would_refuse_is_refused_before_by_its_line() {
    let fixture = Fixture::new().await;
    for (line, words) in [
        (format!("anna b:{BCRYPT}"), "line 2: a name with a space or a comma in it"),
        (format!("anna,b:{BCRYPT}"), "line 2: a name with a space or a comma in it"),
        (format!("anna:{}", BCRYPT.replace("abc", "a,c")), "line 2: anna has a plain-text password or a hash"),
    ] {
        fixture.file("users", &format!("carl:{APR1}\n{line}\n"));
        let refused = fixture.run(&["up", "--domain", HOST, "--htpasswd", "users", "--yes"]).await.exits(1);
        assert!(refused.stderr.contains(words), "{refused}");
        assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    }
}
