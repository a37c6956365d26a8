"""Whom a user's picture shows, once there is a plan to compare with."""

from pathlib import Path
from typing import cast

import pytest

from shared.assignment import Assignment
from shared.domain.job import JobState, ReferenceImage
from shared.references import given_references
from tests.unit.jobs import KEYFRAMES, planned_job


class FakeAssignment:
    """Holds the right to draw; every object is the word for its path."""

    key = KEYFRAMES

    def __init__(self, state: JobState) -> None:
        self.state = state
        self.fetched: list[tuple[str, str]] = []

    def fetch(self, path: str, into: Path, *, shot: int | None, crc32c: str = "") -> str:
        self.fetched.append((path, crc32c))
        into.write_text(path)
        return crc32c


@pytest.mark.parametrize(
    ("said", "meant"), [("Mara", "Mara"), ("the woman", "the woman"), ("Tom", None), (None, None)]
)
def test_a_picture_of_nobody_in_the_plan_counts_for_the_whole_picture(
    said: str | None, meant: str | None
) -> None:
    state = planned_job()
    given = ReferenceImage(path="given.png", crc32c="x", shows=said)
    job = state.job.evolve(reference_images=(given,))
    assignment = FakeAssignment(state.evolve(job=job))
    (reference,) = given_references(cast("Assignment", assignment))
    assert (reference.picture, reference.shows, reference.is_keyframe) == (b"given.png", meant, False)
    assert assignment.fetched == [("given.png", "x")]
