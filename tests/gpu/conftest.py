"""Tiny weights for all tests of the GPU's backend, no network for any, and no model left between them."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from PIL import Image

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.diffusers import life
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.life import Resident, claimed
from functions.render.video_backends.diffusers.presets import PRESETS, Preset
from shared.domain.capabilities import KeyframePosition
from shared.domain.errors import JobIsFinal
from tests.gpu.pixels import Film, kept_films
from tests.gpu.tiny import MODELS, write_lora, write_weights

SMALL = ClipRequest(prompt="a boat at dawn", seconds=1, width=64, height=48, fps=24, seed=7)

Still = Callable[[str], Path]


def pytest_configure() -> None:
    torch.set_num_threads(1)  # tiny models gain nothing from more, and neighbours lose


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of every preset, and a LoRA for each. Not to be written to."""
    root = tmp_path_factory.mktemp("weights")
    for preset in MODELS:
        write_weights(root, preset)
        write_lora(root, f"brand-{preset}", preset)
    return root


@pytest.fixture
def here(root: Path) -> Deployment:
    return Deployment(root, device="cpu")


@pytest.fixture
def backend(here: Deployment) -> Callable[[str], Diffusers]:
    return lambda name: Diffusers(quick(name), here)


@pytest.fixture
def films(monkeypatch: pytest.MonkeyPatch) -> list[Film]:
    """Keep what every clip of a test shows."""
    return kept_films(monkeypatch)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


@pytest.fixture(scope="session")
def still(tmp_path_factory: pytest.TempPathFactory) -> Still:
    """Make a keyframe of one colour, of the size of `SMALL`."""
    folder = tmp_path_factory.mktemp("stills")

    def make(colour: str) -> Path:
        path = folder / f"{colour}.png"
        Image.new("RGB", (SMALL.width, SMALL.height), colour).save(path)
        return path

    return make


@pytest.fixture(autouse=True)
def _without_network_and_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_address: object) -> NoReturn:
        raise AssertionError("a connection was opened: weights are never fetched while rendering")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    life._resident = None


class Stopping:
    """A tick that stops the work at the first fraction above a limit, as a cancelled job does."""

    def __init__(self, above: float) -> None:
        self.above = above
        self.ticks: list[float] = []

    def __call__(self, done: float) -> None:
        self.ticks.append(done)
        if done > self.above:
            raise JobIsFinal("the job is cancelled")


def quick(name: str) -> Preset:
    """Return a preset with as few steps as show what it does."""
    preset = PRESETS[name]
    return preset if preset.timesteps else preset.evolve(steps=3)


def nothing(_done: float) -> None:
    """Tick, and never stop."""


def resident(here: Deployment, name: str = "ltx") -> Resident:
    """Return the pipeline of this process."""
    with claimed(PRESETS[name], here, lambda: None) as found:
        return found


def first(path: Path) -> dict[KeyframePosition, Path]:
    return {KeyframePosition.FIRST: path}


def pair(begins: Path, ends: Path) -> dict[KeyframePosition, Path]:
    return {KeyframePosition.FIRST: begins, KeyframePosition.LAST: ends}
