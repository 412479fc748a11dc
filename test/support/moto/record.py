"""Writes down every call of AWS that the emulator gets, for what says which permissions the calls need.

One JSON object a line goes into the file that TOCSIN_RECORD_CALLS names: `account`, `region`, `service`, `operation` and
`parameters`, as botocore names them, and `context`, what AWS would know of the resource besides its name. Without the
variable nothing is written.
"""

import functools
import json
import os
import re
from urllib.parse import unquote

from moto.awslambda.models import lambda_backends
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
        word = query.partition("&")[0].partition("=")[0]
        if not operation.deprecated and word != "x-id":
            operations[operation.http["method"], "{Key+}" in path, word] = name
    return operations


def call_of_s3(call):
    """Without its body: an object may come in pieces, and nothing in it says anything about permissions."""
    bucket, _, key = unquote(call.path).strip("/").partition("/")
    known = operations_of_s3()
    words = [word for word in call.querystring if (call.method, key != "", word) in known]
    # Some clients say which operation they mean.
    said = call.querystring.get("x-id")
    operation = said[0] if said else known[call.method, key != "", words[0] if words else ""]
    parameters = {"Bucket": bucket, **({"Key": key} if key else {})}
    if call.headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        parameters["ObjectLockEnabledForBucket"] = True
    return operation, parameters


def call_of(call, request):
    """The operation and its parameters."""
    if call.service_name == "s3":
        return call_of_s3(call)
    operation = call._get_action()
    model = get_service_model(call.boto3_service_name)
    sent = normalize_request(request)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, sent.content_type)]
    parameters = parser(model.operation_model(operation)).parse(
        {
            "method": sent.method,
            "values": sent.values,
            "headers": sent.headers,
            "body": sent.data,
            "url_path": sent.path,
            "url_params": call.uri_match.groupdict() if call.uri_match else {},
        }
    )
    return operation, parameters


def key_of(call, said):
    keys = kms_backends[call.current_account][call.region].keys.values()
    key_id = re.sub(r"^.*:key/", "", said.get("KeyId") or said.get("TargetKeyId") or "")
    return next((key for key in keys if key.id == key_id or said.get("AliasName") in key.aliases), None)


def context(call, said):
    """What AWS knows of a key or a mapping besides its id: policies name them by that, as nobody knows ids beforehand."""
    if call.service_name == "kms":
        key = key_of(call, said)
        if key is None:
            return {}
        tags = kms_backends[call.current_account][call.region].list_resource_tags(key.id)["Tags"]
        return {
            "kms:ResourceAliases": sorted(key.aliases),
            **{f"aws:ResourceTag/{tag['TagKey']}": [tag["TagValue"]] for tag in tags},
        }
    if "UUID" in said:
        mapping = lambda_backends[call.current_account][call.region].get_event_source_mapping(said["UUID"])
        return {"lambda:FunctionArn": [mapping.function_arn]} if mapping else {}
    return {}


def shortened(value):
    """Documents and contents say nothing about permissions."""
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shortened(one) for one in value]
    return value[:500] if isinstance(value, str) else value


def record_into(file):
    @mend(BaseResponse, "setup_class")
    def recorded(original, self, request, *args, **kwargs):
        original(self, request, *args, **kwargs)
        if self.service_name is None:
            return
        operation, said = call_of(self, request)
        line = {
            "account": self.current_account,
            "region": self.region,
            "service": self.boto3_service_name,
            "operation": operation,
            "parameters": shortened(said),
            "context": context(self, said),
        }
        os.write(file, (json.dumps(line, default=lambda _: None) + "\n").encode())


if os.environ.get("TOCSIN_RECORD_CALLS"):
    record_into(os.open(os.environ["TOCSIN_RECORD_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT))
