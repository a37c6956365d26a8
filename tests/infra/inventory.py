"""The golden inventory of a stack: every resource with what a reviewer wants to see of it, as text.

It knows which inputs are salient. `python -m tests.infra.inventory` writes the inventories anew.
"""

import difflib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.services import PREFIX
from tests.infra.policies.access import is_grant
from tests.infra.program import STACKS, Run
from tests.infra.recording import STACK, Recording, Resource
from tests.infra.wire import Asset, Reference, Secret, Unknown, each

FOLDER = Path(__file__).with_name("inventories")

RENEW = "python -m tests.infra.inventory"

DIGEST = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{12})(?![0-9a-f])")
"""Of an archive: other code is no other inventory."""

WIDTH = 160
"""A resource that does not fit into a line of so many characters gets a line for each input."""

LONGEST_VALUE = 100
"""Characters; of a longer one only the beginning is shown."""

NESTED: Mapping[str, tuple[str, ...]] = {
    "gcp:cloudrunv2/service:Service": (
        "scaling",
        "template.maxInstanceRequestConcurrency",
        "template.timeout",
        "template.serviceAccount",
        "template.nodeSelector.accelerator",
        "template.gpuZonalRedundancyDisabled",
        "template.containers.*.image",
        "template.containers.*.resources.limits",
        "template.containers.*.resources.cpuIdle",
        "template.volumes.*.gcs",
        "template.volumes.*.emptyDir",
    ),
    "gcp:cloudtasks/queue:Queue": ("rateLimits", "retryConfig"),
    "gcp:compute/backendBucket:BackendBucket": ("cdnPolicy.cacheMode", "cdnPolicy.signedUrlCacheMaxAgeSec"),
    "gcp:compute/securityPolicy:SecurityPolicy": ("rules.*.priority", "rules.*.action", "rules.*.preview"),
    "gcp:compute/uRLMap:URLMap": (
        "pathMatchers.*.routeRules.*.matchRules.*.prefixMatch",
        "defaultUrlRedirect",
    ),
    "gcp:firestore/field:Field": ("ttlConfig", "indexConfig"),
    "gcp:firestore/index:Index": ("fields.*",),
    "gcp:logging/metric:Metric": ("metricDescriptor.valueType", "metricDescriptor.labels.*.key"),
    "gcp:monitoring/alertPolicy:AlertPolicy": (
        "conditions.*.conditionPrometheusQueryLanguage.query",
        "conditions.*.conditionThreshold.filter",
        "conditions.*.conditionAbsent.filter",
    ),
    "gcp:monitoring/slo:Slo": ("goal",),
    "gcp:storage/bucket:Bucket": ("lifecycleRules.*", "softDeletePolicy"),
}
"""Shown besides what every resource shows: its inputs that are plain texts, numbers and switches."""

VARIABLES = "template.containers.*.envs.*.name"
"""Of a service: names only, since values are held to `Settings` by a policy."""

LEFT_OUT = frozenset(
    {"__provider", "buildConfig", "dashboardJson", "database", "description", "displayName", "location"}
    | {"project", "region", "combiner"}
)
"""Long, or said by others, or the same everywhere."""


def inventory(recording: Recording) -> str:
    """Draw all resources as a tree, in the order of their names."""
    [stack] = recording.of_type(STACK)
    return "".join(f"{line.rstrip()}\n" for line in _below(recording, stack, ""))


def difference(recording: Recording) -> str:
    """Compare with what was reviewed; empty: nothing differs."""
    path = path_of(recording.stack)
    reviewed = path.read_text("utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        reviewed.splitlines(), inventory(recording).splitlines(), "as reviewed", "as it is", lineterm=""
    )
    return "\n".join(lines)


def path_of(stack: str) -> Path:
    """Return the file of a stack's inventory."""
    return FOLDER / f"{stack}.txt"


def _below(recording: Recording, parent: Resource, indent: str) -> Iterator[str]:
    for resource in sorted(recording.children(parent.urn), key=lambda child: (child.name, child.type)):
        mark = " PROTECTED" if resource.protect else ""
        title = f"{indent}{resource.name}: {_short(resource.type)}{mark}"
        inputs = [_granted(resource)] if is_grant(resource) else list(_salient(resource))
        in_one_line = "  ".join([title, *inputs])
        if len(in_one_line) <= WIDTH:
            yield in_one_line
        else:
            yield title
            yield from (f"{indent}    - {line}" for line in inputs)
        yield from _below(recording, resource, f"{indent}    ")


def _short(type_: str) -> str:
    """`gcp:storage/bucket:Bucket` says bucket twice."""
    package, module, name = type_.split(":")
    if package != "gcp":
        return f"{package}.{name}"
    return f"{module.partition('/')[0]}.{name}"


def _granted(grant: Resource) -> str:
    """Say who may do what, and to what unless it is the whole project."""
    on = [
        _shown(value)
        for name, value in grant.inputs.items()
        if name not in LEFT_OUT and name not in ("member", "role")
    ]
    return f"{_shown(grant.at('member'))} has {_shown(grant.at('role'))} on {' '.join(on) or 'the project'}"


def _salient(resource: Resource) -> Iterator[str]:
    for name, value in sorted(resource.inputs.items()):
        is_list_of_texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if name not in LEFT_OUT and (is_list_of_texts or not isinstance(value, dict | list)):
            yield f"{name}={_shown(value)}"
    for path in NESTED.get(resource.type, ()):
        if found := list(each(resource.inputs, path)):
            yield f"{path.replace('.*', '')}={'; '.join(map(_shown, found))}"
    if variables := list(each(resource.inputs, VARIABLES)):
        yield f"variables={' '.join(map(str, variables))}"


def _shown(value: object) -> str:
    match value:
        case Secret():
            return "<secret>"
        case Unknown():
            return "<unknown>"
        case Asset():
            return f"<{_shown(Path(value.path).name)}>" if value.path else "<text>"
        case Reference():
            return value.urn.rpartition("::")[2]
        case bool():
            return str(value).lower()
        case list():
            return _cut(", ".join(map(_shown, value)))
        case Mapping():
            return "{" + ", ".join(f"{name}: {_shown(one)}" for name, one in sorted(value.items())) + "}"
        case _:
            return _cut(_shortened(str(value)))


def _shortened(text: str) -> str:
    """Leave out what is the same in all names of a project."""
    text = DIGEST.sub("<digest>", " ".join(text.split()))
    text = re.sub(rf"({PREFIX}-[a-z-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com", r"\1", text)
    return re.sub(r"^projects/[^/]+/", "", text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def main() -> int:
    """Write the inventory of every stack."""
    FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        path_of(stack).write_text(inventory(Run(stack).record()), "utf-8")
        print(path_of(stack))  # noqa: T201  a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
