"""Reads how a character looks from its name and description alone.

So every shot agrees. It draws nothing, and must not know seed, prompt or other pictures.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from shared.board import chance
from shared.board import wardrobe as words
from shared.board.brief import Palette
from shared.board.colour import RGB, shade, tint
from shared.board.given_names import pronoun_of_name
from shared.board.stature import breadth_of, height_of
from shared.board.vocabulary import singular_forms
from shared.board.wardrobe import (
    Age,
    HairKind,
    HatKind,
    HeldKind,
    Species,
    TopKind,
)
from shared.domain.plan import Character

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Look:
    """How a character looks in every shot."""

    species: Species
    age: Age
    feminine: bool
    height: float
    """Of a grown person."""
    breadth: float
    """Of a usual build."""
    coat: RGB
    """Fur, feathers or metal; of a person the colour of the upper garment."""
    skin: RGB
    hair: HairKind
    hair_colour: RGB
    top: TopKind
    bottom_colour: RGB
    skirt: bool
    shoe_colour: RGB
    beard: bool
    glasses: bool
    hat: tuple[HatKind, RGB] | None
    scarf: RGB | None
    held: tuple[HeldKind, RGB] | None


@dataclass(frozen=True)
class Found:
    """A word of the description and the colour said of it, if any."""

    word: str
    colour: RGB | None


def look_of(character: Character, shown: Palette | None = None) -> Look:
    """Decide the look of a character; the same character always looks the same.

    Args:
        shown: colours of a picture of them. They go before what one expects of a calling and before chance,
            but not before words of the description.
    """
    text = f"{character.description}, {character.name}"
    known = _known(text)
    name = character.name
    species = species_of(character) or Species.PERSON
    age = Age.CHILD if known & set(words.CHILDREN) else Age.OLD if known & set(words.OLD_WORDS) else Age.GROWN
    feminine = _is_feminine(text, name)
    bearded = not (feminine or age is Age.CHILD or "young" in known)
    phrases = [_tokens(part) for part in re.split(r"[,;.:()]|\bwith\b", text.lower())]
    phrases += _outfit(known, bearded=bearded, coloured=shown is None)
    top = _first_kind(phrases, words.TOPS)
    hat = _first_kind(phrases, words.HATS)
    scarf = _find(phrases, words.SCARVES)
    bottom = _find(phrases, words.BOTTOMS)
    shoes = _find(phrases, words.SHOES)
    held = _first_kind(phrases, words.HELD)
    seen_top, seen_bottom = (shown.body, shown.legs) if shown else (None, None)
    plain_top = seen_top or words.PLAIN_TOPS[chance.pick(len(words.PLAIN_TOPS), name, "top")]
    plain_bottom = seen_bottom or words.PLAIN_BOTTOMS[chance.pick(len(words.PLAIN_BOTTOMS), name, "bottom")]
    own = top[1].colour if top else None
    return Look(
        species=species,
        age=age,
        feminine=feminine,
        height=height_of(species, age, feminine, known),
        breadth=breadth_of(known),
        coat=_coat(species, own, phrases, plain_top, name, shown),
        skin=_skin(phrases, name),
        hair=_hair(phrases, feminine, age, name),
        hair_colour=_hair_colour(age, phrases, name, shown),
        top=top[0] if top else _plain_kind(feminine, age, name),
        bottom_colour=(bottom and bottom.colour) or plain_bottom,
        skirt=bool(bottom and bottom.word == "skirt"),
        shoe_colour=(shoes and shoes.colour) or (58, 46, 44),
        beard=_find(phrases, words.BEARDS) is not None,
        glasses=bool(known & set(words.GLASSES)),
        hat=_hat(hat, known, own or plain_top),
        scarf=(scarf.colour or (214, 176, 96)) if scarf else None,
        held=(held[0], held[1].colour or words.PLAIN_HELD[held[0]]) if held else None,
    )


def species_of(character: Character) -> Species | None:
    """Tell the kind of a character by what it is, not by what it wears; None for one without a drawing."""
    for text in (_WORN.split(character.description.lower())[0], re.sub(r"[A-Z]\w*", "", character.name)):
        known = _known(text)
        if species := _kind(words.SPECIES, known):
            return species
        if known & set(words.UNDRAWN.split()):
            return None
    return Species.PERSON


def kind_words(character: Character) -> set[str]:
    """The words for what a character is, not for what it wears."""
    return _known(_WORN.split(character.description.lower())[0])


_WORN = re.compile(r"\b(?:with|in|wearing|who|that|holding|carrying|dressed)\b")


def looks_of(character: Character, most: int, shown: Palette | None = None) -> tuple[Look, ...]:
    """The looks of all who go by one description, at most so many: `two brothers` are two."""
    kind = _WORN.split(character.description.lower())[0]
    count = max((words.GROUPS.get(word, 1) for word in _tokens(kind)), default=1)
    names = [character.name, *(f"{character.name} {number}" for number in range(2, min(count, most) + 1))]
    return tuple(look_of(Character(name=name, description=character.description), shown) for name in names)


def _known(text: str) -> set[str]:
    return {form for word in _tokens(text) for form in singular_forms(word)}


def _outfit(known: set[str], *, bearded: bool, coloured: bool) -> list[list[str]]:
    """What one expects of a calling, in phrases."""
    parts = [
        _tokens(part)
        for role, clothes in words.OUTFITS.items()
        if role in known
        for part in clothes.split(", ")
    ]
    if not coloured:
        parts = [[word for word in part if word not in words.COLOURS] for part in parts]
    return [part for part in parts if bearded or not set(part) & set(words.BEARDS)]


def _tokens(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _kind(table: dict[Kind, str], known: set[str]) -> Kind | None:
    return next((kind for kind, names in table.items() if known & set(names.split())), None)


def _first_kind(phrases: list[list[str]], table: dict[Kind, str]) -> tuple[Kind, Found] | None:
    found = _find(phrases, [word for names in table.values() for word in names.split()])
    if found is None:
        return None
    return next(kind for kind, names in table.items() if found.word in names.split()), found


def _find(phrases: list[list[str]], nouns: Iterable[str]) -> Found | None:
    """Return the first of `nouns` that is mentioned, with the colour before it."""
    wanted = set(nouns)
    for phrase in phrases:
        for i, word in enumerate(phrase):
            if word in wanted:
                return Found(word, _colour_before(phrase, i))
    return None


_NOUNS = frozenset(
    [*words.BOTTOMS, *words.SHOES, *words.SCARVES, *words.HAIR_NOUNS, *words.BEARDS]
    + [
        word
        for table in (words.TOPS, words.HATS, words.HELD)
        for names in table.values()
        for word in names.split()
    ]
)


def _colour_before(phrase: list[str], noun: int) -> RGB | None:
    for i in range(noun - 1, max(-1, noun - 5), -1):
        if phrase[i] in _NOUNS and phrase[i] not in {"short", "long"}:
            return None
        if phrase[i] in words.COLOURS:
            colour = words.COLOURS[phrase[i]]
            before = phrase[i - 1] if i else ""
            return (
                shade(colour, 0.66)
                if before in words.DARKER
                else tint(colour, 0.3 * (before in words.LIGHTER))
            )
    return None


def _free_colour(phrases: list[list[str]]) -> RGB | None:
    """Return the first colour that is said of no garment, as in `woman in red` or `a black cat`."""
    for phrase in phrases:
        for i, word in enumerate(phrase):
            if word in words.COLOURS and not any(after in _NOUNS for after in phrase[i + 1 : i + 5]):
                return words.COLOURS[word]
    return None


def _coat(
    species: Species,
    own: RGB | None,
    phrases: list[list[str]],
    plain_top: RGB,
    name: str,
    shown: Palette | None,
) -> RGB:
    if species is Species.PERSON:
        return own or _free_colour(phrases) or plain_top
    plain = words.PLAIN_ROBOTS if species is Species.ROBOT else words.FUR[species]
    said = _free_colour(phrases)
    if species is not Species.ROBOT and said == words.COLOURS["red"]:
        return plain[0] if species is Species.FOX else words.COLOURS["chestnut"]
    return said or (shown.main if shown else plain[chance.pick(len(plain), name, "fur")])


def _is_feminine(text: str, name: str) -> bool:
    for word in _tokens(text):
        forms = singular_forms(word)
        if forms & {*words.FEMININE, *words.MASCULINE}:
            return bool(forms & set(words.FEMININE))
    hinted = pronoun_of_name(name)
    return hinted == "she" if hinted else chance.pick(2, name, "build") == 0


def _skin(phrases: list[list[str]], name: str) -> RGB:
    for phrase in phrases:
        for i, word in enumerate(phrase):
            if word in {"skin", "skinned"} and i and phrase[i - 1] in words.SKIN_WORDS:
                return words.SKINS[words.SKIN_WORDS[phrase[i - 1]]]
    return words.SKINS[chance.pick(4, name, "skin")]


def _hair(phrases: list[list[str]], feminine: bool, age: Age, name: str) -> HairKind:
    for phrase in phrases:
        if set(phrase) & {*words.HAIR_NOUNS, "bald", "shaved"}:
            for kind, names in words.HAIR_STYLES.items():
                if set(phrase) & set(names.split()):
                    return kind
    if not feminine:
        return HairKind.SHORT
    if age is Age.OLD:
        return HairKind.BUN
    return (HairKind.BOB, HairKind.LONG, HairKind.PONYTAIL)[chance.pick(3, name, "hair")]


def _hair_colour(age: Age, phrases: list[list[str]], name: str, shown: Palette | None) -> RGB:
    for nouns in (words.HAIR_NOUNS, words.BEARDS):
        for phrase in phrases:
            for i, word in enumerate(phrase):
                near = [w for w in phrase[max(0, i - 3) : i] if w in words.HAIR_COLOURS]
                if word in nouns and near:
                    return words.HAIR_COLOURS[near[-1]]
    known = {word for phrase in phrases for word in phrase}
    for word in ("blond", "blonde", "brunette", "ginger"):
        if word in known:
            return words.HAIR_COLOURS[word]
    if shown and shown.head:
        return shown.head
    if age is Age.OLD:
        return words.HAIR_COLOURS["white"]
    return words.PLAIN_HAIR[chance.pick(len(words.PLAIN_HAIR), name, "hair colour")]


def _plain_kind(feminine: bool, age: Age, name: str) -> TopKind:
    if feminine and age is Age.CHILD:
        return TopKind.DRESS
    kinds = (
        (TopKind.COAT, TopKind.JACKET, TopKind.DRESS)
        if feminine
        else (TopKind.COAT, TopKind.JACKET, TopKind.SHIRT)
    )
    return kinds[chance.pick(3, name, "garment")]


def _hat(found: tuple[HatKind, Found] | None, known: set[str], top: RGB) -> tuple[HatKind, RGB] | None:
    """What they wear on the head; in space nothing but a helmet."""
    if known & words.HELMETS:
        return (HatKind.HELMET, words.COLOURS["white"])
    if found:
        return (found[0], found[1].colour or (112, 84, 62))
    return (HatKind.POINTED, shade(top, 0.8)) if known & words.POINTED_HATS else None
