"""Whom the pictures of what stands in for a model show: those whom their words describe."""

import pytest

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.wording import told
from infra.local.stand_ins.pictures import characters_in
from shared.domain.plan import Character

MARA = Character(name="Mara", description="woman in a red coat")
TOM = Character(name="the old fisherman", description="bearded man")


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("Draw a sheet.\n\nThe character: Mara: woman in a red coat", (MARA,)),
        (
            "Image 1: character sheet of Mara.\n\nWhat it shows: They meet.\n\nWho is in it, exactly so:\n"
            "Mara: woman in a red coat\nthe old fisherman: bearded man\n\nStyle: ink",
            (MARA, TOM),
        ),
        ("What it shows: Noon: nobody is there.", ()),
        ("A boat: it sails.", ()),
    ],
)
def test_whoever_is_described_is_drawn(prompt: str, shown: tuple[Character, ...]) -> None:
    assert characters_in(prompt) == shown


def test_the_words_that_nano_banana_is_asked_with_are_understood() -> None:
    asked = KeyframeRequest(
        prompt="Mara meets a fisherman.", caption="", characters=(MARA, TOM), width=640, height=360, seed=1
    )
    assert characters_in(told(asked, has_pictures=True)) == (MARA, TOM)
