"""Pixels on clear sheets: smooth fills, gradients, glows, stamped sketches. It knows no scenes or light."""

from collections.abc import Sequence
from dataclasses import dataclass
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


CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True)
class Sheet:
    """One of the clear sheets that a picture is painted on."""

    image: Image.Image
    """RGBa: colours multiplied by alpha, so that pasting through a mask lays paint over paint or nothing."""
    begins: float
    """Nearness of the farthest that is painted on it."""


class Canvas:
    """A picture in the making, on sheets laid over each other. All coordinates are pixels, y down.

    Args:
        begins: nearness of the farthest that is painted on the first sheet.
    """

    def __init__(self, width: int, height: int, *, begins: float = 0.0) -> None:
        self.width = width
        self.height = height
        self.sheets: list[Sheet] = []
        self.lay(begins)

    def lay(self, begins: float) -> None:
        """Lay another clear sheet on top, and paint on it from now on; sheets are laid from far to near."""
        self.sheets.append(Sheet(Image.new("RGBa", (self.width, self.height), CLEAR), begins))
        self.image = self.sheets[-1].image

    def turn_to(self, nearness: float) -> None:
        """Paint on the sheet for what is that near, over what is on it and under nearer sheets."""
        self.image = [sheet for sheet in self.sheets if sheet.begins <= nearness][-1].image

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

    def gradient(self, stops: Stops, top: float, bottom: float, *, rows: tuple[float, float]) -> None:
        """Fill `rows` over the whole width; the colours run from row `top` to row `bottom` and then stay."""
        box = (0, max(0, round(rows[0])), self.width, min(self.height, round(rows[1])))
        if box[3] > box[1]:
            self.image.paste(vertical_gradient(stops, box, (top, bottom)), box)

    def cut(self, outlines: Sequence[Points]) -> None:
        """Take away what is painted within outlines on the present sheet."""
        box = self._visible(outlines, margin=0)
        if box is not None:
            self.image.paste(CLEAR, box, _mask(outlines, box, OVERSAMPLING))

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
        solid = tile.copy()
        solid.putalpha(255)
        self.image.paste(solid.convert("RGBa"), (x, y), tile)

    def _cover(
        self, box: Box, colour: RGB | Stops, mask: Image.Image, alpha: float, span: tuple[float, float]
    ) -> None:
        if alpha < 1:
            mask = mask.point(np.round(np.arange(256) * alpha).astype(int).tolist())
        if isinstance(colour[0], int):
            # An image and not a bare colour: Pillow gives a bare one in full to pixels that are clear so far.
            paint = Image.new("RGBa", mask.size, (*colour, 255))
        else:
            paint = vertical_gradient(colour, box, span)  # type: ignore[arg-type]  # as above
        self.image.paste(paint, box, mask)

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
    opaque = np.column_stack([np.round(column), np.full(len(rows), 255)]).astype(np.uint8)
    strip = Image.frombuffer("RGBa", (1, len(rows)), opaque.tobytes())
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
