#!/usr/bin/env bash
# The region as aws-cli sees it; $1 is a scratch folder.
set -euo pipefail
work=$1
# The region closes a connection after half a minute, which is as long as this client waits between two looks.
export AWS_MAX_ATTEMPTS=3
say() { printf 'aws-cli: %s\n' "$*"; }

aws sts get-caller-identity --query Arn --output text
vpc=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
[ "$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'length(Subnets)')" = 6 ]
[ "$(aws ec2 describe-subnets --page-size 5 --query 'length(Subnets)')" = 6 ]

cat >"$work/template.yaml" <<'YAML'
Description: "foreign: a bucket and a role"
Parameters:
  Who: {Type: String, Default: nobody}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {Tags: [{Key: who, Value: !Ref Who}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
Outputs:
  Bucket: {Value: !Ref Bucket}
YAML
aws cloudformation validate-template --template-body "file://$work/template.yaml" --query 'Parameters[0].ParameterKey' --output text
aws cloudformation deploy --stack-name foreign-cli --template-file "$work/template.yaml" --capabilities CAPABILITY_IAM
aws cloudformation deploy --stack-name foreign-cli --template-file "$work/template.yaml" --capabilities CAPABILITY_IAM \
  --parameter-overrides Who=cli
aws cloudformation deploy --stack-name foreign-cli --template-file "$work/template.yaml" --capabilities CAPABILITY_IAM \
  --parameter-overrides Who=cli --no-fail-on-empty-changeset | grep -q 'No changes to deploy'
bucket=$(aws cloudformation describe-stacks --stack-name foreign-cli --query 'Stacks[0].Outputs[0].OutputValue' --output text)
aws cloudformation describe-stack-events --stack-name foreign-cli --query 'length(StackEvents)'

# One object in one piece, one in parts; both come back as they went.
head -c 20000000 /dev/urandom >"$work/large"
echo small >"$work/small"
aws s3 cp --quiet "$work/small" "s3://$bucket/a/small"
aws s3 cp --quiet "$work/large" "s3://$bucket/a/large"
aws s3 cp --quiet "s3://$bucket/a/large" "$work/back"
cmp "$work/large" "$work/back"
aws s3 ls "s3://$bucket/a/" | grep -q small
say "an ACL on a bucket that takes none"
if aws s3api put-object --bucket "$bucket" --key acl --acl private 2>"$work/refused"; then exit 1; fi
grep -q AccessControlListNotSupported "$work/refused"

say "a stack with a bucket that is not empty"
aws cloudformation delete-stack --stack-name foreign-cli
if aws cloudformation wait stack-delete-complete --stack-name foreign-cli 2>/dev/null; then exit 1; fi
[ "$(aws cloudformation describe-stacks --stack-name foreign-cli --query 'Stacks[0].StackStatus' --output text)" = DELETE_FAILED ]
aws s3 rm --quiet --recursive "s3://$bucket"
aws cloudformation delete-stack --stack-name foreign-cli
aws cloudformation wait stack-delete-complete --stack-name foreign-cli
say "done"
