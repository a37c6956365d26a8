"""Cloud Armor, before the public service: rules against known attacks, and against floods.

It knows no service. What a caller may do is for the API itself to judge, by their key.
"""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.services import PREFIX

RULE_SETS = (
    "sqli-v33-stable",
    "xss-v33-stable",
    "lfi-v33-stable",
    "rfi-v33-stable",
    "rce-v33-stable",
    "scannerdetection-v33-stable",
    "protocolattack-v33-stable",
    "cve-canary",
)
"""Google's. `methodenforcement` is not among them: it takes DELETE for an attack, and videos can be deleted.
Source: https://cloud.google.com/armor/docs/waf-rules, 2026-11."""

SENSITIVITY = 1
"""1 to 4: the fewest false alarms."""

HAS_KEY = (
    "has(request.headers['authorization']) && "
    "request.headers['authorization'].matches('^(?i:bearer) +ttv_[A-Za-z0-9_-]{43} *$')"
)
"""Whether a request carries what looks like a key of ours. Source: `shared.api_keys.KEY`."""

IS_READ = "(request.method == 'GET' || request.method == 'HEAD')"

TIMES_THE_LIMIT = 2
"""As many more than the API permits, so that whoever goes over is told by the API, in its own words."""

KEYLESS_PER_MINUTE = 300
"""By one address: pages, health and browsers' preflights, and whatever comes with a key that can be none."""

CHANGES_PER_MINUTE = 1200
"""By one address, which may be a whole office or somebody's servers."""

EVERYBODY = "*"
LAST_PRIORITY = 2147483647
"""Of the rule that every policy must have. Source: `SecurityPolicy.rules` of the Compute API."""


@dataclass(frozen=True)
class ArmorArgs:
    """How strict it is."""

    enforce_waf: bool
    """Whether the rules against attacks refuse, or are only logged."""
    requests_per_minute: int
    """That the API permits one key."""


class Armor(pulumi.ComponentResource):
    """The policy of the public service.

    The first rule that matches decides, even a throttle that lets the request pass: so rules against attacks
    come first, and each request meets one throttle, that by which a flood of its kind would be known. Changes
    are counted by address, because a body may be 32 MB and anybody can make up keys; reads by key.

    Rules look at the first 8 KB of a request and at nothing of an answer: large bodies and event streams
    pass. The text of a body is not searched for attacks: it is a person's prose, and "select" is a word.
    """

    policy_id: pulumi.Output[str]

    def __init__(self, name: str, args: ArmorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:armor:Armor", name, None, opts)
        attacks = [
            _against_attacks(priority, rule_set, is_preview=not args.enforce_waf)
            for priority, rule_set in enumerate(RULE_SETS, start=1000)
        ]
        policy = compute.SecurityPolicy(
            f"{name}-policy",
            name=f"{PREFIX}-edge",
            description="Attacks and floods, before the public API",
            type="CLOUD_ARMOR",
            # Not VERBOSE: that logs what a rule has matched, and so a user's words.
            advanced_options_config=compute.SecurityPolicyAdvancedOptionsConfigArgs(
                json_parsing="STANDARD", log_level="NORMAL"
            ),
            adaptive_protection_config=compute.SecurityPolicyAdaptiveProtectionConfigArgs(
                layer7_ddos_defense_config=compute.SecurityPolicyAdaptiveProtectionConfigLayer7DdosDefenseConfigArgs(
                    enable=True, rule_visibility="STANDARD"
                )
            ),
            rules=[*attacks, *_against_floods(args.requests_per_minute), _default()],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.policy_id = policy.id
        self.register_outputs({"policy_id": self.policy_id})


def _against_attacks(priority: int, rule_set: str, *, is_preview: bool) -> compute.SecurityPolicyRuleArgs:
    any_field = compute.SecurityPolicyRulePreconfiguredWafConfigExclusionRequestBodyArgs(
        operator="EQUALS_ANY"
    )
    prose = compute.SecurityPolicyRulePreconfiguredWafConfigExclusionArgs(
        target_rule_set=rule_set, request_bodies=[any_field]
    )
    return compute.SecurityPolicyRuleArgs(
        priority=priority,
        description=f"Known attacks: {rule_set}",
        action="deny(403)",
        preview=is_preview,
        match=_where(f"evaluatePreconfiguredWaf('{rule_set}', {{'sensitivity': {SENSITIVITY}}})"),
        preconfigured_waf_config=compute.SecurityPolicyRulePreconfiguredWafConfigArgs(exclusions=[prose]),
    )


def _against_floods(requests_per_minute: int) -> list[compute.SecurityPolicyRuleArgs]:
    # Without the header all its senders would share one count: they are counted by address.
    return [
        _throttle(2000, "Without a key, by address", f"!({HAS_KEY})", KEYLESS_PER_MINUTE, "IP"),
        _throttle(2100, "Changes, by address", f"!{IS_READ}", CHANGES_PER_MINUTE, "IP"),
        _throttle(
            2200,
            "Reads, by key",
            IS_READ,
            TIMES_THE_LIMIT * requests_per_minute,
            "HTTP_HEADER",
            header="authorization",
        ),
    ]


def _throttle(
    priority: int, description: str, where: str, per_minute: int, by: str, header: str | None = None
) -> compute.SecurityPolicyRuleArgs:
    return compute.SecurityPolicyRuleArgs(
        priority=priority,
        description=description,
        action="throttle",
        match=_where(where),
        rate_limit_options=compute.SecurityPolicyRuleRateLimitOptionsArgs(
            conform_action="allow",
            exceed_action="deny(429)",
            enforce_on_key=by,
            enforce_on_key_name=header,
            rate_limit_threshold=compute.SecurityPolicyRuleRateLimitOptionsRateLimitThresholdArgs(
                count=per_minute, interval_sec=60
            ),
        ),
    )


def _default() -> compute.SecurityPolicyRuleArgs:
    """Return the rule that must be there; the throttles leave nothing to it."""
    return compute.SecurityPolicyRuleArgs(
        priority=LAST_PRIORITY,
        description="The rest",
        action="allow",
        match=compute.SecurityPolicyRuleMatchArgs(
            versioned_expr="SRC_IPS_V1",
            config=compute.SecurityPolicyRuleMatchConfigArgs(src_ip_ranges=[EVERYBODY]),
        ),
    )


def _where(expression: str) -> compute.SecurityPolicyRuleMatchArgs:
    return compute.SecurityPolicyRuleMatchArgs(
        expr=compute.SecurityPolicyRuleMatchExprArgs(expression=expression)
    )
