"""Each policy holds for every deployment, and finds what was planted against it."""

import pytest

from tests.infra.plants import PLANTS, Plant
from tests.infra.policies import POLICIES, Policy
from tests.infra.policies.watching import anchors
from tests.infra.program import Run
from tests.infra.recording import Recording
from tests.infra.recordings import Recordings
from tests.infra.runs import UPS

PLANTED = [(policy, plant) for policy, plants in PLANTS.items() for plant in plants]


@pytest.mark.parametrize("run", UPS, ids=str)
@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_every_deployment_keeps_every_policy(policy: Policy, run: Run, recordings: Recordings) -> None:
    assert policy.violations(recordings.of(run)) == (), policy.reason


@pytest.mark.parametrize(("policy", "plant"), PLANTED, ids=[str(policy) for policy, _ in PLANTED])
def test_a_policy_finds_what_was_planted_against_it(policy: Policy, plant: Plant, prod: Recording) -> None:
    before, after = policy.violations(prod), policy.violations(plant(prod))

    assert set(after) - set(before)


def test_every_policy_is_tried() -> None:
    assert set(PLANTS) == set(POLICIES)


def test_anchors_are_made_as_by_github() -> None:
    assert anchors("# Videos wait too long\ntext\n## A `queue`, paused (twice)\n") == {
        "videos-wait-too-long",
        "a-queue-paused-twice",
    }
