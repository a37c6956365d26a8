"""How a description becomes a look, and a prompt an action."""

import pytest

from functions.keyframes.planners.character_words import CREATURES
from shared.board.appearance import look_of, looks_of, species_of
from shared.board.brief import Brief
from shared.board.cast import draw_figure
from shared.board.pose import Action, read_action
from shared.board.scene import Place, TimeOfDay
from shared.board.shot import Shot, read_shot
from shared.board.vocabulary import phrases_of
from shared.board.wardrobe import (
    COLOURS,
    FUR,
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

LIKE_PEOPLE = {
    *("ghost", "alien", "robot", "android", "cyborg", "droid", "golem", "scarecrow", "doll", "puppet"),
    *("troll", "yeti"),
}


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


@pytest.mark.parametrize("kind", sorted({*phrases_of(CREATURES)} - LIKE_PEOPLE))
def test_no_animal_is_drawn_as_a_person(kind: str) -> None:
    assert species_of(character(f"big {kind}", f"the {kind}")) is not Species.PERSON


@pytest.mark.parametrize(
    ("description", "name", "species"),
    [
        ("girl with a teddy bear", "Lily", Species.PERSON),
        ("boy in a fox mask", "Tim", Species.PERSON),
        ("young woman", "Robin", Species.PERSON),
        ("two dogs", "the two dogs", Species.DOG),
        ("pack of wolves", "the pack of wolves", Species.WOLF),
        ("old dragon", "Smaug", None),
    ],
)
def test_a_kind_is_what_someone_is_and_not_what_they_wear(
    description: str, name: str, species: Species | None
) -> None:
    assert species_of(character(description, name)) is species


def test_a_group_is_drawn_as_several_who_differ() -> None:
    one, other = looks_of(character("two brothers", "the two brothers"), 4)
    assert not one.feminine
    assert one != other
    assert len(looks_of(character("pack of wolves", "the pack"), 4)) == 3
    assert len(looks_of(character("girl with two balloons", "Lily"), 4)) == 1
    assert len(looks_of(character("three cats", "the three cats"), 1)) == 1


@pytest.mark.parametrize(
    ("description", "name", "feminine", "beard"),
    [
        ("tall old woman with white hair and a yellow raincoat", "Captain Rosa", True, False),
        ("captain", "Rosa", True, False),
        ("captain", "Otto", False, True),
        ("female captain", "Otto", True, False),
        ("woman with a beard", "Rosa", True, True),
        ("", "Lena", True, False),
        ("", "Tim", False, False),
        ("young captain", "Leo", False, False),
    ],
)
def test_a_calling_gives_a_beard_only_where_nothing_tells_of_a_woman(
    description: str, name: str, feminine: bool, beard: bool
) -> None:
    look = look_of(character(description, name))
    assert (look.feminine, look.beard) == (feminine, beard)


def test_clothes_told_go_before_those_of_a_calling() -> None:
    look = look_of(character("woman with white hair and a yellow raincoat", "Captain Rosa"))
    assert look.coat == COLOURS["yellow"]


def test_a_red_fox_has_the_colour_of_foxes() -> None:
    assert look_of(character("red fox")).coat == FUR[Species.FOX][0]


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
        ("at night it sleeps beside it", Action.SLEEPING),
        ("the cat is fast asleep", Action.SLEEPING),
        ("a sleepy town", Action.STANDING),
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


@pytest.mark.parametrize(
    "species", sorted({*FUR} - {Species.BIRD, Species.WHALE, Species.DOLPHIN, Species.SHARK})
)
def test_who_sleeps_lies(species: Species) -> None:
    look = look_of(character(f"a {species}", "X"))
    lying, standing = (
        draw_figure(look, action, detailed=True) for action in (Action.SLEEPING, Action.STANDING)
    )
    assert lying.top < standing.top * 0.8
    assert lying.head[1] < standing.head[1]


def test_a_person_asleep_lies_with_closed_eyes() -> None:
    figure = draw_figure(look_of(character("woman")), Action.SLEEPING, detailed=True)
    left, _, right, top = figure.sketch.bounds()
    assert right - left > 2 * top
    assert (250, 248, 244) not in {shape.colour for shape in figure.sketch.shapes}, "no white of an eye"


# What a shot shows


def shot(prompt: str, *cast: Character, seed: int = 1) -> Shot:
    return read_shot(Brief(prompt=prompt, characters=cast, seed=seed))


MARA, FOX = character("woman in a red coat", "Mara"), character("red fox", "the red fox")
WHALE, DRAGON = character("whale", "the whale"), character("dragon", "the dragon")


def test_where_no_place_is_told_snow_falls_on_neither_beach_nor_desert() -> None:
    places = {shot("Wide shot, snow. The red fox runs.", FOX, seed=seed).place for seed in range(40)}
    assert places == {Place.FIELD, Place.MOUNTAINS, Place.FOREST}


def test_a_lantern_makes_no_night() -> None:
    assert shot("Medium shot, snow. The red fox finds a lantern.", FOX).time_of_day is TimeOfDay.DAY


def test_who_cannot_be_drawn_is_left_out() -> None:
    seen = shot("wide shot, forest. The dragon meets Mara.", DRAGON, MARA)
    assert seen.cast == (look_of(MARA),)


def test_a_whale_is_shown_on_the_water_and_nowhere_else() -> None:
    assert shot("wide shot, harbour. The whale leaps.", WHALE).swimmers == (look_of(WHALE),)
    assert shot("wide shot. The whale leaps.", WHALE).place is Place.BEACH
    kitchen = shot("wide shot, kitchen. The whale leaps.", WHALE)
    assert kitchen.swimmers == kitchen.cast == ()


def test_a_character_keeps_the_screen_direction_from_shot_to_shot() -> None:
    for seed in range(12):
        doings = ("walks along the quay", "runs on", "walks past the boats", "hurries home")
        assert len({shot(f"wide shot, harbour. Mara {it}.", MARA, seed=seed).facing for it in doings}) == 1
    assert {shot("wide shot, harbour. Mara walks.", MARA, seed=seed).facing for seed in range(12)} == {-1, 1}
