"""Who encodes a clip: the GPU where its encoder works, x264 where it does not."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from structlog.testing import capture_logs

from functions.render.clip import check_clip
from functions.render.video_backends.diffusers import nvenc
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from shared.h264 import AddStream, add_h264_stream
from tests.gpu.conftest import SMALL, Still, first, nothing, quick


@pytest.fixture(autouse=True)
def _nothing_was_told() -> None:
    nvenc._tell.cache_clear()


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


def test_an_encoder_that_ffmpeg_was_built_without_is_no_error(
    here: Deployment, still: Still, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvenc, "NVENC", "h264_nobody")
    clip = tmp_path / "clip.mp4"
    with capture_logs() as logs:
        Diffusers(quick("ltx"), here).render(SMALL, first(still("teal")), clip, nothing)
    assert [entry["reason"] for entry in logs if entry["event"] == "encoder.fell_back"] == [
        "FFmpeg was built without it"
    ]
    check_clip(clip, SMALL)


def test_the_gpus_encoder_is_taken_where_it_works() -> None:
    asked: list[AddStream] = []
    nvenc.encode(asked.append)
    assert asked == [nvenc.add_nvenc_stream]


def test_a_clip_that_it_fails_at_half_way_is_written_anew_by_x264() -> None:
    tried: list[AddStream] = []

    def write(add_stream: AddStream) -> None:
        tried.append(add_stream)
        if add_stream is nvenc.add_nvenc_stream:
            raise av.error.ExternalError(1, "no more sessions")

    with capture_logs() as logs:
        nvenc.encode(write)

    assert tried == [nvenc.add_nvenc_stream, add_h264_stream]
    assert [entry["reason"] for entry in logs] == ["no more sessions"]


def test_a_stream_of_the_gpu_has_the_shape_of_all_others() -> None:
    with av.open(BytesIO(), "w", format="mp4") as container:
        theirs = nvenc.add_nvenc_stream(
            container, width=64, height=48, fps=Fraction(24), crf=20
        ).codec_context
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
