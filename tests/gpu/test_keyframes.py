"""Which keyframes guide which model, and that none is taken and then ignored."""

from collections.abc import Callable
from pathlib import Path

import pytest

from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.presets import PRESETS, Preset
from shared.domain.capabilities import KeyframeMode, KeyframePosition
from shared.domain.errors import BackendFailed, MediaCorrupt, OperationFailed
from tests.gpu.conftest import SMALL, Still, first, nothing, pair, quick
from tests.gpu.pixels import Film, differ

FROM_PAIRS = [name for name, preset in PRESETS.items() if KeyframeMode.PAIR in preset.offers.keyframes]
OTHERS = [name for name in PRESETS if name not in FROM_PAIRS]
WORDS_ONLY = [name for name, preset in PRESETS.items() if KeyframeMode.NONE in preset.offers.keyframes]
NEEDY = [name for name in PRESETS if name not in WORDS_ONLY]
PLACES = [(name, place) for name, preset in PRESETS.items() for place in preset.offers.keyframe_positions]

FilmOf = Callable[[Preset, dict[KeyframePosition, Path]], Film]


@pytest.fixture
def film_of(here: Deployment, films: list[Film], tmp_path: Path) -> FilmOf:
    def film(preset: Preset, stills: dict[KeyframePosition, Path]) -> Film:
        Diffusers(preset, here).render(SMALL, stills, tmp_path / "clip.mp4", nothing)
        return films[-1]

    return film


def offering(preset: Preset, *modes: KeyframeMode) -> Preset:
    return preset.evolve(offers=preset.offers.evolve(keyframes=(*preset.offers.keyframes, *modes)))


def test_some_presets_take_pairs_and_some_do_not() -> None:
    assert FROM_PAIRS == ["ltx", "wan_14b"]
    assert OTHERS == ["wan_5b"]


@pytest.mark.parametrize("name", FROM_PAIRS)
def test_the_last_keyframe_of_a_pair_matters(film_of: FilmOf, still: Still, name: str) -> None:
    red_to_blue = film_of(quick(name), pair(still("red"), still("blue")))
    red_to_white = film_of(quick(name), pair(still("red"), still("white")))
    only_red = film_of(quick(name), first(still("red")))

    assert differ(red_to_blue, red_to_white)
    assert differ(red_to_blue, only_red)


@pytest.mark.parametrize("name", PRESETS)
def test_the_first_keyframe_matters(film_of: FilmOf, still: Still, name: str) -> None:
    red, white = (film_of(quick(name), first(still(colour))) for colour in ("red", "white"))
    assert differ(red, white)


@pytest.mark.parametrize("name", OTHERS)
def test_a_model_that_ignores_the_last_keyframe_is_refused_a_pair(
    film_of: FilmOf, still: Still, name: str
) -> None:
    with pytest.raises(BackendFailed, match="cannot render from these keyframes: first and last"):
        film_of(quick(name), pair(still("red"), still("blue")))


@pytest.mark.parametrize("name", OTHERS)
def test_weights_that_would_ignore_the_last_keyframe_are_not_loaded_for_a_preset_that_offers_pairs(
    film_of: FilmOf, still: Still, name: str
) -> None:
    with pytest.raises(OperationFailed, match="of a model that ignores last keyframes"):
        film_of(offering(quick(name), KeyframeMode.PAIR), pair(still("red"), still("blue")))


def test_the_refusal_is_needed_since_the_pipeline_says_nothing(
    film_of: FilmOf, still: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were this to fail, the model would heed the last keyframe, and its preset could offer pairs."""
    from functions.render.video_backends.diffusers import pipes

    monkeypatch.setattr(pipes, "_check_heeds_last", lambda _pipe, _preset: None)
    claims_pairs = offering(quick("wan_5b"), KeyframeMode.PAIR)
    red_to_blue = film_of(claims_pairs, pair(still("red"), still("blue")))
    red_to_white = film_of(claims_pairs, pair(still("red"), still("white")))
    assert not differ(red_to_blue, red_to_white)


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_a_single_keyframe_matters_wherever_it_may_stand(
    film_of: FilmOf, still: Still, name: str, place: KeyframePosition
) -> None:
    red, white = (film_of(quick(name), {place: still(colour)}) for colour in ("red", "white"))
    assert differ(red, white)


def test_where_a_single_keyframe_stands_makes_a_difference(film_of: FilmOf, still: Still) -> None:
    films = [film_of(quick("ltx"), {place: still("red")}) for place in KeyframePosition]
    assert differ(films[0], films[1])
    assert differ(films[1], films[2])
    assert differ(films[0], films[2])


@pytest.mark.parametrize("name", [*OTHERS, "wan_14b"])
@pytest.mark.parametrize("place", ["middle", "last"])
def test_a_place_that_a_model_does_not_know_is_refused(
    film_of: FilmOf, still: Still, name: str, place: str
) -> None:
    with pytest.raises(BackendFailed, match=f"keyframes: {place}; .* a single keyframe stands first"):
        film_of(quick(name), {KeyframePosition(place): still("red")})


@pytest.mark.parametrize("name", NEEDY)
def test_words_alone_are_refused_where_a_model_needs_a_keyframe(film_of: FilmOf, name: str) -> None:
    with pytest.raises(BackendFailed, match="cannot render from these keyframes: none"):
        film_of(quick(name), {})


@pytest.mark.parametrize("name", WORDS_ONLY)
def test_a_model_that_needs_no_keyframe_renders_from_words(film_of: FilmOf, still: Still, name: str) -> None:
    assert differ(film_of(quick(name), {}), film_of(quick(name), first(still("red"))))


def test_a_still_that_cannot_be_decoded_is_the_still_s_fault(film_of: FilmOf, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(MediaCorrupt):
        film_of(quick("ltx"), first(broken))


def test_the_prompt_matters_and_so_does_what_is_unwanted(
    here: Deployment, films: list[Film], still: Still, tmp_path: Path
) -> None:
    def film(name: str, prompt: str, unwanted: str) -> Film:
        asked = SMALL.evolve(prompt=prompt, negative_prompt=unwanted)
        Diffusers(quick(name), here).render(asked, first(still("red")), tmp_path / "clip.mp4", nothing)
        return films[-1]

    for name in PRESETS:
        plain = film(name, "a boat at dawn", "")
        assert (film(name, "zzzzzzzz", "") != plain).any()
        assert (film(name, "a boat at dawn", "people, text") != plain).any()


def test_a_prompt_that_would_be_cut_off_is_refused(here: Deployment, still: Still, tmp_path: Path) -> None:
    long = SMALL.evolve(prompt="a boat " * 200)
    with pytest.raises(BackendFailed, match=r"1400 characters .* permitted are 1000"):
        Diffusers(quick("ltx"), here).render(long, first(still("red")), tmp_path / "clip.mp4", nothing)
