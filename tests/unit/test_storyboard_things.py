"""Things that a prompt names: each is drawn, in hand where it is handled."""

import pytest

from shared.board.appearance import look_of
from shared.board.brief import Brief
from shared.board.cast import draw_figure
from shared.board.inventory import BESIDE, BETWEEN, HANDY, LARGE, SMALL, find_thing
from shared.board.picture import paint
from shared.board.pose import Action
from shared.board.props import PROPS
from shared.board.scene import Framing
from shared.board.shot import Shot, read_shot
from shared.board.wardrobe import COLOURS, HELD, HeldKind
from shared.domain.plan import Character

MARA = Character(name="Mara", description="woman in a grey coat")
TOM = Character(name="Tom", description="man in a white shirt")
FOX = Character(name="the fox", description="fox")
WORDS = [(key, word) for key, (_, words) in PROPS.items() for word in words.split()]


def shot(prompt: str, *cast: Character) -> Shot:
    return read_shot(Brief(prompt=prompt, characters=cast, seed=3))


@pytest.mark.parametrize(("key", "word"), WORDS)
def test_every_word_for_a_thing_shows_that_thing(key: str, word: str) -> None:
    assert find_thing(f"There is a {word} here.") == (key, word)
    assert shot(f"wide shot, field. There is a {word} here.").prop == key


@pytest.mark.parametrize("key", PROPS)
@pytest.mark.parametrize("lit", [False, True])
def test_every_thing_stands_on_the_ground_and_can_be_seen(key: str, lit: bool) -> None:
    left, bottom, right, top = PROPS[key][0](lit).bounds()
    assert abs(bottom) < 0.08
    assert 0.1 < top < 5
    assert left < 0.05 < right


@pytest.mark.parametrize("key", PROPS)
def test_no_thing_looks_like_another(key: str) -> None:
    sizes = {other: PROPS[other][0](False).bounds() for other in PROPS}
    assert [other for other, bounds in sizes.items() if bounds == sizes[key]] == [key]


def test_things_are_told_apart_by_whole_words_and_the_first_one_that_can_be_handled_counts() -> None:
    assert find_thing("a monkey in the ballroom") == ("", "")
    assert find_thing("a house, a key and a book") == ("key", "key")
    assert find_thing("a key", but={"key"}) == ("", "")


def test_every_set_of_things_names_things() -> None:
    assert PROPS.keys() >= BESIDE
    assert BETWEEN <= BESIDE
    assert SMALL.keys() >= HANDY
    assert not SMALL.keys() & LARGE.keys()


@pytest.mark.parametrize(
    ("prompt", "held"),
    [
        ("Mara reads a book.", HeldKind.BOOK),
        ("Mara holds up a golden key.", HeldKind.KEY),
        ("Mara opens the letter.", HeldKind.LETTER),
        ("Mara picks up her old suitcase.", HeldKind.SUITCASE),
        ("Mara plays the guitar.", HeldKind.GUITAR),
        ("Mara drinks a cup of tea.", HeldKind.CUP),
        ("Mara looks through a telescope.", HeldKind.TELESCOPE),
        ("Mara is flying a kite.", HeldKind.KITE),
        ("Mara draws her sword.", HeldKind.SWORD),
        ("Mara brings him (man in a very long white shirt) flowers.", HeldKind.FLOWER),
        ("A letter lies on the ground.", None),
        ("Mara walks past a bench.", None),
    ],
)
def test_what_is_handled_is_in_hand(prompt: str, held: HeldKind | None) -> None:
    (mara,) = shot(f"medium shot, field. {prompt}", MARA).cast
    assert (mara.held and mara.held[0]) == held


def test_whoever_acts_holds_it_and_the_colour_said_is_its_own() -> None:
    mara, tom = shot("medium shot, field. Tom gives Mara a blue book.", MARA, TOM).cast
    assert mara.held is None
    assert tom.held == (HeldKind.BOOK, COLOURS["blue"])


def test_a_fox_holds_nothing() -> None:
    found = shot("medium shot, field. The fox finds a lantern.", FOX)
    assert found.cast[0].held is None
    assert found.prop == "lantern"


def test_what_is_held_is_not_shown_a_second_time_but_another_thing_is() -> None:
    assert shot("full shot, field. Mara holds a lantern.", MARA).prop is None
    assert shot("full shot, field. Mara holds a lantern beside a treasure.", MARA).prop == "treasure"


@pytest.mark.parametrize("kind", HELD)
def test_a_thing_in_hand_changes_the_figure(kind: HeldKind) -> None:
    word = HELD[kind].split()[0]
    bare, holding = (
        draw_figure(look_of(Character(name="Mara", description=it)), Action.STANDING, detailed=True)
        for it in ("woman in a grey coat", f"woman in a grey coat with a {word}")
    )
    assert len(holding.sketch.shapes) > len(bare.sketch.shapes)


def test_a_detail_shows_the_thing_that_fills_the_frame_and_nobody() -> None:
    seen = shot("Extreme close-up, field. Mara holds a key near a book. The key fills the frame.", MARA)
    assert (seen.framing, seen.cast, seen.prop) == (Framing.DETAIL, (), "key")
    assert shot("Extreme close-up, field. The eyes of Mara fill the frame.", MARA).cast == (look_of(MARA),)


def test_nothing_that_belongs_outdoors_stands_in_a_room() -> None:
    assert shot("wide shot, kitchen. A train passes.").prop is None
    assert shot("wide shot, kitchen. A cake waits.").prop == "cake"


def test_the_same_things_make_the_same_picture() -> None:
    seen = shot("full shot, field. Mara and Tom play chess.", MARA, TOM)
    assert paint(seen, 160, 90).tobytes() == paint(seen, 160, 90).tobytes()
    assert paint(seen, 160, 90).tobytes() != paint(shot("full shot, field.", MARA, TOM), 160, 90).tobytes()
