"""The witness can fail: answers with one thing wrong, and what is found in them."""

import json
import unittest

from botocore.session import Session

import answer

HEADERS = {"x-amzn-requestid": "1"}
STACK = "<StackName>a</StackName><CreationTime>2026-01-01T00:00:00.000Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>"


def operation(service, name):
    return Session().get_service_model(service).operation_model(name)


def stacks(inside, namespace="http://cloudformation.amazonaws.com/doc/2010-05-15/"):
    """What is found in an answer to DescribeStacks whose one stack has this inside."""
    body = (f'<DescribeStacksResponse xmlns="{namespace}"><DescribeStacksResult><Stacks><member>{inside}</member></Stacks>'
            "</DescribeStacksResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>")
    return answer.findings(operation("cloudformation", "DescribeStacks"), 200, HEADERS, body.encode())


def secret(status=200, **document):
    return answer.findings(operation("secretsmanager", "DescribeSecret"), status, HEADERS, json.dumps(document).encode())


class Answers(unittest.TestCase):
    def one(self, found, words):
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_xml(self):
        self.assertEqual(stacks(STACK), [])
        self.one(stacks(STACK + "<StackNam>a</StackNam>"), "unknown element StackNam")
        self.one(stacks(STACK.replace("<StackStatus>CREATE_COMPLETE</StackStatus>", "")), "no StackStatus")
        self.one(stacks(STACK.replace("CREATE_COMPLETE", "CREATED")), "'CREATED' is not among")
        self.one(stacks(STACK.replace("2026-01-01T00:00:00.000Z", "1767225600")), "not a timestamp")
        self.one(stacks(STACK + "<DisableRollback>True</DisableRollback>"), "not a boolean")
        self.one(stacks(STACK + "<Outputs><item></item></Outputs>"), "unknown element item, not member")
        self.one(stacks(STACK + "<TimeoutInMinutes>0</TimeoutInMinutes>"), "0 is under 1")
        self.one(stacks(STACK + STACK[: STACK.index("<Creation")]), "2 elements for one member")
        self.one(stacks(STACK, "http://elsewhere/"), "not of http://cloudformation")

    def test_json(self):
        self.assertEqual(secret(Name="a", CreatedDate=1.5), [])
        self.one(secret(Nam="a"), "unknown member Nam")
        self.one(secret(Name=1), "not a string")
        self.one(secret(CreatedDate="2026-01-01"), "not a timestamp")
        self.one(secret(RotationEnabled="true"), "not a boolean")
        self.one(secret(VersionIdsToStages={"a" * 32: "d"}), "not a list")

    def test_errors(self):
        self.assertEqual(secret(400, __type="ResourceNotFoundException", Message="no"), [])
        self.one(secret(400, __type="ResourceNotFoundException", message="no"), "writes Message")
        self.one(secret(400, __type="ResourceNotFoundException", Message="no", Resource="a"), "unknown member Resource")
        self.one(secret(400, __type="Gone", message="no"), "not modelled for DescribeSecret")
        alias = answer.findings(operation("iam", "GetRole"), 400, HEADERS, b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity"
                                b"</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>")
        self.one(alias, "status 404 in the model, not 400")
