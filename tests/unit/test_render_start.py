"""What a render process with weights does before it listens, and what it tells of its GPU."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import flask
import pytest
from structlog.testing import capture_logs

from functions.render.gpu import SeenGpu, seen_gpu
from functions.render.start import facts, prepare
from functions.render.video_backends import video_backend
from functions.render.video_backends.on_gpu import OnGpu
from functions.render.work import render_shot
from shared import wiring
from shared.domain.errors import BackendUnavailable
from shared.domain.job import Stage
from shared.http import handle_task
from shared.settings import Settings
from tests.unit.shelved_weights import lay_preset

L4 = SeenGpu(model="NVIDIA L4", driver="580.95.05", memory_mib=23034, free_mib=22000)


class FakeDriver:
    """Answers as libnvidia-ml does: 0 for success, and what was asked for through pointers.

    Args:
        failing: name of the function that answers an error.
    """

    def __init__(self, failing: str = "") -> None:
        self._failing = failing
        self.open = 0

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *arguments: self._answer(name, *arguments)

    def _answer(self, name: str, *arguments: Any) -> int:  # noqa: ANN401 - ctypes' own kinds
        if name == self._failing:
            return 999
        match name:
            case "nvmlInit_v2":
                self.open += 1
            case "nvmlShutdown":
                self.open -= 1
            case "nvmlDeviceGetName":
                arguments[1].value = L4.model.encode()
            case "nvmlSystemGetDriverVersion":
                arguments[0].value = L4.driver.encode()
            case "nvmlDeviceGetMemoryInfo":
                memory = ctypes.cast(arguments[1], ctypes.POINTER(ctypes.c_ulonglong))
                memory[0], memory[1] = L4.memory_mib * 2**20, L4.free_mib * 2**20
        return 0


def at(**told: str) -> Settings:
    needed = {name: "none" for name, field in Settings.model_fields.items() if field.is_required()}
    return Settings.model_validate(
        {**needed, "ttv_video_backends": "animatic,ltx", "ttv_render_gpu_url": "u", "ttv_gpu": "l4", **told}
    )


def test_a_gpu_is_told_by_its_driver_which_is_let_go_again() -> None:
    driver = FakeDriver()
    assert seen_gpu(lambda _name: driver) == L4
    assert driver.open == 0


@pytest.mark.parametrize(
    "failing",
    ["nvmlInit_v2", "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetName", "nvmlDeviceGetMemoryInfo"],
)
def test_a_driver_that_does_not_answer_is_no_gpu(failing: str) -> None:
    driver = FakeDriver(failing)
    assert seen_gpu(lambda _name: driver) is None
    assert driver.open == 0


def test_where_there_is_no_driver_there_is_no_gpu() -> None:
    def missing(name: str) -> NoReturn:
        raise OSError(name)

    assert seen_gpu(missing) is None


@pytest.mark.parametrize("is_copied", [False, True])
def test_weights_are_there_before_the_process_listens(tmp_path: Path, is_copied: bool) -> None:
    root, cache = tmp_path / "weights", tmp_path / "cache"
    lay_preset(root, "ltx")
    told = {"ttv_weights": str(root)} | ({"ttv_weights_cache": str(cache)} if is_copied else {})
    with capture_logs() as lines:
        prepare(at(**told), lambda: L4)
    (ready,) = (line for line in lines if line["event"] == "gpu.ready")
    assert (ready["models"], ready["seen"], ready["driver"]) == (["ltx"], L4.model, L4.driver)
    assert ready["weights"].startswith("copied" if is_copied else "in the folder")
    assert ready["duration_seconds"] >= 0
    assert (cache / "ltx").is_dir() == is_copied


def test_a_process_whose_weights_are_missing_does_not_start_and_says_which(tmp_path: Path) -> None:
    with capture_logs() as lines, pytest.raises(BackendUnavailable, match="ttv weights fetch"):
        prepare(at(ttv_weights=str(tmp_path)), lambda: L4)
    assert [line["event"] for line in lines] == ["weights.unusable"]
    assert "ltx" in lines[0]["detail"]


def test_a_process_that_sees_no_gpu_does_not_start(tmp_path: Path) -> None:
    lay_preset(tmp_path, "ltx")
    with capture_logs() as lines, pytest.raises(BackendUnavailable, match="TTV_GPU is 'l4', and"):
        prepare(at(ttv_weights=str(tmp_path)), lambda: None)
    assert [line["event"] for line in lines] == ["gpu.unseen"]


@pytest.mark.parametrize("seen", [None, L4])
def test_a_process_that_is_to_have_no_gpu_starts_with_and_without_one(
    tmp_path: Path, seen: SeenGpu | None
) -> None:
    lay_preset(tmp_path, "ltx")
    with capture_logs() as lines:
        prepare(at(ttv_weights=str(tmp_path), ttv_gpu="cpu"), lambda: seen)
    assert [line["event"] for line in lines] == ["gpu.ready"]


@pytest.mark.parametrize(
    ("gpu", "seen", "is_other"),
    [
        ("l4", "NVIDIA L4", False),
        ("l4", "NVIDIA L40S", True),
        ("rtx-pro-6000", "NVIDIA RTX PRO 6000 Blackwell Server Edition", False),
        ("rtx-pro-6000", "NVIDIA L4", True),
    ],
)
def test_another_gpu_than_the_one_that_was_told_is_warned_of_and_used(
    gpu: str, seen: str, is_other: bool
) -> None:
    with capture_logs() as lines:
        prepare(
            at(ttv_weights="/w", ttv_gpu=gpu, ttv_video_backends="animatic"),
            lambda: L4.evolve(model=seen),
        )
    assert [line["event"] for line in lines] == ["gpu.other"] * is_other + ["gpu.ready"]
    assert lines[0]["seen"] == seen
    assert lines[0]["gpu"] == gpu


def test_health_tells_gpu_driver_memory_and_models() -> None:
    told = facts(at(ttv_weights="/w"), lambda: L4)
    assert told == {"gpu": L4.model_dump(), "models": ["ltx"]}
    assert facts(at(ttv_weights="/w", ttv_gpu="cpu"), lambda: None)["gpu"] is None


def test_an_instance_whose_gpu_is_gone_is_healthy_no_more() -> None:
    """Its liveness probe ends it then: no clip would ever be made there."""
    app = flask.Flask(__name__)

    def health(see: Callable[[], SeenGpu | None]) -> int:
        with app.test_request_context("/health"):
            answer = handle_task(
                flask.request,
                Stage.RENDER,
                render_shot,
                wiring.services,
                facts=lambda: facts(at(ttv_weights="/w"), see),
            )
            return app.make_response(answer).status_code

    assert health(lambda: L4) == 200
    with capture_logs() as lines:
        assert health(lambda: None) == 503
    assert [line["event"] for line in lines] == ["health.failed"]


def test_an_instance_whose_work_does_not_stop_is_healthy_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.hangs", lambda: True)
    app = flask.Flask(__name__)
    with app.test_request_context("/health"), capture_logs() as lines:
        answer = handle_task(flask.request, Stage.RENDER, render_shot, wiring.services)
        assert app.make_response(answer).status_code == 503
    assert [(line["event"], line["detail"]) for line in lines] == [
        ("health.failed", "work was told to stop, and does not")
    ]


@pytest.mark.parametrize("name", ["ltx", "wan_5b", "wan_14b"])
def test_an_instance_without_weights_leaves_the_clip_to_one_that_has_them(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(wiring, "settings", lambda: at(ttv_weights=""))
    with pytest.raises(BackendUnavailable, match=f"{name} renders on a GPU, and this instance has no"):
        video_backend(name)
    monkeypatch.setattr(wiring, "settings", lambda: at(ttv_weights="/w"))
    assert isinstance(video_backend(name), OnGpu)
