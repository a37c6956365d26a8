"""Makes the layers of a still out of painted sheets. It must not know what is painted on them."""

from collections.abc import Iterator
from math import ceil

from PIL import Image, ImageFilter

from shared.board.canvas import Canvas
from shared.layers import Layer

MARGIN = 0.1
"""Share of width and height that is painted beyond each edge of the still, for a camera to discover."""

FAINT = 4
"""Alpha below which a colour multiplied by it is too coarse to be told again."""

COARSER = 4
"""How many times smaller the picture is from which clear pixels take colours; see `_straight`."""


def margins(width: int, height: int, softness: int = 1) -> tuple[int, int]:
    """Return how many columns and rows are painted beyond each edge: multiples of `softness`."""
    return (ceil(MARGIN * width / softness) * softness, ceil(MARGIN * height / softness) * softness)


def canvas_with_margins(width: int, height: int, *, softness: int = 1, begins: float = 0.0) -> Canvas:
    """Return a clear canvas for a still of that size and what lies around it, `softness` times smaller."""
    across, down = margins(width, height, softness)
    return Canvas(ceil((width + 2 * across) / softness), ceil((height + 2 * down) / softness), begins=begins)


def layers_of(
    canvas: Canvas, corner: tuple[int, int], *, ends: float, softness: int = 1, blur: float = 0.0
) -> Iterator[Layer]:
    """Yield the sheets that something is painted on, the farthest first.

    A layer moves like what lies halfway between where its sheet begins and where the next one does.

    Args:
        corner: column and row of the still's upper left corner, in pixels of the still.
        ends: nearness at which the nearest sheet ends.
        softness: how many times larger than the canvas the still is.
        blur: radius in pixels of the canvas.
    """
    nexts = [*(sheet.begins for sheet in canvas.sheets[1:]), ends]
    for sheet, after in zip(canvas.sheets, nexts, strict=True):
        image = sheet.image.filter(ImageFilter.GaussianBlur(blur)) if blur else sheet.image
        box = image.getbbox()
        if box is None:
            continue
        if softness > 1:
            box = _grown(box, canvas)
        left, top = (box[i] * softness - corner[i] for i in range(2))
        yield Layer(_straight(image.crop(box)), left, top, (sheet.begins + after) / 2, softness)


def _grown(box: tuple[int, int, int, int], canvas: Canvas) -> tuple[int, int, int, int]:
    """Let soft edges run out to nothing."""
    reach = 3
    return (
        max(0, box[0] - reach),
        max(0, box[1] - reach),
        min(canvas.width, box[2] + reach),
        min(canvas.height, box[3] + reach),
    )


def _straight(image: Image.Image) -> Image.Image:
    """Divide colours by alpha. Clear pixels get the colours around them, lest resizing bring dark fringes.

    Where there are none within a few pixels, those of a coarser picture serve, and so on.
    """
    straight = image.convert("RGBA")
    alpha = straight.getchannel("A")
    if alpha.getextrema()[0] >= FAINT or min(image.size) == 1:  # type: ignore[operator]  # one band, one pair
        return straight
    coarse = _straight(image.reduce(COARSER))
    around = coarse.resize((coarse.width * COARSER, coarse.height * COARSER), Image.Resampling.NEAREST)
    straight.paste(around.crop((0, 0, *image.size)), (0, 0), alpha.point([255] * FAINT + [0] * (256 - FAINT)))
    straight.putalpha(alpha)
    return straight
