"""Lays sections of pictures out on one page. It knows no scene by name."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from functions.finalize.lettering import Lettering
from shared.board.picture import paint
from shared.board.shot import read_shot
from tests.board.scenes import Cell, Section

PAPER, INK, FAINT, GROUND = "#faf8f4", "#1d1b18", "#6f6a62", "#e6e1d8"

WIDTH = 1760
"""Of the page, in pixels."""
MARGIN, GUTTER, COLUMNS = 40, 10, 8
CELL = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) // COLUMNS
PICTURE = (CELL, round(CELL * 9 / 16))
LABEL_LINES = 2
SCALE = 2
"""Pictures are painted so many times larger and shrunk: faces are not drawn in so small ones."""


def contact_sheet(title: str, sections: Sequence[Section]) -> Image.Image:
    """Return the page: RGB, 1760 pixels wide, as high as it has to be."""
    headline, heading, label = Lettering(34, "Semibold"), Lettering(22, "Semibold"), Lettering(14)
    rows = [_row(section, label) for section in sections]
    counts = [-(-len(section.cells) // COLUMNS) for section in sections]
    tall = 2 * MARGIN + headline.line
    tall += sum(heading.line + 18 + count * row for count, row in zip(counts, rows, strict=True))
    page = Image.new("RGB", (WIDTH, tall), PAPER)
    pen = ImageDraw.Draw(page)
    headline.write(pen, (MARGIN, MARGIN - 10), [title], INK)
    top = MARGIN + headline.line
    for section, count, row in zip(sections, counts, rows, strict=True):
        heading.write(pen, (MARGIN, top + 8), [section.title], INK)
        top += heading.line + 18
        for place, cell in enumerate(section.cells):
            down, across = divmod(place, COLUMNS)
            _draw_cell(page, cell, (MARGIN + across * (CELL + GUTTER), top + down * row), label)
        top += count * row
    return page


def _row(section: Section, label: Lettering) -> int:
    """From one row of a section to the next, in pixels."""
    lines = max(len(label.wrap(cell.label, CELL, lines=LABEL_LINES)) for cell in section.cells)
    return PICTURE[1] + 4 + lines * label.line + GUTTER


def _draw_cell(page: Image.Image, cell: Cell, corner: tuple[int, int], label: Lettering) -> None:
    (left, top), pen = corner, ImageDraw.Draw(page)
    pen.rectangle((left, top, left + PICTURE[0] - 1, top + PICTURE[1] - 1), fill=GROUND)
    wide, high = cell.shape
    scale = min(PICTURE[0] / wide, PICTURE[1] / high)
    size = round(wide * scale), round(high * scale)
    picture = paint(read_shot(cell.brief), size[0] * SCALE, size[1] * SCALE)
    shown = picture.resize(size, Image.Resampling.LANCZOS)
    page.paste(shown, (left + (PICTURE[0] - size[0]) // 2, top + (PICTURE[1] - size[1]) // 2))
    label.write(pen, (left, top + PICTURE[1] + 4), label.wrap(cell.label, CELL, lines=LABEL_LINES), FAINT)
