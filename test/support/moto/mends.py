"""Where moto 5.2.1 differs from AWS in a way that Terraform's provider, or a log file on its way, meets.

Each mend says what AWS does, and what happens without it. A part of moto that is no longer there stops the start.
"""

import copy
import json

from moto.awslambda.models import LambdaFunction
from moto.cloudtrail.models import CloudTrailBackend, Trail
from moto.events.models import Rule, events_backends
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.kms.responses import KmsResponse
from moto.s3.models import FakeBucket, s3_backends
from moto.sns.models import SNSBackend, sns_backends
from moto.sqs.models import Queue
from moto.utilities.arns import parse_arn


def mend(owner, *names):
    """Puts a function in the place of methods. It is given what was there before its arguments."""

    def put(mended):
        for name in names:
            setattr(owner, name, _bound(mended, getattr(owner, name)))
        return mended

    return put


def _bound(mended, original):
    return lambda *args, **kwargs: mended(original, *args, **kwargs)


@mend(CloudTrailBackend, "start_logging", "stop_logging", "delete_trail")
def trails_by_arn(original, self, name):
    """A trail may be named by its ARN, as the provider does. Else: status 500, which it retries for minutes."""
    return original(self, self.get_trail(name).trail_name)


@mend(Trail, "check_bucket_exists")
def bucket_of_any_account(_original, self):
    """A trail may write to the bucket of another account. Else: an organisation's trail cannot be made."""
    s3_backends[self.account_id][self.partition].get_bucket(self.bucket_name)


@mend(KmsResponse, "enable_key_rotation")
def keep_rotation_period(original, self):
    """The period of a key's rotation is kept. Else: every plan wants to set it."""
    key = self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]
    key.rotation_period = self._get_param("RotationPeriodInDays") or 365
    return original(self)


@mend(KmsResponse, "get_key_rotation_status")
def tell_rotation_period(original, self):
    status = json.loads(original(self))
    if status["KeyRotationEnabled"]:
        key = self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]
        status["RotationPeriodInDays"] = key.rotation_period
    return json.dumps(status)


LAMBDA_PARTS = ("KMSKeyArn", "LoggingConfig")


@mend(LambdaFunction, "__init__")
def keep_function_parts(original, self, account_id, spec, *args, **kwargs):
    """A function keeps its key and where it logs to. Else: every plan wants to set them."""
    self.parts = {part: spec[part] for part in LAMBDA_PARTS if part in spec}
    original(self, account_id, spec, *args, **kwargs)


@mend(LambdaFunction, "update_configuration")
def update_function_parts(original, self, updates):
    self.parts.update({part: updates[part] for part in LAMBDA_PARTS if part in updates})
    return original(self, updates)


@mend(LambdaFunction, "get_configuration")
def tell_function_parts(original, self, *args, **kwargs):
    return {**original(self, *args, **kwargs), **self.parts}


@mend(FakeBucket, "_log_permissions_enabled_policy")
def statements_about_everyone(original, _self, target_bucket, target_prefix):
    """A policy may speak of everyone, "*". Else: status 500 for whoever turns on access logging into a TLS-only bucket."""
    about_some = copy.copy(target_bucket)
    policy = json.loads(target_bucket.policy or '{"Statement": []}')
    policy["Statement"] = [one for one in policy["Statement"] if isinstance(one["Principal"], dict)]
    about_some.policy = json.dumps(policy).encode()
    return original(about_some, target_prefix)


Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
Queue.redrive_allow_policy = None


@mend(Queue, "_set_attributes")
def set_only_what_is_said(original, self, attributes, *args, **kwargs):
    """What is not said stays as it is, and an empty policy is none.

    Else: setting one attribute takes away the queue's policy, and a policy that was deleted never seems to be gone.
    """
    said = {**attributes}
    for policy in ("Policy", "RedriveAllowPolicy"):
        if said.get(policy) == "":
            said[policy] = None
    before = getattr(self, "policy", None)
    original(self, said, *args, **kwargs)
    if "Policy" not in said:
        self.policy = before


def _as_it_was_set(attributes=Queue.attributes.fget):
    """AWS gives a redrive policy back without the spaces that moto writes into it. Else: every plan wants to change it."""

    def mended(self):
        told = attributes(self)
        if self.redrive_policy:
            told["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"))
        return told

    return property(mended)


Queue.attributes = _as_it_was_set()


@mend(SNSBackend, "_get_topic_subscriptions")
def subscriptions_of_all_accounts(_original, self, topic):
    """A topic tells the subscribers of other accounts too. Else: nothing reaches a detector in an account of its own."""
    return [
        subscription
        for account in list(sns_backends.values())
        for backend in list(account.values())
        for subscription in list(backend.subscriptions.values())
        if subscription.topic == topic
    ]


@mend(Rule, "send_to_targets")
def events_stay_as_they_are(original, self, event, *args, **kwargs):
    """On the bus of another account, an event keeps its account and its region. Else: patterns that name them fail."""
    targets = [(target, parse_arn(target["Arn"])) for target in self.targets]
    others = copy.copy(self)
    others.targets = [target for target, arn in targets if arn.resource_type != "event-bus"]
    original(others, event, *args, **kwargs)
    if not self.event_pattern.matches_event(event):
        return
    for _, arn in targets:
        if arn.resource_type == "event-bus":
            bus = events_backends[arn.account][arn.region].event_buses[arn.resource_id]
            for rule in list(bus.rules.values()):
                rule.send_to_targets(event, *args, **kwargs)


@mend(IAMPolicyStatement, "is_action_permitted")
def conditions_of_denials_count(original, self, *args, **kwargs):
    """A denial on a condition, such as that of TLS, is none for whoever meets it; moto does not look at conditions.

    Else: the bucket refuses every object. What the conditions say is checked in test/stacks.
    """
    if self._statement["Effect"] == "Deny" and "Condition" in self._statement:
        return PermissionResult.NEUTRAL
    return original(self, *args, **kwargs)
