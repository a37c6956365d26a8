"""Which picture stands for each shot on the storyboard sheet, in every keyframe mode."""

import pytest

from functions.finalize.panels import most_telling, panels_of
from shared.domain.errors import MediaMissing
from shared.domain.job import JobState
from tests.unit.jobs import drawn_job, planned_job


def pictures(state: JobState) -> list[tuple[int, str | None, str]]:
    return [(panel.shot, panel.keyframe, panel.crc32c) for panel in panels_of(state)]


@pytest.mark.parametrize("position", ["first", "middle", "last"])
def test_single_keyframe_stands_for_its_shot_wherever_it_is_in_it(position: str) -> None:
    state = drawn_job(keyframe_position=position)
    assert pictures(state) == [(0, "0.png", "k0"), (1, "1.png", "k1"), (2, "2.png", "k2")]
    assert [(panel.caption, panel.seconds) for panel in panels_of(state)] == [("c", 4)] * 3


def test_pair_shows_each_keyframe_once_and_how_the_last_shot_ends() -> None:
    panels = panels_of(drawn_job(keyframes="pair"))
    assert [panel.keyframe for panel in panels] == ["0.png", "1.png", "2.png", "3.png"]
    assert (panels[-1].shot, panels[-1].crc32c, panels[-1].caption) == (2, "k3", "The end")
    assert [panel.seconds for panel in panels] == [4, 4, 4, None]


def test_chain_shows_later_shots_by_their_clips() -> None:
    """Their keyframes are what the shot before ends with."""
    state = drawn_job(keyframes="chain")
    shots = tuple(
        shot.evolve(keyframe=f"{shot.index}.png", keyframe_crc32c=f"k{shot.index}") for shot in state.shots
    )
    assert pictures(state.evolve(shots=shots)) == [(0, "0.png", "k0"), (1, None, ""), (2, None, "")]


def test_without_keyframes_every_shot_is_shown_by_its_clip() -> None:
    assert pictures(drawn_job(keyframes="none")) == [(0, None, ""), (1, None, ""), (2, None, "")]


@pytest.mark.parametrize(
    ("mode", "keyframes"),
    [("single", 3), ("pair", 4)],
)
def test_one_that_stops_after_its_keyframes_shows_all_that_were_drawn(mode: str, keyframes: int) -> None:
    """It has no clips to fall back to."""
    panels = panels_of(drawn_job(keyframes=mode, stop_after="keyframes"))
    assert sum(panel.keyframe is not None for panel in panels) == keyframes == len(panels)


@pytest.mark.parametrize("mode", ["single", "pair"])
def test_missing_keyframe_is_named_by_its_shot(mode: str) -> None:
    state = drawn_job(keyframes=mode)
    for lacking in ("keyframe", "end_keyframe")[: 1 + (mode == "pair")]:
        shots = (*state.shots[:-1], state.shots[-1].evolve(**{lacking: None}))
        with pytest.raises(MediaMissing) as caught:
            panels_of(state.evolve(shots=shots))
        assert caught.value.shot == 2


def test_most_telling_shot_is_the_first_with_the_most_characters() -> None:
    names = ((), ("Mara",), ("Mara", "Tom"), ("Tom", "Mara"))
    shots = tuple(
        shot.evolve(characters=shown) for shot, shown in zip(planned_job(4).shots, names, strict=True)
    )
    assert most_telling(shots).index == 2
