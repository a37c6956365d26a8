"""Finds the words that name a character in one text. Knows nothing of who was met before, nor of shots."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from functions.keyframes.planners.character_words import (
    BODY,
    COLOURS,
    COMPOUND_TAILS,
    CREATURES,
    DETERMINERS,
    FINITE_ACTIONS,
    GROUP_OF,
    GROUPS,
    LOOKS,
    MEN,
    NOT_ADJECTIVES,
    NOT_NAMES,
    PEOPLE,
    TITLES,
    WOMEN,
    words_of,
)
from functions.keyframes.scene import Scene, read_scene


def either(words: Iterable[str]) -> str:
    """Make a pattern of any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def any_of(table: str) -> re.Pattern[str]:
    """Make a pattern that finds any word of a table, whatever its case."""
    return re.compile(rf"\b(?:{either(words_of(table))})\b", re.IGNORECASE)


SINGULAR = "|".join(
    (
        either([*words_of(MEN), *words_of(WOMEN), *words_of(PEOPLE), *words_of(CREATURES)]),
        r"(?!human\b|german\b)[a-z]{2,}(?:ologist|ician|ographer|woman|man|girl|boy)",
    )
)
NAME_WORD = r"[A-ZÀ-ÖØ-Þ][^\W_]+(?:-[^\W_]+)*"
NAME = rf"{NAME_WORD}(?:[ ]{NAME_WORD}){{0,2}}"
POSSESSIVE = r"['\u2019]s\b"
ADJECTIVE = rf"(?!(?:{either(words_of(NOT_ADJECTIVES))})\b)(?:\d+-year-old|[a-z][\w'-]*)"

_LOOK = rf"(?:{either([*words_of(LOOKS), *words_of(COLOURS)])})(?:e?s)?\b(?!-)"
_LOOK_PHRASE = rf"(?:(?:an?|the|his|her|its|their)\s+)?(?:{ADJECTIVE}\s+){{0,4}}?{_LOOK}(?:\s+{_LOOK})*"
_WORN = r"(?:dressed[ ]in|wearing|carrying|holding|in|with)"
LOOK_LIST = rf"{_LOOK_PHRASE}(?:(?:,\s*(?:and\s+)?|\s+and\s+|,?\s+)(?:{_WORN}\s+)?{_LOOK_PHRASE})*"
ATTRIBUTES = rf"(?:,?\s+{_WORN}\s+{LOOK_LIST})"

NOUN_PHRASE = re.compile(
    rf"""(?:(?P<determiner>(?i:{either(words_of(DETERMINERS))})|{NAME_WORD}{POSSESSIVE})\s+)?
    (?P<group>(?:{either(words_of(GROUP_OF))})\s+of\s+)?
    (?P<adjectives>(?:{ADJECTIVE},?\s+){{0,5}})
    (?:(?P<many>{either(words_of(GROUPS))})|(?P<kind>(?i:{SINGULAR}))(?P<plural>e?s)?)
    \b(?!-\w)(?!\s+(?:{either(words_of(COMPOUND_TAILS))})\b)
    (?P<possessive>{POSSESSIVE}|s['\u2019])?
    (?:(?:,?\s+(?:named|called))?\s+(?P<called>{NAME}))?
    (?P<attributes>{ATTRIBUTES})?
    (?:,\s+(?P<apposed>{NAME_WORD}),)?""",
    re.VERBOSE,
)
NAME_PHRASE = re.compile(rf"(?P<name>{NAME})")
IN_BRACKETS = re.compile(r"\s*\((?P<inner>[^()]{2,160})\)")
AFTER_APPOSITION = re.compile(r"\s*(?:,|(?=[.;:!?)\u2013\u2014]|who\b|$))")
WEARS = re.compile(
    rf"\s+(?:(?:is|was)\s+)?(?P<verb>wears|wore|wearing|dressed in|has|had|with)\s+(?P<looks>{LOOK_LIST})"
)
PRONOUN = re.compile(r"(?i:he|she|they|it|him|them|her|his|its|their)(?=\W|$)")
OF_THE_BODY = re.compile(rf"(?:{POSSESSIVE})?\s+(?:[a-z-]+\s+){{0,2}}(?:{either(words_of(BODY))})\b")

_NOT_NAMES = frozenset(words_of(NOT_NAMES))
_TITLES = frozenset(words_of(TITLES))
_EXTRAS = frozenset({*words_of(GROUPS), *(f"{kind}s" for kind in words_of(CREATURES))})
_NO_SCENE = Scene()


@dataclass(frozen=True)
class NounPhrase:
    """A character called by kind: `an old fisherman named Tom in a yellow coat`."""

    determiner: str
    adjectives: tuple[str, ...]
    head: str
    plural: bool
    attributes: str
    name: str
    description: str
    """The words as written, without determiner and name."""


def read_noun_phrase(match: re.Match[str]) -> NounPhrase | None:
    """Understand a match of NOUN_PHRASE; None where the words only look like a character."""
    adjectives = tuple(match["adjectives"].replace(",", "").split())
    plural = bool(match["many"] or match["plural"])
    determiner = (match["determiner"] or "").lower()
    if any(word in FINITE_ACTIONS for word in adjectives):
        return None
    head = match["many"] or f"{match['kind'].lower()}{match['plural'] or ''}"
    counted = determiner if determiner in {"two", "three", "four", "five", "several"} else ""
    group = " ".join(match["group"].split()) if match["group"] else ""
    looks = tidy(match["attributes"] or "")
    name = match["called"] or match["apposed"] or ""
    words = [counted, group, match["adjectives"].strip(), head, looks]
    return NounPhrase(
        determiner=determiner,
        adjectives=adjectives,
        head=head,
        plural=plural,
        attributes=looks,
        name=name if all(map(may_be_name, name.split())) else "",
        description=" ".join(" ".join(words).split()),
    )


def tidy(looks: str) -> str:
    """Bring attributes to one spacing, without a leading comma."""
    return " ".join(looks.strip(" ,").split())


def may_be_name(word: str) -> bool:
    """Tell whether a capitalised word may be somebody's name."""
    plain = word.lower()
    return (
        plain not in _NOT_NAMES
        and not plain.endswith("ly")
        and read_scene(plain) == _NO_SCENE
        and plain not in _EXTRAS
    )


def is_title(word: str) -> bool:
    """Tell whether a word stands before a name: `Captain`."""
    return word.lower().strip(".") in _TITLES
