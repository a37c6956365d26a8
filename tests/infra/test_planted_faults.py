"""Faults planted into the text of the program are found by the check that is there for them."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.archives import REPOSITORY
from tests.infra import sdk_types
from tests.infra.policies import Policy, access, edge, naming, serving, watching
from tests.infra.program import ProgramFailed, Run
from tests.infra.recording import Recording

Found = Callable[[Recording], list[str]]


def by_sdk_types(recording: Recording) -> list[str]:
    return [f"{one}: {problem}" for one in recording.resources for problem in sdk_types.problems(one)]


def by(policy: Policy) -> Found:
    return lambda recording: list(policy.violations(recording))


@dataclass(frozen=True)
class Fault:
    """Other text in one file of the program."""

    what: str
    file: str
    instead_of: str
    planted: str
    found: Found
    told: str
    """Part of what the check says."""

    def __str__(self) -> str:
        return self.what


FAULTS = (
    Fault(
        "a misspelt key in a dict",
        "components/queues.py",
        "cloudtasks.QueueRateLimitsArgs(\n                max_dispatches_per_second=",
        "dict(max_dispatches_per_secnd=",
        by_sdk_types,
        "rateLimits.max_dispatches_per_secnd: unknown to QueueRateLimitsArgs",
    ),
    Fault(
        "what is required, left out of a dict",
        "components/edge.py",
        "compute.URLMapTestArgs(host=domain, ",
        "dict(",
        by_sdk_types,
        "tests[0].host: required by URLMapTestArgs",
    ),
    Fault(
        "a text for a number",
        "components/queues.py",
        "sampling_ratio=0.1",
        'sampling_ratio="0.1"',
        by_sdk_types,
        "stackdriverLoggingConfig.samplingRatio: '0.1' is no float",
    ),
    Fault(
        "a value that is none of those permitted",
        "components/edge.py",
        'quic_override="ENABLE"',
        'quic_override="ENABLED"',
        by_sdk_types,
        "quicOverride: 'ENABLED' is none of the documented NONE, ENABLE, DISABLE",
    ),
    Fault(
        "HTTP/3 off",
        "components/edge.py",
        'quic_override="ENABLE"',
        'quic_override="ENABLED"',
        by(edge.quic_is_enabled),
        "quicOverride is ENABLED",
    ),
    Fault(
        "a misspelt role",
        "components/identities.py",
        '"roles/iam.serviceAccountUser"',
        '"roles/iam.serviceAcountUser"',
        by(access.only_roles_that_are_needed_are_granted),
        "grants roles/iam.serviceAcountUser",
    ),
    Fault(
        "a public bucket",
        "components/media.py",
        'public_access_prevention="enforced"',
        'public_access_prevention="inherited"',
        by(access.no_bucket_is_public),
        "publicAccessPrevention is not enforced",
    ),
    Fault(
        "a metric of an event that nobody logs",
        "components/monitoring/metrics.py",
        '"sweep.done"',
        '"sweep.dun"',
        by(watching.metrics_count_lines_that_are_logged),
        "no line of the code logs sweep.dun",
    ),
    Fault(
        "a section that the runbook does not have",
        "components/monitoring/runbook.py",
        '"Videos wait too long"',
        '"Videos wait far too long"',
        by(watching.alerts_lead_to_a_section_of_the_runbook),
        "has no section #videos-wait-far-too-long",
    ),
    Fault(
        "a variable that nobody reads",
        "environment.py",
        '"TTV_BUCKET"',
        '"TTV_BUKET"',
        by(serving.variables_are_fields_of_settings),
        "TTV_BUKET is no field of Settings",
    ),
    Fault(
        "a name with a date",
        "components/schedule.py",
        'f"{PREFIX}-sweep"',
        'f"{PREFIX}-sweep-20261123"',
        by(naming.no_name_is_made_by_chance),
        "name has a digest or a time: ttv-sweep-20261123",
    ),
)

STOPS = Fault(
    "a misspelt key of a typed argument",
    "components/schedule.py",
    "attempt_deadline=",
    "atempt_deadline=",
    by_sdk_types,
    "atempt_deadline",
)


def planted(root: Path, *faults: Fault) -> Run:
    """Copy the program with all of these faults in it."""
    for folder in ("infra", "functions", "shared"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text, instead in {(fault.file, fault.instead_of, fault.planted) for fault in faults}:
        path = root / "infra" / file
        before = path.read_text("utf-8")
        assert text in before, f"{file} no longer has {text!r}: plant this fault elsewhere"
        path.write_text(before.replace(text, instead), "utf-8")
    return Run("dev", root=root)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The program with all faults at once: none of them keeps it from running to its end."""
    return planted(tmp_path_factory.mktemp("faulty"), *FAULTS).record()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_found_by_its_check(fault: Fault, faulty: Recording) -> None:
    assert any(fault.told in said for said in fault.found(faulty))


def test_a_misspelt_key_of_a_typed_argument_stops_the_program(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=STOPS.told):
        planted(tmp_path, STOPS).record()
