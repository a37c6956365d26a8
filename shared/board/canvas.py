"""Pixels: smooth-edged fills, gradients, glows and stamped sketches. It knows nothing of scenes or light."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from shared.board.colour import RGB
from shared.board.geometry import Points

OVERSAMPLING = 3
"""Edges are drawn this many times larger and averaged: smooth, and a tenth of the cost of drawing all so."""

Stops = Sequence[tuple[float, RGB]]
"""Colours at places from 0.0 (top) to 1.0 (bottom), in rising order."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


class Canvas:
    """An RGB picture in the making. All coordinates are pixels, y down."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height))
        self.width = width
        self.height = height

    def fill(
        self, outlines: Sequence[Points], colour: RGB | Stops, *, alpha: float = 1.0, blur: float = 0.0
    ) -> None:
        """Fill outlines with one colour, or with a gradient from their top to their bottom.

        Args:
            alpha: opacity, 0.0-1.0.
            blur: softness of the edge, in pixels.
        """
        box = self._visible(outlines, margin=blur * 3)
        if box is None:
            return
        mask = _mask(outlines, box, 1 if blur > 3 else OVERSAMPLING)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        span = (0.0, 1.0) if isinstance(colour[0], int) else _vertical_span(outlines)
        self._cover(box, colour, mask, alpha, span=span)

    def gradient(self, stops: Stops, top: float, bottom: float) -> None:
        """Fill rows `top` to `bottom` over the whole width."""
        box = (0, max(0, round(top)), self.width, min(self.height, round(bottom)))
        if box[3] > box[1]:
            self.image.paste(vertical_gradient(stops, box, (top, bottom)), box)

    def glow(
        self, x: float, y: float, radius: float, colour: RGB, strength: float, *, squash: float = 1.0
    ) -> None:
        """Let light (or, with a dark colour, shade) fall off softly around a point.

        Args:
            radius: where nothing of it is left, in pixels.
            strength: opacity in the middle, 0.0-1.0.
            squash: height as a share of the width.
        """
        tall = radius * squash
        whole = (round(x - radius), round(y - tall), round(x + radius), round(y + tall))
        size = (whole[2] - whole[0], whole[3] - whole[1])
        box = self._clip(whole)
        if min(size) < 1 or box is None:
            return
        left, top, right, bottom = (
            (edge - whole[i % 2]) / size[i % 2] * _FALLOFF_SIZE for i, edge in enumerate(box)
        )
        shown = (box[2] - box[0], box[3] - box[1])
        mask = _falloff().resize(shown, Image.Resampling.BICUBIC, box=(left, top, right, bottom))
        self._cover(box, colour, mask, strength, span=(whole[1], whole[3]))

    def stamp(self, tile: Image.Image, x: int, y: int) -> None:
        """Lay an RGBA tile over the picture with its upper left corner at (x, y)."""
        self.image.paste(tile, (x, y), tile)

    def _cover(
        self, box: Box, colour: RGB | Stops, mask: Image.Image, alpha: float, span: tuple[float, float]
    ) -> None:
        if alpha < 1:
            mask = mask.point([round(level * alpha) for level in range(256)])
        if isinstance(colour[0], int):
            self.image.paste(colour, box, mask)  # type: ignore[arg-type]  # narrowed by its first item only
        else:
            self.image.paste(vertical_gradient(colour, box, span), box, mask)  # type: ignore[arg-type]  # as above

    def _visible(self, outlines: Sequence[Points], margin: float) -> Box | None:
        if not outlines:
            return None
        points = np.concatenate(outlines)
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        return self._clip((int(low[0]) - 1, int(low[1]) - 1, int(high[0]) + 2, int(high[1]) + 2))

    def _clip(self, box: Box) -> Box | None:
        left, top = max(0, box[0]), max(0, box[1])
        right, bottom = min(self.width, box[2]), min(self.height, box[3])
        return (left, top, right, bottom) if right > left and bottom > top else None


def vertical_gradient(stops: Stops, box: Box, span: tuple[float, float]) -> Image.Image:
    """Return the part within `box` of a gradient that runs over rows `span`."""
    rows = np.arange(box[1], box[3])
    share = (rows - span[0]) / max(span[1] - span[0], 1e-6)
    places = [place for place, _ in stops]
    column = np.stack(
        [np.interp(share, places, [colour[i] for _, colour in stops]) for i in range(3)], axis=1
    )
    strip = Image.fromarray(np.round(column).astype(np.uint8)[:, None, :], "RGB")
    return strip.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST)


def rim(alpha: Image.Image, shift_x: int, shift_y: int) -> Image.Image:
    """Return the edge of a tile's opacity that looks towards (-shift_x, -shift_y)."""
    inner = Image.new("L", alpha.size)
    inner.paste(alpha, (shift_x, shift_y))
    return ImageChops.subtract(alpha, inner)


def _mask(outlines: Sequence[Points], box: Box, oversampling: int) -> Image.Image:
    size = ((box[2] - box[0]) * oversampling, (box[3] - box[1]) * oversampling)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for outline in outlines:
        draw.polygon(((outline - box[:2]) * oversampling).ravel().tolist(), fill=255)
    return mask.reduce(oversampling) if oversampling > 1 else mask


def _vertical_span(outlines: Sequence[Points]) -> tuple[float, float]:
    return (min(float(o[:, 1].min()) for o in outlines), max(float(o[:, 1].max()) for o in outlines))


_FALLOFF_SIZE = 256


@cache
def _falloff() -> Image.Image:
    """Brightest in the middle, nothing at the inscribed circle, smooth at both ends."""
    axis = np.linspace(-1, 1, _FALLOFF_SIZE)
    distance = np.clip(np.hypot(axis[:, None], axis[None, :]), 0, 1)
    return Image.fromarray(np.round(255 * (1 - distance) ** 2.2).astype(np.uint8), "L")
