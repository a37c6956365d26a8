"""The contact sheet shows everything the board can draw, the same every time."""

from pathlib import Path

import pytest
from PIL import Image

from shared.board.inventory import LARGE, SMALL
from shared.board.scene import Angle, Framing, Place, TimeOfDay, Weather
from shared.board.shot import Shot, read_shot
from shared.board.wardrobe import Species
from tests.board.__main__ import shows
from tests.board.page import contact_sheet
from tests.board.scenes import Section, sections

SHEET = Path(__file__).parents[2] / "docs" / "board.jpg"
LARGEST = 600 * 1024


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    return [read_shot(cell.brief) for section in sections() for cell in section.cells]


def test_it_shows_every_place_light_framing_angle_kind_and_thing(shots: list[Shot]) -> None:
    assert {shot.place for shot in shots} == {*Place}
    assert {shot.time_of_day for shot in shots} == {*TimeOfDay}
    assert {shot.weather for shot in shots} == {*Weather}
    assert {shot.framing for shot in shots} == {*Framing}
    assert {shot.angle for shot in shots} == {*Angle}
    assert {look.species for shot in shots for look in (*shot.cast, *shot.swimmers)} == {*Species}
    held = {look.held[0].value for shot in shots for look in shot.cast if look.held}
    seen = held | {shot.prop for shot in shots}
    assert {*SMALL, *LARGE} - seen <= {"lighthouse", "house", "tree", "pine", "door"}
    assert sum(len(shot.cast) == 4 for shot in shots) >= 8


def test_it_tells_a_story_from_far_to_near_with_its_captions() -> None:
    story = sections()[-1]
    framings = {read_shot(cell.brief).framing for cell in story.cells}
    assert len(story.cells) >= 6
    assert len(framings) >= 4
    assert all(len(cell.label) > 12 for cell in story.cells)


def test_a_page_is_the_same_every_time_and_its_compression_is_recognised(tmp_path: Path) -> None:
    one = [Section("Angles", sections()[3].cells[:3])]
    page = contact_sheet("Board", one)
    assert page.tobytes() == contact_sheet("Board", one).tobytes()
    page.save(tmp_path / "page.jpg", quality=82)
    assert shows(tmp_path / "page.jpg", page)
    other = contact_sheet("Board", [Section("Angles", sections()[3].cells[3:6])])
    assert not shows(tmp_path / "page.jpg", other)


def test_the_sheet_that_is_checked_in_is_small_enough_for_a_page() -> None:
    assert SHEET.stat().st_size <= LARGEST
    with Image.open(SHEET) as sheet:
        assert sheet.width == 1760
