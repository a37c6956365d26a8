"""One pipeline for the life of a process: stopped, out of memory, broken and reused."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
import torch
from structlog.testing import capture_logs

from functions.render.clip import check_clip
from functions.render.video_backends import Tick
from functions.render.video_backends.diffusers import backend as diffusers_backend
from functions.render.video_backends.diffusers import life
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.life import Resident, claimed
from functions.render.video_backends.diffusers.pipes import load
from functions.render.video_backends.diffusers.presets import PRESETS
from shared.domain.errors import JobIsFinal, OperationFailed
from shared.domain.job import Rendered
from tests.gpu.conftest import SMALL, Still, Stopping, first, nothing, resident
from tests.gpu.faults import DECODER, TRANSFORMERS, device_lost, failing, spoiling
from tests.gpu.pixels import Film, differ

Backend = Callable[[str], Diffusers]
Made = TypeVar("Made")
LONG_SECONDS = 120
"""After which two threads are taken to wait for each other."""


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def tick(self, seconds: float) -> None:
        self._now += seconds

    def taking(self, seconds: float, work: Callable[..., Made]) -> Callable[..., Made]:
        """Return the same work, which then takes so long."""

        def slow(*given: object) -> Made:
            self.tick(seconds)
            return work(*given)

        return slow


@pytest.mark.parametrize("name", PRESETS)
def test_a_clip_is_stopped_within_a_step_and_the_model_stays_usable(
    backend: Backend, here: Deployment, films: list[Film], still: Still, clip: Path, name: str
) -> None:
    stills = first(still("teal"))
    backend(name).render(SMALL, stills, clip, nothing)
    clip.unlink()
    stopping = Stopping(above=0)

    with pytest.raises(JobIsFinal):
        backend(name).render(SMALL, stills, clip, stopping)

    assert len(stopping.ticks) == 2, "the one before the first step, and the one after it"
    assert not clip.exists()
    backend(name).render(SMALL, stills, clip, nothing)
    assert not differ(films[0], films[-1])
    assert resident(here, name).loads == 1


def test_a_clip_is_stopped_while_it_is_encoded_and_no_file_is_left(
    backend: Backend, here: Deployment, still: Still, clip: Path
) -> None:
    with pytest.raises(JobIsFinal):
        backend("ltx").render(SMALL, first(still("teal")), clip, Stopping(above=0.95))
    assert not clip.exists()
    assert resident(here).loads == 1


@pytest.mark.parametrize("above", [0.0, 0.95], ids=["denoising", "encoding"])
def test_whatever_stops_a_clip_is_passed_on_and_is_no_failure_of_the_gpu(
    backend: Backend, here: Deployment, still: Still, clip: Path, above: float
) -> None:
    def stop(done: float) -> None:
        if done > above:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match=r"^stopped$"):
        backend("ltx").render(SMALL, first(still("teal")), clip, stop)
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert resident(here).loads == 1


def test_a_gpu_that_fails_as_a_clip_is_stopped_has_failed(
    backend: Backend, here: Deployment, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it taken for the stop, a pipeline that is broken would be kept."""

    def lost(pipe: object, preset: object, take: object, tick: Tick) -> NoReturn:
        try:
            tick(0.5)
        except JobIsFinal:
            raise device_lost()  # noqa: B904 - what happens is that one comes over the other
        raise AssertionError("it was not stopped")

    monkeypatch.setattr(diffusers_backend, "call", lost)
    with pytest.raises(OperationFailed, match=r"ltx failed: .*device-side assert"):
        backend("ltx").render(SMALL, first(still("teal")), clip, Stopping(above=0.1))
    assert resident(here).plan is None


def test_after_a_failure_of_the_gpu_the_model_is_loaded_anew(
    backend: Backend, films: list[Film], still: Still, here: Deployment, clip: Path
) -> None:
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    with (
        capture_logs() as logs,
        failing(TRANSFORMERS["ltx"], device_lost, times=1),
        pytest.raises(OperationFailed, match=r"ltx failed: .*device-side assert"),
    ):
        backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert [(line["event"], line["preset"]) for line in logs] == [("model.failed", "ltx")]
    assert resident(here).loads == 1

    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)

    assert resident(here).loads == 2
    assert not differ(films[0], films[-1])


def test_a_gpu_that_is_lost_to_the_process_ends_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise device_lost()

    replaced: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lost)
    monkeypatch.setattr(life, "replace_this_process", lambda: replaced.append("this one"))
    with capture_logs() as logs:
        Resident(PRESETS["ltx"], Deployment(root)).drop()
    assert replaced == ["this one"]
    assert [line["event"] for line in logs] == ["gpu.lost"]


def test_a_clip_that_waits_for_another_can_be_stopped(
    backend: Backend, here: Deployment, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "WAIT_SECONDS", 0.01)
    with ThreadPoolExecutor(1) as other, claimed(PRESETS["ltx"], here, lambda: None):
        waiting = other.submit(backend("ltx").render, SMALL, first(still("teal")), clip, Stopping(above=-1))
        with pytest.raises(JobIsFinal):
            waiting.result(timeout=LONG_SECONDS)


def test_the_time_that_is_told_is_of_rendering_alone(
    backend: Backend, here: Deployment, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    monkeypatch.setattr(life, "load", clock.taking(1000, load))
    told = backend("ltx").render(SMALL, first(still("teal")), clip, lambda _done: clock.tick(1))
    steps, frames = len(PRESETS["ltx"].timesteps), SMALL.fps
    assert told == Rendered(seconds=steps + frames, gpu="cpu")


def test_any_other_error_is_passed_on_and_the_model_is_loaded_anew(
    backend: Backend, here: Deployment, still: Still, clip: Path
) -> None:
    with failing(DECODER, lambda: ZeroDivisionError("odd"), times=1), pytest.raises(ZeroDivisionError):
        backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert resident(here).loads == 2


def test_frames_that_are_no_numbers_never_become_a_clip(backend: Backend, still: Still, clip: Path) -> None:
    with spoiling(DECODER), pytest.raises(OperationFailed, match="no picture"):
        backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert not clip.exists()
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    check_clip(clip, SMALL)


def test_a_process_keeps_one_model_and_lets_it_go_for_another(
    backend: Backend, here: Deployment, still: Still, clip: Path
) -> None:
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    ltx = resident(here)
    backend("wan_5b").render(SMALL, first(still("teal")), clip, nothing)
    assert ltx.plan is None, "it was let go"
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert resident(here) is not ltx


def test_clips_asked_for_at_the_same_time_share_one_model_one_after_the_other(
    backend: Backend, here: Deployment, films: list[Film], still: Still, tmp_path: Path
) -> None:
    teal = first(still("teal"))

    def film(number: int) -> None:
        backend("ltx").render(SMALL, teal, tmp_path / f"{number}.mp4", nothing)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(film, range(3)))

    assert len(films) == 3
    assert not differ(films[0], films[1])
    assert not differ(films[0], films[2])
    assert resident(here).loads == 1


def test_clips_of_two_models_asked_for_at_the_same_time_take_turns(
    backend: Backend, still: Still, tmp_path: Path
) -> None:
    asked, teal = threading.Event(), first(still("teal"))

    def second() -> None:
        asked.wait()
        backend("wan_5b").render(SMALL, teal, tmp_path / "second.mp4", nothing)

    def ask(_done: float) -> None:
        asked.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        backend("ltx").render(SMALL, teal, tmp_path / "first.mp4", ask)
        other.result(timeout=LONG_SECONDS)
    assert (tmp_path / "first.mp4").exists()
    assert (tmp_path / "second.mp4").exists()
