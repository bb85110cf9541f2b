"""Certificates of IAM and ACM, and names in Route 53 that prove them."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from client import client, paged, refused, waited


def certificate(name, key):
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(encoding).decode(), secret.decode()


def certificates():
    iam, acm = client("iam"), client("acm")
    body, key = certificate("walk.example.test", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    other_body, other_key = certificate("curve.example.test", ec.generate_private_key(ec.SECP256R1()))
    made = iam.upload_server_certificate(ServerCertificateName="walk", CertificateBody=body, PrivateKey=key)
    assert made["ServerCertificateMetadata"]["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    refused("EntityAlreadyExists", iam.upload_server_certificate, ServerCertificateName="walk", CertificateBody=body, PrivateKey=key)
    refused("KeyPairMismatch", iam.upload_server_certificate, ServerCertificateName="mixed", CertificateBody=body, PrivateKey=other_key)
    refused("MalformedCertificate", iam.upload_server_certificate, ServerCertificateName="bad", CertificateBody="none", PrivateKey=key)
    assert iam.get_server_certificate(ServerCertificateName="walk")["ServerCertificate"]["CertificateBody"].strip() == body.strip()
    pages = paged(iam, "list_server_certificates", 1)
    assert [page["ServerCertificateMetadataList"][0]["ServerCertificateName"] for page in pages] == ["docker.example.test", "walk"]
    iam.update_server_certificate(ServerCertificateName="walk", NewServerCertificateName="walked")
    assert iam.list_server_certificate_tags(ServerCertificateName="walked")["Tags"] == []
    iam.delete_server_certificate(ServerCertificateName="walked")
    refused("NoSuchEntity", iam.get_server_certificate, ServerCertificateName="walked")
    refused("NoSuchEntity", iam.get_instance_profile, InstanceProfileName="none")
    refused("NoSuchEntity", iam.get_role, RoleName="none")
    iam.list_account_aliases()

    arns = [acm.import_certificate(Certificate=pem, PrivateKey=secret)["CertificateArn"] for pem, secret in ((body, key), (other_body, other_key))]
    shown = [one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]]
    assert shown == arns[:1], "without key types only RSA up to 2048 bits is listed"
    every = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    assert len(acm.list_certificates(Includes=every)["CertificateSummaryList"]) == 2
    paged(acm, "list_certificates", 1, Includes=every)
    assert acm.describe_certificate(CertificateArn=arns[1])["Certificate"]["Type"] == "IMPORTED"
    assert acm.get_certificate(CertificateArn=arns[0])["Certificate"].strip() == body.strip()
    acm.add_tags_to_certificate(CertificateArn=arns[0], Tags=[{"Key": "a", "Value": "b"}])
    assert acm.list_tags_for_certificate(CertificateArn=arns[0])["Tags"] == [{"Key": "a", "Value": "b"}]
    refused("ValidationException", acm.import_certificate, Certificate=body, PrivateKey=other_key)
    refused("ValidationException", acm.import_certificate, Certificate="none", PrivateKey=key)
    refused("ValidationException", acm.describe_certificate, CertificateArn="arn:aws:iam::123456789012:server-certificate/x")
    for arn in arns:
        acm.delete_certificate(CertificateArn=arn)
    refused("ResourceNotFoundException", acm.describe_certificate, CertificateArn=arns[0])


def names():
    route53, acm = client("route53"), client("acm")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    named = route53.list_hosted_zones_by_name(DNSName="example.test")["HostedZones"]
    assert named[0]["Id"] == zone and named[0]["Name"] == "example.test."
    assert len(route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]) == 4

    def change(action, **record):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]

    text = {"Name": "walk.example.test", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"hello"'}]}
    info = change("CREATE", **text)
    assert info["Status"] == "PENDING"
    assert "already exists" in refused("InvalidChangeBatch", change, action="CREATE", **text)
    refused("InvalidChangeBatch", change, action="DELETE", **{**text, "TTL": 61})
    refused("InvalidChangeBatch", change, action="CREATE", **{**text, "Name": "elsewhere.test"})
    waited(route53, "resource_record_sets_changed", Id=info["Id"])
    assert route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    answer = route53.test_dns_answer(HostedZoneId=zone, RecordName="walk.example.test", RecordType="TXT")
    assert answer["ResponseCode"] == "NOERROR" and answer["RecordData"] == ['"hello"'], answer
    pages = paged(route53, "list_resource_record_sets", 1, HostedZoneId=zone)
    assert [page["ResourceRecordSets"][0]["Type"] for page in pages] == ["NS", "SOA", "TXT"]
    change("UPSERT", **{**text, "TTL": 61})
    change("DELETE", **{**text, "TTL": 61})
    made = route53.create_hosted_zone(Name="walk.test", CallerReference="walk")
    assert made["Location"].endswith(made["HostedZone"]["Id"].split("/")[-1])
    refused("HostedZoneAlreadyExists", route53.create_hosted_zone, Name="walk.test", CallerReference="walk")
    paged(route53, "list_hosted_zones", 1)
    refused("NoSuchChange", route53.get_change, Id="C0000000000000")
    refused("NoSuchHostedZone", route53.list_resource_record_sets, HostedZoneId="Z000")
    refused("NoSuchHostedZone", route53.get_hosted_zone, Id="Z000")
    refused("InvalidClientTokenId", client("route53", aws_access_key_id="AKIAUNKNOWN000000000").list_hosted_zones)

    # ACM issues once the zone has the record that it asks for.
    arn = acm.request_certificate(DomainName="issued.example.test", ValidationMethod="DNS")["CertificateArn"]
    pending = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert pending["Status"] == "PENDING_VALIDATION"
    # The records are not known at once.
    while "ResourceRecord" not in pending["DomainValidationOptions"][0]:
        pending = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = pending["DomainValidationOptions"][0]["ResourceRecord"]
    change("CREATE", Name=record["Name"], Type="CNAME", TTL=60, ResourceRecords=[{"Value": record["Value"]}])
    waited(acm, "certificate_validated", CertificateArn=arn)
