"""Turns a sketch into pixels under a light: smooth edges, soft shading, edge light. It knows no scene."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shared.board.canvas import Box, Canvas, rim
from shared.board.colour import RGB
from shared.board.sketch import Sketch

LARGEST_TILE = 1_100_000
"""Pixels of a tile up to which edges are averaged from 3 x 3; larger ones from 2 x 2, to bound memory."""


@dataclass(frozen=True)
class Veil:
    """How the light changes a sketch."""

    recolour: Callable[[RGB], RGB]
    shading: float = 0.0
    """How much darker the side away from the light is, 0.0-1.0."""
    rim_colour: RGB = (255, 255, 255)
    rim_strength: float = 0.0
    """Opacity of the edge light, 0.0-1.0."""
    light_from: int = 1
    """-1: the light comes from the left; 1: from the right."""


def draw_sketch(canvas: Canvas, sketch: Sketch, feet: tuple[float, float], unit: float, veil: Veil) -> None:
    """Draw a sketch whose origin is at pixel `feet`; `unit` is the length of one of its units in pixels."""
    left, bottom, right, top = sketch.bounds()
    whole = (feet[0] + left * unit, feet[1] - top * unit, feet[0] + right * unit, feet[1] - bottom * unit)
    box = (
        max(0, int(whole[0]) - 1),
        max(0, int(whole[1]) - 1),
        min(canvas.width, int(whole[2]) + 2),
        min(canvas.height, int(whole[3]) + 2),
    )
    if box[2] <= box[0] or box[3] <= box[1]:
        return
    tile = _tile(sketch, box, feet, unit, veil)
    if veil.shading:
        tile = _shaded(tile, (whole[0] - box[0], whole[2] - box[0]), veil)
    if veil.rim_strength:
        tile = _rimmed(tile, unit, veil)
    canvas.stamp(tile, box[0], box[1])


def _tile(sketch: Sketch, box: Box, feet: tuple[float, float], unit: float, veil: Veil) -> Image.Image:
    width, height = box[2] - box[0], box[3] - box[1]
    times = 3 if width * height <= LARGEST_TILE / 9 * 3 else 2
    tile = Image.new("RGBA", (width * times, height * times))
    draw = ImageDraw.Draw(tile)
    for shape in sketch.shapes:
        corner = ((feet[0] - box[0]) * times, (feet[1] - box[1]) * times)
        pixels = shape.points * (unit * times, -unit * times) + corner
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if high[0] < 0 or high[1] < 0 or low[0] > tile.width or low[1] > tile.height:
            continue
        colour = shape.colour if shape.glows else veil.recolour(shape.colour)
        draw.polygon(pixels.ravel().tolist(), fill=(*colour, 255))
    return tile.reduce(times)


def _shaded(tile: Image.Image, span: tuple[float, float], veil: Veil) -> Image.Image:
    share = np.clip((np.arange(tile.width) - span[0]) / max(span[1] - span[0], 1.0), 0, 1)
    if veil.light_from > 0:
        share = 1 - share
    ramp = np.clip((share - 0.3) / 0.6, 0, 1)
    row = np.round(255 * veil.shading * ramp * ramp * (3 - 2 * ramp)).astype(np.uint8)[None, :]
    mask = Image.fromarray(row, "L").resize(tile.size, Image.Resampling.NEAREST)
    alpha = tile.getchannel("A")
    solid = tile.convert("RGB")
    solid.paste((14, 14, 34), (0, 0), mask)
    solid.putalpha(alpha)
    return solid


def _rimmed(tile: Image.Image, unit: float, veil: Veil) -> Image.Image:
    alpha = tile.getchannel("A")
    width = max(1, round(min(unit * 0.011, tile.height * 0.008 + 1)))
    edge = rim(alpha, -veil.light_from * width, round(width * 0.6))
    if width > 2:
        edge = edge.filter(ImageFilter.BoxBlur(0.5))
    edge = edge.point([round(level * veil.rim_strength) for level in range(256)])
    lit = tile.convert("RGB")
    lit.paste(veil.rim_colour, (0, 0), edge)
    lit.putalpha(alpha)
    return lit
