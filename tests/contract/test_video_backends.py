"""What every video backend promises of a clip, whoever makes it."""

from pathlib import Path

import pytest

from shared.domain.capabilities import KeyframePosition
from shared.probe import decode_fully, probe
from tests.contract.film import Film


@pytest.mark.parametrize("places", [(), ("first",), ("first", "last")], ids=str)
def test_a_clip_is_exactly_what_was_asked_for_from_words_from_a_keyframe_and_from_two(
    film: Film, keyframe: Path, places: tuple[str, ...]
) -> None:
    asked, clip = film({KeyframePosition(place): keyframe for place in places})

    facts = probe(clip)
    assert decode_fully(clip) == asked.seconds * asked.fps
    assert (facts.codec, facts.pixel_format, facts.steady) == ("h264", "yuv420p", True)
    assert (facts.width, facts.height, float(facts.fps)) == (asked.width, asked.height, asked.fps)
