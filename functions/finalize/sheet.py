"""Lays all keyframes out on one page, each with its number, length and caption.

It knows pictures and text, not jobs or storage.
"""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from functions.finalize.lettering import Lettering
from shared.domain.errors import MediaCorrupt
from shared.domain.model import Record
from shared.probe import caption_rows, open_picture

PAPER, INK, FAINT, EDGE = "#faf8f4", "#1d1b18", "#8a857c", "#d9d4ca"

WIDTH = 1600
"""Of the page, in pixels."""

MARGIN, GUTTER = 64, 36

PICTURE_TO_TEXT = 12

TARGET_SHAPE = 4 / 3
"""Width to height the page comes as close to as its panels allow: it is looked at on screens."""

MAX_COLUMNS = 6
"""Beyond them a caption would have no room; the page grows downwards instead."""

CAPTION_LINES = 3

NARROWEST, WIDEST = 1 / 3, 3.0
"""Width to height of a panel's place; keyframes of stranger shapes are shown smaller within it."""


class Panel(Record):
    """One shot on the sheet."""

    keyframe: Path
    caption: str
    seconds: int


class _Grid(NamedTuple):
    columns: int
    picture: tuple[int, int]
    """Width and height of a panel's picture."""
    lettering: Lettering
    numbering: Lettering


def storyboard_sheet(title: str, panels: Sequence[Panel]) -> bytes:
    """Return a PNG 1600 pixels wide with all panels in order, in rows.

    A keyframe's own caption strip is cut off. Only one keyframe is in memory at a time.

    Args:
        title: of the video; empty leaves the heading to the count of shots.
        panels: at least one.

    Raises:
        MediaCorrupt: a keyframe cannot be decoded; names its shot.
    """
    first = _picture(panels[0], 0)
    grid = _grid(len(panels), first.width / first.height)
    captions = [grid.lettering.wrap(panel.caption, grid.picture[0], lines=CAPTION_LINES) for panel in panels]
    headline = Lettering(48, "Semibold")
    heading = headline.wrap(title, WIDTH - 2 * MARGIN, lines=2)
    tops = _tops(captions, MARGIN + len(heading) * headline.line + 64, grid)
    page = Image.new("RGB", (WIDTH, tops[-1] - GUTTER + MARGIN), PAPER)
    _draw_heading(page, headline, heading, panels)
    for place, (panel, caption) in enumerate(zip(panels, captions, strict=True)):
        down, across = divmod(place, grid.columns)
        corner = MARGIN + across * (grid.picture[0] + GUTTER), tops[down]
        _draw_picture(page, first if place == 0 else _picture(panel, place), corner, grid)
        _draw_text(page, place + 1, panel.seconds, caption, corner, grid)
    encoded = BytesIO()
    page.save(encoded, "PNG")
    return encoded.getvalue()


def _picture(panel: Panel, shot: int) -> Image.Image:
    try:
        picture = open_picture(panel.keyframe)
        caption = caption_rows(picture)
    except MediaCorrupt as error:
        raise MediaCorrupt(str(error), shot=shot) from error
    return picture.crop((0, 0, picture.width, picture.height - caption)) if caption else picture


def _grid(panels: int, shape: float) -> _Grid:
    """Choose the columns that bring the page closest to its target shape, with few places left empty."""
    shape = min(max(shape, NARROWEST), WIDEST)

    def of(columns: int) -> _Grid:
        width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) // columns
        size = max(18, min(26, width // 18))
        return _Grid(columns, (width, round(width / shape)), Lettering(size), Lettering(size, "Bold"))

    def ugliness(grid: _Grid) -> float:
        rows = -(-panels // grid.columns)
        height = 3 * MARGIN + rows * (grid.picture[1] + 3 * grid.lettering.line + GUTTER)
        return abs(math.log(WIDTH / height / TARGET_SHAPE)) + 1 - panels / (rows * grid.columns)

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
    seconds = sum(panel.seconds for panel in panels)
    summary = f"{_count(len(panels), 'shot')} · {_count(seconds, 'second')}"
    below = MARGIN + len(heading) * headline.line
    Lettering(24).write(pen, (MARGIN, below), [summary], FAINT)


def _draw_picture(page: Image.Image, picture: Image.Image, corner: tuple[int, int], grid: _Grid) -> None:
    """Draw a keyframe as large as its place allows; on dark ground where it has another shape."""
    (left, top), (width, height) = corner, grid.picture
    scale = min(width / picture.width, height / picture.height)
    size = _filled(picture.width * scale, width), _filled(picture.height * scale, height)
    shown = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    ImageDraw.Draw(page).rectangle((left - 1, top - 1, left + width, top + height), fill=INK, outline=EDGE)
    page.paste(shown, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))


def _draw_text(
    page: Image.Image,
    number: int,
    seconds: int,
    caption: Sequence[str],
    corner: tuple[int, int],
    grid: _Grid,
) -> None:
    pen, lettering = ImageDraw.Draw(page), grid.lettering
    left, top = corner[0], corner[1] + grid.picture[1] + PICTURE_TO_TEXT
    grid.numbering.write(pen, (left, top), [str(number)], INK)
    length = f"{seconds} s"
    lettering.write(pen, (left + grid.picture[0] - lettering.width(length), top), [length], FAINT)
    lettering.write(pen, (left, top + lettering.line), caption, INK)


def _filled(length: float, room: int) -> int:
    """Round a length, up to all the room if a pixel at most is missing, so that no hairline is left."""
    return room if length > room - 1.5 else max(1, round(length))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
