"""A clip of an open-weight model is exactly as long, as large and as fast as was asked, and like others."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from functions.finalize.join import join
from functions.render.clip import check_clip
from functions.render.video_backends.animatic import Animatic
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.presets import PRESETS
from shared.domain.errors import BackendFailed
from shared.probe import decode_fully, probe
from tests.gpu.conftest import SMALL, Still, first, nothing, pair
from tests.gpu.pixels import Film, differ

Backend = Callable[[str], Diffusers]


@pytest.mark.parametrize(
    ("seconds", "fps", "width", "height"),
    [
        (1, 24, 64, 48),
        (1, 25, 50, 34),
        (1, 30, 128, 72),
        (2, 25, 64, 48),
        (3, 30, 64, 48),
        (5, 24, 96, 54),
        (10, 24, 64, 48),
        (10, 25, 64, 48),
        (10, 30, 64, 48),
    ],
)
def test_a_clip_of_ltx_is_exactly_what_was_asked(
    backend: Backend, still: Still, tmp_path: Path, seconds: int, fps: int, width: int, height: int
) -> None:
    asked = SMALL.evolve(seconds=seconds, fps=fps, width=width, height=height)
    clip = tmp_path / "clip.mp4"

    backend("ltx").render(asked, first(still("teal")), clip, nothing)

    check_clip(clip, asked)
    assert decode_fully(clip) == seconds * fps
    assert probe(clip).steady


@pytest.mark.parametrize("preset", ["wan_5b", "wan_14b"])
@pytest.mark.parametrize(("seconds", "fps"), [(1, 30), (2, 24), (5, 25)])
def test_a_clip_of_wan_is_exactly_what_was_asked(
    backend: Backend, still: Still, tmp_path: Path, preset: str, seconds: int, fps: int
) -> None:
    asked = SMALL.evolve(seconds=seconds, fps=fps)
    clip = tmp_path / "clip.mp4"

    backend(preset).render(asked, first(still("teal")), clip, nothing)

    check_clip(clip, asked)
    assert decode_fully(clip) == seconds * fps


def test_one_of_the_sizes_that_are_offered_is_rendered_larger_and_cut(
    backend: Backend, still: Still, tmp_path: Path
) -> None:
    asked = SMALL.evolve(width=640, height=360)
    clip = tmp_path / "clip.mp4"

    backend("ltx").render(asked, first(still("teal")), clip, nothing)

    check_clip(clip, asked)


def test_what_no_model_can_render_in_one_go_is_refused_before_it_is_tried(
    backend: Backend, still: Still, tmp_path: Path
) -> None:
    ticks: list[float] = []
    with pytest.raises(BackendFailed, match=r"at most 81 frames, at 16 a second; 6 s are too long"):
        backend("wan_14b").render(
            SMALL.evolve(seconds=6), first(still("teal")), tmp_path / "clip.mp4", ticks.append
        )
    assert ticks == []


def test_clips_are_like_those_of_other_backends_and_join_by_stream_copy(
    backend: Backend, still: Still, tmp_path: Path
) -> None:
    clips = [tmp_path / f"{number}.mp4" for number in range(3)]
    ltx = backend("ltx")
    ltx.render(SMALL, first(still("teal")), clips[0], nothing)
    ltx.render(SMALL.evolve(seed=8, leads_on=True), pair(still("red"), still("teal")), clips[1], nothing)
    Animatic().render(SMALL, first(still("teal")), clips[2], nothing)

    assert len({probe(clip).copy_key for clip in clips}) == 1
    with av.open(str(clips[0])) as container:
        context = container.streams.video[0].codec_context
        colours = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    assert [int(each) for each in colours] == [1, 1, 1, 1]  # BT.709 three times, and limited range
    joined = tmp_path / "joined.mp4"
    assert join(clips, joined, {}, lambda _done: None).normalised is None, "their packets were copied"
    assert decode_fully(joined) == 3 * SMALL.fps


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_seed_gives_the_same_frames_and_another_one_does_not(
    backend: Backend, films: list[Film], still: Still, tmp_path: Path, preset: str
) -> None:
    for seed in (7, 8, 7):
        asked = SMALL.evolve(seed=seed)
        backend(preset).render(asked, first(still("teal")), tmp_path / "clip.mp4", nothing)

    assert differ(films[0], films[1])
    assert not differ(films[0], films[2])


def test_progress_never_falls_and_ends_at_all(backend: Backend, still: Still, tmp_path: Path) -> None:
    ticks: list[float] = []

    backend("ltx").render(SMALL, first(still("teal")), tmp_path / "clip.mp4", ticks.append)

    steps = 8
    assert ticks == sorted(ticks)
    assert ticks[0] == 0
    assert ticks[-1] == pytest.approx(1)
    assert len(ticks) == 1 + steps + SMALL.seconds * SMALL.fps
    assert len({*ticks[: steps + 1]}) == steps + 1, "every step was told"
