"""What befalls calls of Google's models: by name, and nothing by a name that nobody knows."""

import pytest

from infra.local.stand_ins.fates import DIRECTIVES, Manner, Oddity
from infra.local.stand_ins.google_fates import CLIP_DIRECTIVES, clip_fate, picture_fate, text_fate


def test_a_clip_can_fare_in_every_way_that_the_scripted_providers_can() -> None:
    assert [clip_fate(name) for name in DIRECTIVES] == list(DIRECTIVES.values())
    assert DIRECTIVES.keys() < CLIP_DIRECTIVES.keys()


def test_an_interaction_ends_in_the_status_that_is_named() -> None:
    ending = clip_fate("ends:incomplete").ending

    assert ending is not None
    assert (ending.status, ending.billed) == ("incomplete", True)


def test_completed_without_a_video_is_a_refusal_that_may_be_billed() -> None:
    endings = [clip_fate(name).ending for name in ("no_video", "no_video_billed")]

    assert [ending and (ending.oddity, ending.billed) for ending in endings] == [
        (Oddity.NO_VIDEO, False),
        (Oddity.NO_VIDEO, True),
    ]


@pytest.mark.parametrize(("short", "code"), [("429", 429), ("500", 500), ("503", 503)])
def test_a_rejection_can_be_named_by_its_status(short: str, code: int) -> None:
    for read in (picture_fate, text_fate):
        rejection = read(short).rejection
        assert rejection is not None
        assert rejection.code == code


def test_an_answer_can_hang_and_a_delay_can_be_said() -> None:
    rejection = text_fate("429:7s").rejection

    assert picture_fate("hang").manner is Manner.HELD
    assert rejection is not None
    assert rejection.retry_delay == "7s"


@pytest.mark.parametrize(
    "directive",
    ["nonsense", "", "ok:1", "refuse:RAIN", "finish:", "finish:RAIN", "bad_plan:nicely", "text_only:2"],
)
def test_what_nobody_knows_is_refused(directive: str) -> None:
    for read in (picture_fate, text_fate, clip_fate):
        with pytest.raises(ValueError, match="no directive"):
            read(directive)


def test_a_picture_has_no_oddities_of_texts() -> None:
    with pytest.raises(ValueError, match="no directive"):
        picture_fate("bad_plan")
    with pytest.raises(ValueError, match="no directive"):
        text_fate("tiny")
