"""Writes down every call of AWS that the emulator gets, for what says which permissions the calls need.

One JSON object a line goes into the file that TOCSIN_RECORD_CALLS names: `account`, `region`, `service`, `operation` and
`parameters`, as botocore names them, and `context`, what AWS would know of the key that a call is about. Without the
variable nothing is written.
"""

import functools
import json
import os
import re

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol, normalize_request
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.kms.models import kms_backends

from mends import mend


@functools.cache
def operations_of_s3():
    """S3 tells its operations apart by method, by whether a key is named, and by a word in the query."""
    model = get_service_model("s3")
    operations = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        if not operation.deprecated:
            operations[operation.http["method"], "{Key+}" in path, query.split("&")[0].split("=")[0]] = name
    return operations


def operation_of_s3(call, bucket_and_key):
    method, has_key = call.method, "key" in bucket_and_key
    known = operations_of_s3()
    words = [word for word in call.querystring if (method, has_key, word) in known]
    return known[method, has_key, words[0] if words else ""]


def named(call):
    """The operation of a call and the parameters in its path."""
    if call.service_name != "s3":
        operation = call._get_action()
        return operation, call.uri_match.groupdict() if call.uri_match else {}
    bucket, _, key = call.path.strip("/").partition("/")
    in_path = {"bucket": bucket, **({"key": key} if key else {})}
    names = {name.capitalize(): value for name, value in in_path.items()}
    return (operation_of_s3(call, in_path), names) if bucket else ("ListBuckets", {})


def parameters(call, request, operation, in_path):
    model = get_service_model(call.boto3_service_name)
    sent = normalize_request(request)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, sent.content_type)]
    return parser(model.operation_model(operation)).parse(
        {
            "method": sent.method,
            "values": sent.values,
            "headers": sent.headers,
            "body": sent.data,
            "url_path": sent.path,
            "url_params": in_path,
        }
    )


def context(call, said):
    """Aliases and tags of a key: policies name keys by these, as nobody knows their ARNs beforehand."""
    key_id = said.get("KeyId") or said.get("TargetKeyId")
    if call.service_name != "kms" or key_id is None:
        return {}
    backend = kms_backends[call.current_account][call.region]
    key = backend.keys.get(re.sub(r"^.*:key/", "", key_id))
    if key is None:
        return {}
    tags = backend.list_resource_tags(key.id)["Tags"]
    return {
        "kms:ResourceAliases": sorted(key.aliases),
        **{f"aws:ResourceTag/{tag['TagKey']}": [tag["TagValue"]] for tag in tags},
    }


def record_into(file):
    @mend(BaseResponse, "setup_class")
    def recorded(original, self, request, *args, **kwargs):
        original(self, request, *args, **kwargs)
        if self.service_name is None:
            return
        operation, in_path = named(self)
        said = parameters(self, request, operation, in_path)
        line = {
            "account": self.current_account,
            "region": self.region,
            "service": self.boto3_service_name,
            "operation": operation,
            "parameters": said,
            "context": context(self, said),
        }
        # What is no text is the content of something.
        os.write(file, (json.dumps(line, default=lambda _: None) + "\n").encode())


if os.environ.get("TOCSIN_RECORD_CALLS"):
    record_into(os.open(os.environ["TOCSIN_RECORD_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT))
