"""S3: buckets, what is set on them, objects whole and in parts."""

import io
import json
import urllib.request

from botocore.config import Config

from client import QUICK, client, paged, refused, waited


def settings(s3):
    """What is set on a bucket, and what a new one has."""
    name = {"Bucket": "walk-bucket"}
    assert s3.get_bucket_acl(**name)["Grants"][0]["Permission"] == "FULL_CONTROL"
    encryption = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, encryption
    assert all(s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"].values())
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, **name)
    rule = {"ID": "uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 8}}
    refused("MalformedXML", s3.put_bucket_lifecycle_configuration, **name, LifecycleConfiguration={"Rules": [rule]})
    rule["Filter"] = {"Prefix": ""}
    s3.put_bucket_lifecycle_configuration(**name, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(**name)["Rules"] == [rule]
    s3.put_bucket_tagging(**name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_bucket_tagging(**name)
    refused("NoSuchTagSet", s3.get_bucket_tagging, **name)
    s3.create_bucket(Bucket="walk-acl", ObjectOwnership="BucketOwnerPreferred")
    s3.put_object(Bucket="walk-acl", Key="x", Body=b"x", ACL="private")
    s3.put_object_acl(Bucket="walk-acl", Key="x", ACL="bucket-owner-full-control")
    s3.put_bucket_ownership_controls(Bucket="walk-acl", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    refused("AccessControlListNotSupported", s3.put_object_acl, Bucket="walk-acl", Key="x", ACL="private")
    s3.put_bucket_versioning(Bucket="walk-acl", VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket="walk-acl")["Status"] == "Suspended"
    waited(s3, "object_exists", Bucket="walk-acl", Key="x")
    assert s3.get_object_tagging(Bucket="walk-acl", Key="x")["TagSet"] == []
    s3.delete_object(Bucket="walk-acl", Key="x")
    waited(s3, "object_not_exists", Bucket="walk-acl", Key="x")
    paged(s3, "list_buckets", 1)
    s3.delete_bucket(Bucket="walk-acl")
    waited(s3, "bucket_not_exists", Bucket="walk-acl")
    formation = client("cloudformation")
    rules = {"Rules": [{"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "walk-lifecycle", "LifecycleConfiguration": rules}}
    formation.create_stack(StackName="lifecycle", TemplateBody=json.dumps({"Resources": {"Bucket": bucket}}))
    waited(formation, "stack_create_complete", StackName="lifecycle")
    shown = s3.get_bucket_lifecycle_configuration(Bucket="walk-lifecycle")["Rules"]
    assert shown[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}, shown
    formation.delete_stack(StackName="lifecycle")
    waited(formation, "stack_delete_complete", StackName="lifecycle")


def objects():
    s3 = client("s3")
    s3.create_bucket(Bucket="walk-bucket")
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="walk-bucket")
    refused("InvalidBucketName", s3.create_bucket, Bucket="Walk_Bucket")
    waited(s3, "bucket_exists", Bucket="walk-bucket")
    settings(s3)
    assert s3.get_bucket_location(Bucket="walk-bucket")["LocationConstraint"] is None
    assert s3.head_bucket(Bucket="walk-bucket")["BucketRegion"] == "us-east-1"
    assert "Status" not in s3.get_bucket_versioning(Bucket="walk-bucket")
    rules = s3.get_bucket_ownership_controls(Bucket="walk-bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket="walk-bucket")
    s3.put_bucket_tagging(Bucket="walk-bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket="walk-bucket")["TagSet"] == [{"Key": "a", "Value": "b"}]
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket="walk-bucket")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::walk-bucket/keep"}
    s3.put_bucket_policy(Bucket="walk-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert json.loads(s3.get_bucket_policy(Bucket="walk-bucket")["Policy"])["Statement"] == [statement]

    s3.put_object(Bucket="walk-bucket", Key="dir/ü +&.txt", Body=b"hello", ContentType="text/plain", Metadata={"a": "b"})
    got = s3.get_object(Bucket="walk-bucket", Key="dir/ü +&.txt")
    assert got["Body"].read() == b"hello" and got["ContentType"] == "text/plain" and got["Metadata"] == {"a": "b"}, got
    part = s3.get_object(Bucket="walk-bucket", Key="dir/ü +&.txt", Range="bytes=1-3")
    assert part["Body"].read() == b"ell" and part["ContentRange"] == "bytes 1-3/5"
    assert s3.head_object(Bucket="walk-bucket", Key="dir/ü +&.txt")["ContentLength"] == 5
    s3.put_object(Bucket="walk-bucket", Key="keep", Body=b"x", ACL="bucket-owner-full-control")
    refused("AccessControlListNotSupported", s3.put_object, Bucket="walk-bucket", Key="acl", Body=b"", ACL="private")
    refused("AccessDenied", s3.delete_object, Bucket="walk-bucket", Key="keep")
    refused("NoSuchKey", s3.get_object, Bucket="walk-bucket", Key="none")
    refused("404", s3.head_object, Bucket="walk-bucket", Key="none")
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="walk-none")

    s3.upload_fileobj(io.BytesIO(bytes(range(256)) * 65536), "walk-bucket", "large")
    assert s3.head_object(Bucket="walk-bucket", Key="large")["ContentLength"] == 1 << 24
    s3.copy_object(Bucket="walk-bucket", Key="copy", CopySource={"Bucket": "walk-bucket", "Key": "large"})
    started = s3.create_multipart_upload(Bucket="walk-bucket", Key="parts")
    where = {"Bucket": "walk-bucket", "Key": "parts", "UploadId": started["UploadId"]}
    copied = s3.upload_part_copy(**where, PartNumber=1, CopySource="walk-bucket/large", CopySourceRange=f"bytes=0-{5 * 1024 * 1024 - 1}")
    sent = s3.upload_part(**where, PartNumber=2, Body=b"end")
    assert len(s3.list_parts(**where)["Parts"]) == 2
    paged(s3, "list_parts", 1, **where)
    given_up = s3.create_multipart_upload(Bucket="walk-bucket", Key="given-up")
    assert len(s3.list_multipart_uploads(Bucket="walk-bucket")["Uploads"]) == 2
    paged(s3, "list_multipart_uploads", 1, Bucket="walk-bucket")
    s3.abort_multipart_upload(Bucket="walk-bucket", Key="given-up", UploadId=given_up["UploadId"])
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}, {"PartNumber": 2, "ETag": sent["ETag"]}]
    refused("InvalidPartOrder", s3.complete_multipart_upload, **where, MultipartUpload={"Parts": parts[::-1]})
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    refused("NoSuchUpload", s3.abort_multipart_upload, **where)

    listed = s3.list_objects_v2(Bucket="walk-bucket", Delimiter="/")
    assert [one["Key"] for one in listed["Contents"]] == ["copy", "keep", "large", "parts"]
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["dir/"]
    paged(s3, "list_objects", 2, Bucket="walk-bucket")
    paged(s3, "list_object_versions", 2, Bucket="walk-bucket")
    pages = paged(s3, "list_objects_v2", 2, Bucket="walk-bucket")
    assert [page["KeyCount"] for page in pages] == [2, 2, 1]
    assert len(s3.list_object_versions(Bucket="walk-bucket")["Versions"]) == 5
    assert len(s3.list_objects(Bucket="walk-bucket", Prefix="dir/")["Contents"]) == 1
    signing = client("s3", QUICK.merge(Config(signature_version="s3v4")))
    url = signing.generate_presigned_url("get_object", Params={"Bucket": "walk-bucket", "Key": "keep"})
    assert urllib.request.urlopen(url).read() == b"x"
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="walk-bucket")
    s3.delete_bucket_policy(Bucket="walk-bucket")
    doomed = [{"Key": one["Key"]} for one in s3.list_objects_v2(Bucket="walk-bucket")["Contents"]]
    assert len(s3.delete_objects(Bucket="walk-bucket", Delete={"Objects": doomed})["Deleted"]) == 5

    far = client("s3", region_name="eu-west-1")
    far.create_bucket(Bucket="walk-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    far.put_object(Bucket="walk-far", Key="x", Body=b"y")
    assert s3.get_bucket_location(Bucket="walk-far")["LocationConstraint"] == "eu-west-1"
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert "walk-bucket" in names and "walk-far" in names
    s3.delete_bucket(Bucket="walk-bucket")
