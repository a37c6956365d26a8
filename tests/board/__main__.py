"""`make contact-sheet`: draw all that the board can draw into docs/board.jpg; `--check` compares with it."""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.board.page import contact_sheet
from tests.board.scenes import sections

SHEET = Path(__file__).parents[2] / "docs" / "board.jpg"
QUALITY = 82
BLOCK = 8
"""Side of the squares that are compared, in pixels: those that compression works on."""
TOLERANCE = 16
"""Largest difference of a square's mean, 0-255 per channel, that compression may make."""


def main() -> int:
    """Write the sheet, or tell whether it shows the board as it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.board", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail where the sheet is out of date"
    )
    page = contact_sheet("What the storyboard draws", sections())
    if not parser.parse_args().check:
        page.save(SHEET, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        print(f"{SHEET}: {SHEET.stat().st_size // 1024} KiB")  # noqa: T201 - the answer of a command
        return 0
    if SHEET.exists() and shows(SHEET, page):
        return 0
    print(f"{SHEET} is out of date: make contact-sheet", file=sys.stderr)  # noqa: T201 - as above
    return 1


def shows(sheet: Path, page: Image.Image) -> bool:
    """Tell whether a compressed picture is one of that page."""
    with Image.open(sheet) as kept:
        if kept.size != page.size:
            return False
        one, other = (
            np.asarray(image.reduce(BLOCK), dtype=np.int16) for image in (kept.convert("RGB"), page)
        )
    return bool(np.abs(one - other).max() < TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
