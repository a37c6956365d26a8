"""How a description becomes a look, and a prompt an action."""

import pytest

from functions.keyframes.image_backends.storyboard.appearance import look_of
from functions.keyframes.image_backends.storyboard.cast import draw_figure
from functions.keyframes.image_backends.storyboard.pose import Action, read_action
from functions.keyframes.image_backends.storyboard.wardrobe import (
    COLOURS,
    HAIR_COLOURS,
    PLAIN_TOPS,
    Age,
    HairKind,
    HatKind,
    HeldKind,
    Species,
    TopKind,
)
from shared.domain.plan import Character


def character(description: str, name: str = "Someone") -> Character:
    return Character(name=name, description=description)


def test_each_colour_goes_with_its_own_garment() -> None:
    look = look_of(
        character("woman, red coat, green trousers, yellow umbrella, white scarf, blue hat, short black hair")
    )
    assert (look.top, look.coat) == (TopKind.COAT, COLOURS["red"])
    assert look.bottom_colour == COLOURS["green"]
    assert look.held == (HeldKind.UMBRELLA, COLOURS["yellow"])
    assert look.scarf == COLOURS["white"]
    assert look.hat == (HatKind.BRIMMED, COLOURS["blue"])
    assert (look.hair, look.hair_colour) == (HairKind.SHORT, HAIR_COLOURS["black"])


def test_a_colour_of_the_hair_is_not_the_colour_of_the_coat() -> None:
    assert look_of(character("man with red hair and a green jacket")).coat == COLOURS["green"]


@pytest.mark.parametrize(
    ("description", "name", "species", "age"),
    [
        ("little girl, blue dress", "Lily", Species.PERSON, Age.CHILD),
        ("grey beard, navy coat", "the old fisherman", Species.PERSON, Age.OLD),
        ("small rusty robot", "Pip", Species.ROBOT, Age.GROWN),
        ("brown dog", "Rex", Species.DOG, Age.GROWN),
        ("", "a fox", Species.FOX, Age.GROWN),
        ("white mare", "Bella", Species.HORSE, Age.GROWN),
        ("black crow", "Edgar", Species.BIRD, Age.GROWN),
    ],
)
def test_kind_and_age_are_read(description: str, name: str, species: Species, age: Age) -> None:
    look = look_of(character(description, name))
    assert (look.species, look.age) == (species, age)


def test_an_animal_has_the_colour_that_is_said_of_it() -> None:
    assert look_of(character("black cat")).coat == COLOURS["black"]


def test_build_words_change_the_build() -> None:
    assert look_of(character("tall man")).height > look_of(character("man")).height
    assert look_of(character("big burly man")).breadth > look_of(character("thin man")).breadth
    assert look_of(character("boy")).height < look_of(character("small woman")).height


def test_short_hair_makes_nobody_short() -> None:
    assert look_of(character("woman, short hair")).height == look_of(character("woman, long hair")).height


def test_an_undescribed_look_is_stable_and_hangs_on_the_name() -> None:
    names = [f"Person {i}" for i in range(200)]
    looks = [look_of(character("man", name)) for name in names]
    assert looks == [look_of(character("man", name)) for name in names]
    assert {look.coat for look in looks} == set(PLAIN_TOPS)


@pytest.mark.parametrize(
    ("prompt", "action"),
    [
        ("Mara runs along the quay", Action.RUNNING),
        ("they are sitting by the fire", Action.SITTING),
        ("she looks up at the lighthouse", Action.LOOKING_UP),
        ("he points at the horizon", Action.REACHING),
        ("a slow walk home", Action.WALKING),
        ("a portrait of brunch", Action.STANDING),
    ],
)
def test_actions_are_read_by_whole_words(prompt: str, action: Action) -> None:
    assert read_action(prompt) is action


@pytest.mark.parametrize("species", Species)
@pytest.mark.parametrize("action", Action)
def test_everyone_stands_on_the_ground_in_every_pose(species: Species, action: Action) -> None:
    look = look_of(character(f"a {species}", "X"))
    figure = draw_figure(look, action, detailed=True)
    bottom = figure.sketch.bounds()[1]
    flies = species is Species.BIRD and action is Action.RUNNING
    assert bottom > 0.3 if flies else abs(bottom) < 0.06
    assert figure.top > figure.head[1] > 0


def test_a_mirrored_figure_is_the_same_figure() -> None:
    figure = draw_figure(look_of(character("woman, red coat")), Action.WALKING, detailed=True)
    left, bottom, right, top = figure.sketch.bounds()
    assert figure.mirrored().sketch.bounds() == (-right, bottom, -left, top)
