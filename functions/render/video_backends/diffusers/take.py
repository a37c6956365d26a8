"""What a model is asked for, made from what a clip is asked to be. It knows presets and stills, not torch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from PIL import Image

from functions.render.video_backends import ClipRequest, Stills
from functions.render.video_backends.diffusers.canvas import Canvas, canvas_of, lay_on
from functions.render.video_backends.diffusers.frames import Timeline, plan_frames
from functions.render.video_backends.diffusers.presets import Preset
from functions.render.video_backends.wording import check_prompt, worded
from shared.domain.capabilities import KeyframeMode, KeyframePosition
from shared.domain.errors import BackendFailed, as_sent

SEEDS = 2**63
"""How many seeds torch's generators take."""


@dataclass(frozen=True)
class Take:
    """One clip, in a model's own terms."""

    prompt: str
    negative_prompt: str
    """Empty where the model reads none."""
    canvas: Canvas
    timeline: Timeline
    pictures: Mapping[int, Image.Image]
    """The keyframes, of the canvas's size, by the rendered frame that each is to be."""
    seed: int


def prepare(preset: Preset, request: ClipRequest, stills: Stills) -> Take:
    """Put a request into a model's terms.

    Raises:
        BackendFailed: the model cannot do it, whatever the attempt.
        MediaCorrupt: a still cannot be decoded.
    """
    check_places(preset, stills)
    check_prompt(request, preset.offers)
    canvas = canvas_of(request.width, request.height, preset.side_multiple)
    timeline = plan_frames(request, preset.frames, stills)
    unwanted = ", ".join(part for part in (request.negative_prompt, preset.negative_prompt) if part)
    return Take(
        prompt=worded(request, says_what_is_unwanted=not preset.reads_negative_prompt),
        negative_prompt=unwanted if preset.reads_negative_prompt else "",
        canvas=canvas,
        timeline=timeline,
        pictures={timeline.frame_of(place): lay_on(canvas, still) for place, still in stills.items()},
        seed=request.seed % SEEDS,
    )


def check_places(preset: Preset, places: Collection[KeyframePosition]) -> None:
    """Refuse keyframes where the model would ignore them: a clip without them is not what was asked for.

    Raises:
        BackendFailed: names what the model takes.
    """
    modes = preset.offers.keyframes
    match sorted(places):
        case []:
            permitted = KeyframeMode.NONE in modes
        case [only]:
            permitted = only in preset.offers.keyframe_positions
        case _:
            permitted = KeyframeMode.PAIR in modes and {*places} == {
                KeyframePosition.FIRST,
                KeyframePosition.LAST,
            }
    if not permitted:
        given = " and ".join(sorted(places)) or "none"
        raise BackendFailed(
            f"{preset.name} cannot render from these keyframes: {given}; its modes are"
            f" {', '.join(map(as_sent, modes))}, a single keyframe stands"
            f" {' or '.join(map(as_sent, preset.offers.keyframe_positions))}"
        )
