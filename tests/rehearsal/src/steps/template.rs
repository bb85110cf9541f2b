//! The template without dockreg, as the template of 2014 was used: launched by aws-cli with the parameters that one had,
//! used by Docker, deleted by aws-cli.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::docker;
use crate::scene::{DOMAIN, Scene};

/// What the launch leaves behind for the deletion: the stack's name and the bucket's.
const NAMES: &str = "stack=by-hand bucket=rehearsal-by-hand";

/// Where the client keeps the template and, for as long as aws-cli reads them, the parameters.
const FOLDER: &str = "/srv/by-hand";

/// A certificate in IAM, a bucket and htpasswd lines are there before the stack, as in 2014. The lines reach aws-cli in a
/// file that its owner alone may read. Arguments: the file of htpasswd lines, the host's prefix, its zone.
/// https://github.com/mbabineau/cloudformation-docker-registry
const LAUNCH: &str = r#"
umask 077
aws s3 mb "s3://$bucket" >/dev/null
zone=us-east-1
vpc=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
subnets=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" "Name=availability-zone,Values=${zone}a,${zone}b" \
  --query 'join(`,`, Subnets[].SubnetId)' --output text)
group=$(aws ec2 describe-security-groups --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=default \
  --query 'SecurityGroups[0].GroupId' --output text)
certificate=$(aws iam list-server-certificates --query 'ServerCertificateMetadataList[0].Arn' --output text)
key=$(aws ec2 describe-key-pairs --query 'KeyPairs[0].KeyName' --output text)
given() { printf '%s{"ParameterKey":"%s","ParameterValue":"%s"}' "$separator" "$1" "$2"; separator=,; }
trap 'rm -f parameters.json' EXIT
{
  separator=[
  given KeyName "$key"
  given DnsPrefix "$2"
  given DnsZone "$3"
  given S3Bucket "$bucket"
  given SslCertificate "$certificate"
  given VpcId "$vpc"
  given Subnets "$subnets"
  given AvailabilityZones "${zone}a,${zone}b"
  given AdminSecurityGroup "$group"
  given HealthCheckGracePeriod 500
  given RegistryAuth "$(paste -sd, "$1")"
  echo ]
} >parameters.json
[ "$(stat -c %a parameters.json)" = 600 ]
aws cloudformation create-stack --stack-name "$stack" --template-body file://template.yaml \
  --parameters file://parameters.json --capabilities CAPABILITY_IAM >/dev/null
rm parameters.json
aws cloudformation wait stack-create-complete --stack-name "$stack"
"#;

/// What everybody sees of the stack who may describe it: the host, and what stands for the users.
const DESCRIBE: &str = r#"
aws cloudformation describe-stacks --stack-name "$stack" --output text \
  --query "Stacks[0].[Outputs[?OutputKey=='RegistryHost'].OutputValue, Parameters[?ParameterKey=='RegistryAuth'].ParameterValue][]"
"#;

/// Deletes the stack; prints how many objects are in the bucket before that and after it. The bucket is not the stack's.
const DELETE: &str = r#"
objects() { aws s3api list-objects-v2 --bucket "$bucket" --query 'length(Contents || `[]`)' --output text; }
objects
aws cloudformation delete-stack --stack-name "$stack"
aws cloudformation wait stack-delete-complete --stack-name "$stack"
objects
"#;

/// Deletes what was there before the stack.
const REMOVE: &str = r#"
aws s3 rb --force "s3://$bucket" >/dev/null
"#;

/// Does all of it; the account holds what it held before.
///
/// # Errors
/// When aws-cli or Docker fails, the users' hashes can be read in the stack, or something stays.
pub async fn alone(scene: &Scene) -> Result<String> {
    let outcome = perform(scene).await;
    if outcome.is_err() {
        // What comes next needs the host name.
        for script in [DELETE, REMOVE] {
            scene.client.run(&argv(&whole(script), &[]), "").await?;
        }
    }
    outcome
}

async fn perform(scene: &Scene) -> Result<String> {
    let before = scene.inventory();
    let users = scene.users.as_deref().unwrap_or_default();
    let (prefix, zone) = DOMAIN.split_once('.').unwrap_or_default();
    scene.client.succeed(&["mkdir", "-p", FOLDER], "").await?;
    scene.client.succeed(&["sh", "-c", &format!("dockreg template >{FOLDER}/template.yaml")], "").await?;
    // From here on there is no dockreg.
    let seen = scene.calls().len();
    let start = Instant::now();
    run(scene, LAUNCH, &[users, prefix, zone]).await?;
    let made = start.elapsed().as_secs();
    let described = run(scene, DESCRIBE, &[]).await?;
    // What stands there instead may be hashes: it is not quoted.
    ensure!(
        described.split_whitespace().eq([DOMAIN, "****"]),
        "the stack shows another host, or not stars for its users"
    );
    docker::refused(scene).await?;
    docker::login(scene).await?;
    let mut pushed = None;
    docker::push(scene, &mut pushed).await?;
    docker::pull(scene, &pushed.unwrap_or_default()).await?;
    let start = Instant::now();
    let objects = run(scene, DELETE, &[]).await?;
    let deleted = start.elapsed().as_secs();
    let counts: Vec<&str> = objects.split_whitespace().collect();
    ensure!(
        matches!(counts[..], [before, after] if before == after && before != "0"),
        "objects in the bucket before the deletion and after it: {objects:?}"
    );
    let left = scene.running_nodes();
    ensure!(left.is_empty(), "the stack is deleted, and nodes run on: {left:?}");
    run(scene, REMOVE, &[]).await?;
    scene.client.succeed(&["rm", "-r", FOLDER], "").await?;
    let after = scene.inventory();
    ensure!(before == after, "before the stack there was {before:?}, after it {after:?}");
    let calls = scene.calls()[seen..].iter().filter(|call| *call == "CreateStack").count();
    ensure!(calls == 1, "{calls} stacks were made by hand");
    Ok(format!(
        "made by aws-cli within {made} s with the parameters of 2014, 100 MB pushed and pulled, deleted within {deleted} s; \
         {} objects stay in the bucket",
        counts[0]
    ))
}

/// Runs a script on the client in the folder, with the names; gives what it prints.
async fn run(scene: &Scene, script: &str, arguments: &[&str]) -> Result<String> {
    Ok(scene.client.succeed(&argv(&whole(script), arguments), "").await?.stdout)
}

fn whole(script: &str) -> String {
    format!("set -eu; cd {FOLDER}; {NAMES}\n{script}")
}

fn argv<'a>(script: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    ["sh", "-c", script, "sh"].into_iter().chain(arguments.iter().copied()).collect()
}
