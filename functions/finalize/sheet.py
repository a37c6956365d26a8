"""Lays all shots out on one page, each with a picture, its number, length and caption.

It knows pictures and text, not jobs or storage.
"""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from functions.finalize.lettering import Lettering
from functions.finalize.thumbnail import without_caption
from shared.domain.errors import MediaCorrupt
from shared.domain.model import Record

PAPER, INK, FAINT, EDGE = "#faf8f4", "#1d1b18", "#8a857c", "#d9d4ca"

WIDTH = 1600
"""Of the page, in pixels; less where pictures would be taller than TALLEST."""

TALLEST = 1100
"""Pixels of one picture: a page with a single upright one would need scrolling."""

MARGIN, GUTTER = 64, 36

PICTURE_TO_TEXT = 12

TARGET_SHAPE = 4 / 3
"""Width to height the page comes as close to as its panels allow: it is looked at on screens."""

MAX_COLUMNS = 6
"""Beyond them a caption would have no room; the page grows downwards instead."""

CAPTION_LINES = 3

NARROWEST, WIDEST = 1 / 3, 3.0
"""Width to height of a panel's place; pictures of stranger shapes are shown smaller within it."""


class Panel(Record):
    """One shot on the sheet, or how the last one ends."""

    picture: Path
    """A keyframe, or a frame of the shot's clip."""
    caption: str
    seconds: int | None
    """None: it is no shot of its own, so it has no number either."""


class _Grid(NamedTuple):
    columns: int
    picture: tuple[int, int]
    """Width and height of a panel's picture."""
    lettering: Lettering
    numbering: Lettering

    @property
    def width(self) -> int:
        """Of the page, in pixels."""
        used = 2 * MARGIN + self.columns * (self.picture[0] + GUTTER) - GUTTER
        return WIDTH if WIDTH - used < self.columns else used


def storyboard_sheet(title: str, panels: Sequence[Panel]) -> bytes:
    """Return a PNG, 1600 pixels wide or narrower, with all panels in order, in rows.

    A keyframe's own caption strip is cut off. Two pictures at most are in memory at a time.

    Args:
        title: of the video; empty leaves the heading to the count of shots.
        panels: at least one; those of shots first.

    Raises:
        MediaCorrupt: a picture cannot be decoded; names its shot.
    """
    first = _picture(panels, 0)
    grid = _grid(len(panels), first.width / first.height)
    captions = [grid.lettering.wrap(panel.caption, grid.picture[0], lines=CAPTION_LINES) for panel in panels]
    headline = Lettering(48, "Semibold")
    heading = headline.wrap(title, grid.width - 2 * MARGIN, lines=2)
    tops = _tops(captions, MARGIN + len(heading) * headline.line + 64, grid)
    page = Image.new("RGB", (grid.width, tops[-1] - GUTTER + MARGIN), PAPER)
    _draw_heading(page, headline, heading, panels)
    for place, (panel, caption) in enumerate(zip(panels, captions, strict=True)):
        down, across = divmod(place, grid.columns)
        corner = MARGIN + across * (grid.picture[0] + GUTTER), tops[down]
        _draw_picture(page, first if place == 0 else _picture(panels, place), corner, grid)
        below = corner[0], corner[1] + grid.picture[1] + PICTURE_TO_TEXT
        if panel.seconds is not None:
            _draw_numbers(page, place + 1, panel.seconds, below, grid)
            below = below[0], below[1] + grid.lettering.line
        grid.lettering.write(ImageDraw.Draw(page), below, caption, INK)
    encoded = BytesIO()
    page.save(encoded, "PNG")
    return encoded.getvalue()


def _picture(panels: Sequence[Panel], place: int) -> Image.Image:
    try:
        return without_caption(panels[place].picture)
    except MediaCorrupt as error:
        raise MediaCorrupt(str(error), shot=min(place, len(_shots(panels)) - 1)) from error


def _shots(panels: Sequence[Panel]) -> list[int]:
    """Return the lengths of the shots, in seconds."""
    return [panel.seconds for panel in panels if panel.seconds is not None]


def _grid(panels: int, shape: float) -> _Grid:
    """Choose the columns that bring the page closest to its target shape, with few places left empty."""
    shape = min(max(shape, NARROWEST), WIDEST)

    def of(columns: int) -> _Grid:
        width = min((WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) // columns, round(TALLEST * shape))
        size = max(18, min(26, width // 18))
        return _Grid(columns, (width, round(width / shape)), Lettering(size), Lettering(size, "Bold"))

    def ugliness(grid: _Grid) -> float:
        rows = -(-panels // grid.columns)
        height = 3 * MARGIN + rows * (grid.picture[1] + 3 * grid.lettering.line + GUTTER)
        return abs(math.log(grid.width / height / TARGET_SHAPE)) + 1 - panels / (rows * grid.columns)

    return min((of(columns) for columns in range(1, min(panels, MAX_COLUMNS) + 1)), key=ugliness)


def _tops(captions: Sequence[Sequence[str]], top: int, grid: _Grid) -> list[int]:
    """Return where each row begins, and after them where another one would."""
    tops = [top]
    for start in range(0, len(captions), grid.columns):
        lines = 1 + max(len(caption) for caption in captions[start : start + grid.columns])
        text = PICTURE_TO_TEXT + lines * grid.lettering.line
        tops.append(tops[-1] + grid.picture[1] + text + GUTTER)
    return tops


def _draw_heading(
    page: Image.Image, headline: Lettering, heading: Sequence[str], panels: Sequence[Panel]
) -> None:
    pen = ImageDraw.Draw(page)
    headline.write(pen, (MARGIN, MARGIN - 8), heading, INK)
    shots = _shots(panels)
    summary = f"{_count(len(shots), 'shot')} · {_count(sum(shots), 'second')}"
    below = MARGIN + len(heading) * headline.line
    Lettering(24).write(pen, (MARGIN, below), [summary], FAINT)


def _draw_picture(page: Image.Image, picture: Image.Image, corner: tuple[int, int], grid: _Grid) -> None:
    """Draw a picture as large as its place allows; on dark ground where it has another shape."""
    (left, top), (width, height) = corner, grid.picture
    scale = min(width / picture.width, height / picture.height)
    size = _filled(picture.width * scale, width), _filled(picture.height * scale, height)
    shown = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    ImageDraw.Draw(page).rectangle((left - 1, top - 1, left + width, top + height), fill=INK, outline=EDGE)
    page.paste(shown, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))


def _draw_numbers(page: Image.Image, number: int, seconds: int, corner: tuple[int, int], grid: _Grid) -> None:
    """Draw a shot's number and length on one line, at either end of it."""
    pen, (left, top) = ImageDraw.Draw(page), corner
    grid.numbering.write(pen, corner, [str(number)], INK)
    length = f"{seconds} s"
    right = left + grid.picture[0] - grid.lettering.width(length)
    grid.lettering.write(pen, (right, top), [length], FAINT)


def _filled(length: float, room: int) -> int:
    """Round a length, up to all the room if a pixel at most is missing, so that no hairline is left."""
    return room if length > room - 1.5 else max(1, round(length))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
