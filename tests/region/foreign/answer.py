"""One raw answer held to botocore's own, unreduced model, before botocore's parser drops what it does not know.

Finds: members and elements that the model does not know, required members that are missing, values that are not of
their type, enumerations left, timestamps that do not parse, limits broken. Must not know the region.
"""

import base64
import binascii
import json
import re
from xml.etree import ElementTree

from botocore.utils import parse_timestamp

# Members that every error of a protocol has, whatever its shape.
QUERY_ERROR = {"Type", "Code", "Message"}
S3_ERROR = {"Code", "Message", "RequestId", "HostId", "Resource", "Key", "BucketName", "Endpoint", "Region"}
# How each protocol writes a moment: numbers are seconds since 1970.
MOMENTS = {
    "iso8601": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "rfc822": re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
}


def findings(operation, status, headers, body):
    """What is wrong with an answer, a line each; `body` is None for a stream that must stay unread."""
    found = []
    protocol = operation.service_model.resolved_protocol
    if status >= 300:
        errors(operation, protocol, status, headers, body or b"", found)
        return found
    if not (headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")):
        found.append("no request id among the headers")
    shape = operation.output_shape
    if protocol == "json":
        document = json.loads(body) if body else {}
        if shape is not None:
            structure_of_json(shape, document, operation.name, found)
        elif document:
            found.append(f"{operation.name} has no output, but answered {document}")
    elif protocol == "rest-xml":
        rest(operation, shape, headers, body, found)
    else:
        root = ElementTree.fromstring(body)
        expect_root(root, f"{operation.name}Response", operation, found)
        ids = "requestId" if protocol == "ec2" else "ResponseMetadata"
        wrapper = (shape.serialization.get("resultWrapper") if shape else None) or None
        top = {tag(child): child for child in root}
        if ids not in top:
            found.append(f"no {ids}")
        inner = root if wrapper is None else top.pop(wrapper, None)
        if inner is None:
            found.append(f"no {wrapper}")
        elif wrapper is None:
            structure_of_xml(shape, root, operation.name, found, also={ids})
        else:
            structure_of_xml(shape, inner, operation.name, found)
            found.extend(f"{operation.name}: unknown element {name}" for name in set(top) - {ids})
    return found


def errors(operation, protocol, status, headers, body, found):
    """An error has a code, a message and a request id, and beyond these only what its modelled shape has."""
    if operation.http["method"] == "HEAD":
        if body:
            found.append(f"an answer to HEAD has a body: {body}")
        return
    if status < 400:
        return
    if protocol == "json":
        document = json.loads(body)
        code = document.pop("__type", "")
        extra, message = set(document), document.get("message", document.get("Message"))
        extra -= {"message"}
    else:
        root = ElementTree.fromstring(body)
        node = root if tag(root) == "Error" else root.find(".//{*}Error")
        if node is None:
            found.append(f"an error without Error: {body}")
            return
        values = {tag(child): child.text or "" for child in node}
        code, message = values.get("Code", ""), values.get("Message")
        known = S3_ERROR if operation.service_model.service_name == "s3" else QUERY_ERROR
        extra = set(values) - known
        if root.find("{*}RequestId") is None and root.find("{*}RequestID") is None:
            found.append("an error without a request id in its body")
    shape = operation.service_model.shape_for_error_code(code)
    members = {name: member.serialization.get("name", name) for name, member in shape.members.items()} if shape else {}
    if protocol == "json" and "Message" in members and "message" in document:
        found.append(f"{code}: the model writes Message, not message")
    found.extend(f"{code}: unknown member {name}" for name in sorted(extra - set(members.values())))
    if not code or message is None:
        found.append(f"an error without code or message: {body}")
    modelled = {each.error_code for each in operation.error_shapes} | {each.name for each in operation.error_shapes}
    if modelled and code not in modelled:
        found.append(f"{code} is not modelled for {operation.name}")
    expected = (shape.metadata.get("error") or {}).get("httpStatusCode") if shape else None
    if expected and expected != status:
        found.append(f"{code} has status {expected} in the model, not {status}")


def rest(operation, shape, headers, body, found):
    """Headers and document of a REST answer."""
    members = shape.members if shape is not None else {}
    for name, member in members.items():
        if member.serialization.get("location") == "header":
            value = headers.get(member.serialization.get("name", name))
            if value is not None:
                scalar(member, value, f"{operation.name}.{name}", found, "rfc822")
            elif name in shape.required_members:
                found.append(f"{operation.name}: no {name}")
    if body is None:
        return
    payload = shape.serialization.get("payload") if shape is not None else None
    inside = members.get(payload) if payload else shape
    written = payload or any("location" not in member.serialization for member in members.values())
    if not body.strip():
        if written and not (payload and payload not in shape.required_members):
            found.append(f"{operation.name}: no body")
        return
    if not written:
        found.append(f"{operation.name} has no body in the model: {body[:80]!r}")
    elif inside.type_name == "structure":
        root = ElementTree.fromstring(body)
        expect_root(root, None, operation, found)
        if operation.name == "GetBucketLocation":
            # Its value is the document element's own text, which the model cannot say.
            return
        structure_of_xml(inside, root, operation.name, found)


def expect_root(root, name, operation, found):
    namespace = operation.service_model.metadata.get("xmlNamespace")
    uri = namespace["uri"] if isinstance(namespace, dict) else namespace
    if name and tag(root) != name:
        found.append(f"the document element is {tag(root)}, not {name}")
    if uri and root.tag.partition("}")[0].strip("{/") != uri.strip("/"):
        found.append(f"the document element is {root.tag}, not of {uri}")


def tag(node):
    return node.tag.rpartition("}")[2]


def structure_of_json(shape, value, path, found):
    if not isinstance(value, dict):
        found.append(f"{path}: not a structure: {value!r}")
        return
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    for key in value.keys() - names.keys():
        found.append(f"{path}: unknown member {key}")
    found.extend(f"{path}: no {name}" for name in shape.required_members if value.get(name) is None)
    for key in value.keys() & names.keys():
        any_of_json(shape.members[names[key]], value[key], f"{path}.{key}", found)


def any_of_json(shape, value, path, found):
    if value is None:
        return
    if shape.type_name == "structure":
        structure_of_json(shape, value, path, found)
    elif shape.type_name == "list" and isinstance(value, list):
        limits(shape, len(value), path, found)
        for element in value:
            any_of_json(shape.member, element, path + "[]", found)
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, held in value.items():
            scalar(shape.key, key, f"{path} key", found, "unix")
            any_of_json(shape.value, held, f"{path}.{key}", found)
    elif shape.type_name == "blob" and isinstance(value, str):
        scalar(shape, value, path, found, "unix")
    elif shape.type_name == "timestamp" and not isinstance(value, bool) and isinstance(value, (int, float)):
        parse_timestamp(value)
    elif shape.type_name == "boolean" and isinstance(value, bool):
        pass
    elif shape.type_name in ("integer", "long") and isinstance(value, int) and not isinstance(value, bool):
        limits(shape, value, path, found)
    elif shape.type_name in ("float", "double") and isinstance(value, (int, float)) and not isinstance(value, bool):
        limits(shape, value, path, found)
    elif shape.type_name == "string" and isinstance(value, str):
        scalar(shape, value, path, found, "unix")
    else:
        found.append(f"{path}: not a {shape.type_name}: {value!r}")


def structure_of_xml(shape, node, path, found, also=frozenset()):
    members = {}
    for name, member in (shape.members if shape is not None else {}).items():
        written = member.serialization.get("name", name)
        if member.type_name == "list" and member.serialization.get("flattened"):
            written = member.member.serialization.get("name", written)
        if "location" not in member.serialization:
            members[written] = (name, member)
    children = {}
    for child in node:
        children.setdefault(tag(child), []).append(child)
    found.extend(f"{path}: unknown element {name}" for name in sorted(children.keys() - members.keys() - also))
    attributes = {key.rpartition("}")[2] for key in node.attrib}
    for written, (name, member) in members.items():
        nodes = children.get(written)
        if nodes is None:
            if name in shape.required_members and written.rpartition(":")[2] not in attributes:
                found.append(f"{path}: no {name}")
        else:
            any_of_xml(member, nodes, f"{path}.{name}", found)


def any_of_xml(shape, nodes, path, found):
    flat = shape.serialization.get("flattened")
    if len(nodes) > 1 and not flat:
        found.append(f"{path}: {len(nodes)} elements for one member")
    node = nodes[0]
    if shape.type_name == "structure":
        structure_of_xml(shape, node, path, found)
    elif shape.type_name == "list":
        elements = nodes if flat else list(node)
        limits(shape, len(elements), path, found)
        expected = shape.member.serialization.get("name", "member")
        for element in elements:
            if not flat and tag(element) != expected:
                found.append(f"{path}: unknown element {tag(element)}, not {expected}")
            any_of_xml(shape.member, [element], path + "[]", found)
    elif shape.type_name == "map":
        names = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
        for entry in nodes if flat else list(node):
            if [tag(child) for child in entry] != names:
                found.append(f"{path}: an entry has {[tag(child) for child in entry]}, not {names}")
            else:
                any_of_xml(shape.value, [entry[1]], f"{path}.{entry[0].text}", found)
    elif len(node):
        found.append(f"{path}: elements inside a {shape.type_name}: {[tag(child) for child in node]}")
    else:
        scalar(shape, node.text or "", path, found, "iso8601")


def scalar(shape, text, path, found, moment):
    """A value as text: of its type, among its choices, within its limits."""
    kind = shape.type_name
    wrong = False
    if kind in ("integer", "long"):
        wrong = not re.fullmatch(r"-?\d+", text)
        if not wrong:
            limits(shape, int(text), path, found)
    elif kind in ("float", "double"):
        wrong = not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text)
    elif kind == "boolean":
        wrong = text not in ("true", "false")
    elif kind == "timestamp":
        form = MOMENTS[shape.serialization.get("timestampFormat", moment)]
        wrong = not form.fullmatch(text)
        if not wrong:
            parse_timestamp(text)
    elif kind == "blob":
        try:
            base64.b64decode(text, validate=True)
        except binascii.Error:
            wrong = True
    elif shape.enum and text not in shape.enum:
        found.append(f"{path}: {text!r} is not among {', '.join(sorted(shape.enum)[:12])}")
    elif kind == "string":
        limits(shape, len(text), path, found)
        pattern = shape.metadata.get("pattern")
        if pattern and not fits(pattern, text):
            found.append(f"{path}: {text[:80]!r} does not fit {pattern}")
    if wrong:
        found.append(f"{path}: not a {kind}: {text!r}")


def fits(pattern, text):
    try:
        # Java's classes, as far as Python has them.
        return re.fullmatch(pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d"), text)
    except re.error:
        return True


def limits(shape, size, path, found):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        found.append(f"{path}: {size} is under {least}")
    if most is not None and size > most:
        found.append(f"{path}: {size} is over {most}")
