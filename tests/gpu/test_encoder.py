"""Who encodes a clip: the GPU where its encoder opens, x264 where it does not."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from structlog.testing import capture_logs

from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.nvenc import _tell, add_nvenc_stream, clip_encoder
from shared.h264 import add_h264_stream
from tests.gpu.conftest import SMALL, Still, first, nothing, quick


@pytest.fixture(autouse=True)
def _nothing_was_told() -> None:
    _tell.cache_clear()


def test_without_nvenc_clips_are_encoded_by_x264_and_that_is_told_once(
    here: Deployment, still: Still, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        for number in range(3):
            clip = tmp_path / f"{number}.mp4"
            Diffusers(quick("ltx"), here).render(SMALL, first(still("teal")), clip, nothing)

    told = [entry for entry in logs if entry["event"] == "encoder.fell_back"]
    assert [(entry["wanted"], entry["to"], entry["log_level"]) for entry in told] == [
        ("h264_nvenc", "libx264", "warning")
    ]
    with av.open(str(clip)) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_an_encoder_that_ffmpeg_was_built_without_is_no_error() -> None:
    assert clip_encoder(64, 48, 24, codec="h264_nobody") is add_h264_stream


def test_an_encoder_that_opens_is_taken() -> None:
    with capture_logs() as logs:
        assert clip_encoder(64, 48, 24, codec="libx264") is add_nvenc_stream
    assert [entry["event"] for entry in logs] == ["encoder.chosen"]


def test_a_stream_of_the_gpu_has_the_shape_of_all_others() -> None:
    with av.open(BytesIO(), "w", format="mp4") as container:
        theirs = add_nvenc_stream(container, width=64, height=48, fps=Fraction(24), crf=20).codec_context
        ours = add_h264_stream(container, width=64, height=48, fps=Fraction(24), crf=20).codec_context
        assert theirs.name == "h264_nvenc"
        for told in (
            "width",
            "height",
            "pix_fmt",
            "time_base",
            "gop_size",
            "color_range",
            "colorspace",
            "flags",
        ):
            assert getattr(theirs, told) == getattr(ours, told), told
