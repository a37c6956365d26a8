"""What a remix is asked for by: another prompt, which must still name whom the source's pictures show."""

import pytest

from functions.submit.creation import remix_of
from shared.domain.errors import IllegalTransition, InvalidInput
from shared.domain.job import Job, ReferenceImage
from shared.domain.plan import GivenShot
from tests.unit.jobs import completed_job, queued_job

PORTRAITS = (ReferenceImage(path="style.png"), ReferenceImage(path="mara.png", shows="Mara"))
COMPLETED = completed_job().job
SOURCE = COMPLETED.evolve(reference_images=PORTRAITS, config=COMPLETED.config.evolve(seconds=8))


def remix(source: Job, prompt: str) -> Job:
    return remix_of(source, {"prompt": prompt}, trace_id="f" * 32).job


def test_a_prompt_that_does_not_name_whom_a_picture_shows_is_refused_as_on_creation() -> None:
    with pytest.raises(InvalidInput) as refused:
        remix(SOURCE, "Otto, a grey cat, sleeps.")
    assert (refused.value.field, refused.value.value) == ("reference_images.1.shows", "Mara")


@pytest.mark.parametrize(
    ("prompt", "shots"),
    [("Mara sleeps.", ()), ("At the harbour.", (GivenShot(prompt="Then mara sleeps."),))],
)
def test_prompt_or_own_shots_may_name_whom_a_picture_shows(prompt: str, shots: tuple[GivenShot, ...]) -> None:
    new = remix(SOURCE.evolve(given_shots=shots), prompt)
    assert (new.reference_images, new.given_shots) == (PORTRAITS, shots)


def test_of_a_video_that_is_not_completed_it_is_told_so_and_nothing_else() -> None:
    with pytest.raises(IllegalTransition):
        remix(queued_job().job.evolve(reference_images=PORTRAITS), "Otto sleeps.")
