"""Whom the pictures of what stands in for a model show: those whom their words describe."""

import pytest

from infra.local.stand_ins.pictures import characters_in
from shared.domain.plan import Character

MARA = Character(name="Mara", description="woman in a red coat")
TOM = Character(name="the old fisherman", description="bearded man")


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("Draw a sheet.\n\nThe character: Mara: woman in a red coat", (MARA,)),
        ("What it shows: Mara waits.\n\nIn it:\nMara: woman in a red coat\nStyle: ink", (MARA,)),
        (
            "What it shows: Mara meets the old fisherman.\n"
            "Mara: woman in a red coat\nthe old fisherman: bearded man",
            (MARA, TOM),
        ),
        ("A boat: it sails.", ()),
    ],
)
def test_whoever_is_described_and_shown_is_drawn(prompt: str, shown: tuple[Character, ...]) -> None:
    assert characters_in(prompt) == shown
