"""Stills, flat and in layers, and what comes out when clips of them are rendered, measured."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.animatic import Animatic
from functions.render.video_backends.camera import Move
from functions.render.video_backends.scene import arrange
from shared.domain.capabilities import KeyframePosition
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.layers import Layer, add_layers, flatten

FIRST, MIDDLE, LAST = KeyframePosition
WIDTH, HEIGHT, FPS, SECONDS = 192, 108, 12, 2
FRAMES = FPS * SECONDS
MARGIN = 0.1
"""Share of the still by which layers go on beyond each of its edges."""

SPOKEN = {
    Move.PUSH: "push in",
    Move.PULL: "pull back",
    Move.PAN_LEFT: "pan left",
    Move.PAN_RIGHT: "pan right",
    Move.TILT_UP: "tilt up",
    Move.TILT_DOWN: "tilt down",
}

Brightness = NDArray[np.float64]
"""(height, width), limited range: 16 to 235."""


def a_request(prompt: str = "push in", **changes: Any) -> ClipRequest:  # noqa: ANN401 - any field
    asked = ClipRequest(prompt=prompt, seconds=SECONDS, width=WIDTH, height=HEIGHT, fps=FPS, seed=3)
    return asked.evolve(**changes)


def a_picture(width: int = WIDTH, height: int = HEIGHT, colour: str = "#c03020") -> Image.Image:
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((width // 4, height // 4, width // 2, height // 2), fill=colour)
    pen.rectangle((width * 5 // 8, height // 3, width * 3 // 4, height * 2 // 3), fill="#2050c0")
    return picture


def captioned(picture: Image.Image, rows: int, text: str = "3  A caption") -> Image.Image:
    """Write a caption over the lowest rows."""
    width, height = picture.size
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height - rows, width, height), fill="black")
    pen.text((8, height - rows + 3), text, fill="white")
    return picture


def a_spot(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """One soft bright spot on black, whose middle can be measured to a hundredth of a pixel."""
    down, across = np.mgrid[:height, :width]
    distance = (across - width / 2) ** 2 + (down - height / 2) ** 2
    spot = (255 * np.exp(-distance / (2 * 12.0**2))).round().astype(np.uint8)
    return Image.fromarray(spot).convert("RGB")


def some_layers(width: int = WIDTH, height: int = HEIGHT) -> tuple[Layer, ...]:
    """A sky, hills, a ground and somebody on it; all but the last go on beyond the edges."""
    left, top = round(width * MARGIN), round(height * MARGIN)
    around = width + 2 * left, height + 2 * top

    def spread(nearness: float, draw: Callable[[ImageDraw.ImageDraw], None], sky: str | None = None) -> Layer:
        picture = Image.new("RGBA", around, sky or (0, 0, 0, 0))
        draw(ImageDraw.Draw(picture))
        box = picture.getbbox() or (0, 0, *around)
        return Layer(picture.crop(box), box[0] - left, box[1] - top, nearness)

    sun = (width * 0.7, height * 0.2, width * 0.8, height * 0.4)
    peaks = [(0, height * 0.7), (width * 0.4, height * 0.45), (width * 0.8, height * 0.65), (around[0], 60)]
    body = Image.new("RGBA", (width // 8, height // 2), "#c02020")
    return (
        spread(0.0, lambda pen: pen.ellipse(sun, fill="#ffe080"), "#5070a0"),
        spread(0.3, lambda pen: pen.polygon([*peaks, around, (0, around[1])], fill="#406050")),
        spread(0.7, lambda pen: pen.rectangle((0, height * 0.85, *around), fill="#a08060")),
        Layer(body, round(width * 0.4), round(height * 0.4), 1.0),
    )


def saved(
    picture: Image.Image,
    folder: Path,
    caption_rows: str | None = None,
    layers: Sequence[Layer] = (),
    name: str = "keyframe.png",
) -> Path:
    chunks = PngInfo()
    add_layers(chunks, layers)
    if caption_rows is not None:
        chunks.add_text(CAPTION_STRIP_KEY, caption_rows)
    picture.save(folder / name, pnginfo=chunks)
    return folder / name


def saved_layers(folder: Path, rows: int = 0, name: str = "layered.png") -> Path:
    """Save a still of `some_layers`, with a caption of so many rows."""
    layers = some_layers(height=HEIGHT - rows)
    whole = flatten(layers, (WIDTH, HEIGHT))
    return saved(captioned(whole, rows) if rows else whole, folder, str(rows), layers, name)


def render(
    folder: Path, stills: Path | Mapping[KeyframePosition, Path], request: ClipRequest | None = None
) -> Path:
    """Render a clip; a path alone is the still at its first frame."""
    clip = folder / "clip.mp4"
    placed = {FIRST: stills} if isinstance(stills, Path) else stills
    Animatic().render(request or a_request(), placed, clip, lambda _done: None)
    return clip


def painted(stills: Mapping[KeyframePosition, Path], request: ClipRequest) -> list[Brightness]:
    """Return the frames as they go to the encoder, which leaves out what hardly changes."""
    scene = arrange(request, stills)
    frames = [np.zeros((request.height, request.width), np.uint8) for _ in range(scene.timeline.frames)]
    colour = np.zeros((2, request.height // 2, request.width // 2), np.uint8)
    for number, frame in enumerate(frames):
        scene.paint(number, (frame, *colour))
    return [frame.astype(float) for frame in frames]


def brightness(clip: Path) -> list[Brightness]:
    with av.open(str(clip)) as container:
        return [frame.to_ndarray()[: frame.height].astype(float) for frame in container.decode(video=0)]


def brightness_of(still: Path | Image.Image) -> Brightness:
    """Source: BT.709's weights."""
    picture = np.asarray(Image.open(still) if isinstance(still, Path) else still, np.float64)
    result: Brightness = 16 + picture @ (0.2126, 0.7152, 0.0722) * 219 / 255
    return result


def likeness(one: Brightness, other: Brightness) -> float:
    """Return the peak signal-to-noise ratio, in dB; above 35 two pictures look the same."""
    return float(10 * np.log10(255**2 / max(1e-9, ((one - other) ** 2).mean())))


def change(one: Brightness, other: Brightness) -> float:
    """Return the mean difference of brightness."""
    return float(abs(one - other).mean())
