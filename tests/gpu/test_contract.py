"""The promise of every video backend, kept by an open-weight model too."""

from pathlib import Path

import pytest
from PIL import Image

from functions.render.video_backends import Stills
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from tests.contract.film import Clip, Film
from tests.contract.kinds import SMALL
from tests.contract.test_video_backends import (
    test_a_clip_is_exactly_what_was_asked_for_from_words_from_a_keyframe_and_from_two,
)
from tests.gpu.conftest import nothing, quick

__all__ = ["test_a_clip_is_exactly_what_was_asked_for_from_words_from_a_keyframe_and_from_two"]


@pytest.fixture
def keyframe(tmp_path: Path) -> Path:
    path = tmp_path / "keyframe.png"
    Image.new("RGB", (320, 180), "teal").save(path)
    return path


@pytest.fixture
def film(here: Deployment, tmp_path: Path) -> Film:
    def film(stills: Stills) -> Clip:
        file = tmp_path / "clip.mp4"
        Diffusers(quick("ltx"), here).render(SMALL, stills, file, nothing)
        return Clip(SMALL, file)

    return film
