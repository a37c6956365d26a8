"""The village, the kitchen and the spaceship, which the general tests of places do not name."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.board.brief import Brief
from shared.board.picture import paint, paint_layers
from shared.board.scene import Place, TimeOfDay, Weather
from shared.board.shot import read_shot

NEW = (Place.VILLAGE, Place.KITCHEN, Place.SPACESHIP)
SHAPES = ((160, 90), (90, 160), (90, 90))


def pixels(prompt: str, size: tuple[int, int] = (160, 90), seed: int = 4) -> NDArray[np.int16]:
    return np.asarray(paint(read_shot(Brief(prompt=prompt, seed=seed)), *size), dtype=np.int16)


@pytest.mark.parametrize("place", NEW)
@pytest.mark.parametrize("size", SHAPES)
def test_every_time_framing_and_angle_makes_its_own_picture(place: Place, size: tuple[int, int]) -> None:
    cameras = ("Wide shot", "Extreme wide shot", "Low-angle wide shot", "High-angle wide shot", "Close-up")
    by_camera = {pixels(f"{camera}, {place} by day.", size).tobytes() for camera in cameras}
    assert len(by_camera) == len(cameras)


@pytest.mark.parametrize("place", Place)
def test_a_still_of_any_place_has_at_most_six_layers_and_no_hole(place: Place) -> None:
    for angle in ("", "Low-angle ", "High-angle "):
        shot = read_shot(Brief(prompt=f"{angle}wide shot, {place} at dusk, rain.", seed=2))
        layers = paint_layers(shot, 160, 90)
        assert 1 < len(layers) <= 6
        assert layers[0].picture.getchannel("A").getextrema() == (255, 255)


def test_the_village_and_the_kitchen_are_darker_at_night_and_a_ship_in_space_is_not() -> None:
    for place, darker in ((Place.VILLAGE, True), (Place.KITCHEN, True), (Place.SPACESHIP, False)):
        day, night = (
            pixels(f"wide shot, {place} at {when}.").mean() for when in (TimeOfDay.DAY, TimeOfDay.NIGHT)
        )
        assert (night < day * 0.8) == darker


def test_snow_lies_on_a_village() -> None:
    clear, snow = (pixels(f"wide shot, village by day, {it}.")[-20:] for it in (Weather.CLEAR, Weather.SNOW))
    assert snow.min(axis=-1).mean() > clear.min(axis=-1).mean() + 40


@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW])
def test_no_weather_comes_into_a_kitchen_or_a_ship(weather: Weather) -> None:
    floor = slice(-16, None)
    for place in (Place.KITCHEN, Place.SPACESHIP):
        shot = read_shot(Brief(prompt=f"wide shot, {place} by day.", seed=4))
        dry, wet = (
            np.asarray(paint(replace(shot, weather=it), 160, 90))[floor] for it in (Weather.CLEAR, weather)
        )
        likeness = np.corrcoef(dry.ravel(), wet.ravel())[0, 1]
        assert likeness > 0.98


@pytest.mark.parametrize("place", NEW)
def test_one_job_keeps_its_place_and_another_has_its_own(place: Place) -> None:
    prompt = f"wide shot, {place} by day."
    assert (pixels(prompt) == pixels(prompt)).all()
    others = [pixels(prompt, seed=seed) for seed in range(5, 11)]
    assert any((np.abs(pixels(prompt) - other) > 24).mean() > 0.02 for other in others)
