"""What finalize refuses to call finished."""

import pytest

from functions.finalize.work import check_duration
from shared.domain.errors import DurationMismatch
from tests.unit.jobs import rendered_job


@pytest.mark.parametrize("off_by_frames", [-1.5, -1.0, 0.0, 1.0, 1.5])
def test_half_a_frame_a_shot_is_forgiven(off_by_frames: float) -> None:
    check_duration(12 + off_by_frames / 24, rendered_job(shots=3))


@pytest.mark.parametrize("off_by_frames", [-24.0, -1.6, 1.6, 24.0])
def test_more_is_not(off_by_frames: float) -> None:
    with pytest.raises(DurationMismatch, match="asked were 12 s"):
        check_duration(12 + off_by_frames / 24, rendered_job(shots=3))


def test_shots_that_do_not_add_up_to_what_was_asked_are_not_forgiven() -> None:
    with pytest.raises(DurationMismatch):
        check_duration(8, rendered_job(shots=2))
