"""Finds the words that name a character in one text. Knows nothing of who was met before, nor of shots."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.keyframes.planners.character_words import (
    BASE_ACTIONS,
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
    third_person,
)
from shared.board.given_names import pronoun_of_name
from shared.board.scene import Scene, read_scene
from shared.board.vocabulary import phrases_of


def either(words: Iterable[str]) -> str:
    """Make a pattern of any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def any_of(table: str) -> re.Pattern[str]:
    """Make a pattern that finds any word of a table, whatever its case."""
    return re.compile(rf"\b(?:{either(phrases_of(table))})\b", re.IGNORECASE)


SINGULAR = "|".join(
    (
        either([*phrases_of(MEN), *phrases_of(WOMEN), *phrases_of(PEOPLE), *phrases_of(CREATURES)]),
        r"(?!human\b|german\b)[a-z]{2,}(?:ologist|ician|ographer|woman|man|girl|boy)",
    )
)
NAME_WORD = r"[A-ZÀ-ÖØ-Þ][^\W_]+(?:-[^\W_]+)*"
NAME = rf"{NAME_WORD}(?:[ ]{NAME_WORD}){{0,2}}"
POSSESSIVE = r"['\u2019]s\b"
_NO_ADJECTIVES = [*phrases_of(NOT_ADJECTIVES), *map(third_person, BASE_ACTIONS)]
ADJECTIVE = rf"(?!(?:{either(_NO_ADJECTIVES)})\b)(?:\d+-year-old|[a-z][\w'-]*)"

_LOOK = rf"(?:{either([*phrases_of(LOOKS), *phrases_of(COLOURS)])})(?:e?s)?\b(?!-)(?!\s+(?i:{SINGULAR})s?\b)"
"""Not `grey` of `a red coat, and her grey cat`, which is somebody else's."""
_LOOK_PHRASE = rf"(?:(?:an?|the|his|her|its|their)\s+)?(?:{ADJECTIVE}\s+){{0,4}}?{_LOOK}(?:\s+{_LOOK})*"
_WORN = r"(?:dressed[ ]in|wearing|carrying|holding|in|with)"
LOOK_LIST = rf"{_LOOK_PHRASE}(?:(?:,\s*(?:and\s+)?|\s+and\s+|,?\s+)(?:{_WORN}\s+)?{_LOOK_PHRASE})*"
_WHO_WEARS = r"(?:who|that)\s+(?:(?:is|was)\s+)?(?:wears|wore|wearing|dressed\s+in)"
_WHO_HAS = r"(?:who|that)\s+(?:(?:is|was)\s+)?(?:has|had|carries|carried|carrying|holds|held|holding)"
ATTRIBUTES = rf"(?:,?\s+(?:{_WORN}|{_WHO_WEARS}|{_WHO_HAS})\s+{LOOK_LIST})"

NOUN_PHRASE = re.compile(
    rf"""(?:(?P<determiner>(?i:{either(phrases_of(DETERMINERS))})|{NAME_WORD}{POSSESSIVE})\s+)?
    (?P<group>(?:{either(phrases_of(GROUP_OF))})\s+of\s+)?
    (?P<adjectives>(?:{ADJECTIVE},?\s+){{0,5}})
    (?:(?P<many>{either(phrases_of(GROUPS))})|(?P<kind>(?i:{SINGULAR}))(?P<plural>e?s)?)
    \b(?!-\w)(?!\s+(?:{either(phrases_of(COMPOUND_TAILS))})\b)
    (?P<possessive>{POSSESSIVE}|s['\u2019])?
    (?:(?:,?\s+(?:named|called))?\s+(?P<called>{NAME}))?
    (?P<attributes>{ATTRIBUTES})?
    (?:,?\s+(?:named|called)\s+(?P<named>{NAME}))?
    (?:,\s+(?P<apposed>{NAME_WORD}),)?""",
    re.VERBOSE,
)
NAME_PHRASE = re.compile(rf"(?P<name>{NAME})")
NAME_LIST = rf"{NAME}(?:,\s+{NAME})*,?\s+(?:and|&)\s+{NAME}"
NAMES_OF_GROUP = re.compile(
    rf"""(?:,\s+|:\s+|\s+\(|\s+[\u2013\u2014-]\s+|,?\s+(?:named|called)\s+|\s+)
    (?P<names>{NAME_LIST})(?:,(?=\s)|\)|\s+[\u2013\u2014-](?=\s))?""",
    re.VERBOSE,
)
"""After a group: `two old friends, Anna and Otto,`."""
NAMED_GROUP = re.compile(rf"(?P<names>{NAME_LIST}),\s+")
"""Before a group: `Anna and Otto, two old friends,`."""
LOOKS_OF_NAMED = re.compile(rf"(?P<attributes>{ATTRIBUTES})")
"""After a name: `Tim, who wears a blue sweater,`."""
IN_BRACKETS = re.compile(r"\s*\((?P<inner>[^()]{2,160})\)")
AFTER_APPOSITION = re.compile(
    r"(?P<more>\s+(?:with|of|from|in|on|at|by)\s[^,.;:!?()]{1,60}(?=,))?\s*(?:,|(?=[.;:!?)\u2013\u2014]|who\b|$))"
)
WEARS = re.compile(
    rf"\s+(?:(?:is|was)\s+)?(?P<verb>wears|wore|wearing|dressed in|has|had|with)\s+(?P<looks>{LOOK_LIST})"
)
PRONOUN = re.compile(r"(?i:he|she|they|it|him|them|her|his|its|their)(?=\W|$)")
OF_THE_BODY = re.compile(rf"(?:{POSSESSIVE})?\s+(?:[a-z-]+\s+){{0,2}}(?:{either(phrases_of(BODY))})\b")

DEPICTED = re.compile(
    r"""\b(?:(?:pictures?|drawings?|paintings?|portraits?|photos?|photographs?|sketch(?:es)?|statues?|sculptures?
        |murals?|posters?|models?|toys?|costumes?|masks?|shapes?|images?|films?|movies?|books?|stor(?:y|ies)
        |tales?|songs?|poems?|legends?|memor(?:y|ies)|dream(?:s|ing|ed)?)\s+(?:of|about)
      |(?:draw|paint|sketch|carve)(?:s|ed|ing)?|drew)\s+(?P<chain>(?:[\w'-]+\s+){1,4}and\s+)?$""",
    re.IGNORECASE | re.VERBOSE,
)
"""Before a kind: it is only pictured or told of, and not there."""

HOW_MANY = {"two": 2, "three": 3, "four": 4, "five": 5}
_SINGULAR_OF = {
    "children": "child",
    "people": "person",
    "mice": "mouse",
    "wolves": "wolf",
    "siblings": "sibling",
}
_ONE = frozenset({"a", "an", "one", "another"})
_NOT_NAMES = frozenset(phrases_of(NOT_NAMES))
_TITLES = frozenset(phrases_of(TITLES))
_EXTRAS = frozenset({*phrases_of(GROUPS), *(f"{kind}s" for kind in phrases_of(CREATURES))})
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

    def told_more(self, words: str) -> "NounPhrase":
        """The same with words that tell more: `baker` with `flour on her apron`."""
        return replace(self, description=" ".join([self.description, *words.split()]))

    def one_of_them(self) -> "NounPhrase":
        """The same said of one of the group: `two tall sisters` are each a `tall sister`."""
        head = _singular(self.head)
        # An old friend need not be old.
        adjectives = tuple(word for word in self.adjectives if (word, head) != ("old", "friend"))
        words = " ".join(filter(None, (*adjectives, head, self.attributes)))
        return replace(self, adjectives=adjectives, head=head, plural=False, name="", description=words)


def match_noun_phrase(text: str, start: int) -> re.Match[str] | None:
    """Match NOUN_PHRASE, minding verbs that look like a plural: `a chef cooks`."""
    match = NOUN_PHRASE.match(text, start)
    if match and match["plural"] and match["adjectives"]:
        one = (match["determiner"] or "").lower() in _ONE
        if one or f"{match['kind'].lower()}{match['plural']}" in FINITE_ACTIONS:
            return NOUN_PHRASE.match(text, start, match.start("kind")) or match
    return match


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
    name = match["called"] or match["named"] or match["apposed"] or ""
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
    """Bring attributes to one spacing and wording, without a leading comma: `who wears` is `in`."""
    words = " ".join(looks.strip(" ,").split())
    return re.sub(rf"^{_WHO_HAS}\b", "with", re.sub(rf"^{_WHO_WEARS}\b", "in", words))


def names_in(words: str) -> tuple[str, ...]:
    """Part `Anna, Otto and Kim`; empty where one of them is no name."""
    names = tuple(re.split(r",?\s+(?:and|&)\s+|,\s+", words))
    return names if all(may_be_name(word) for name in names for word in name.split()) else ()


def _singular(head: str) -> str:
    if head in {"couple", "family", "wolf pack"}:
        return ""
    if head.endswith("men"):
        return f"{head[:-3]}man"
    if head.endswith("ies"):
        return f"{head[:-3]}y"
    return _SINGULAR_OF.get(head, head.removesuffix("s"))


def may_be_name(word: str) -> bool:
    """Tell whether a capitalised word may be somebody's name."""
    plain = word.lower()
    return (
        plain not in _NOT_NAMES
        and (not plain.endswith("ly") or pronoun_of_name(plain) != "")
        and read_scene(plain) == _NO_SCENE
        and plain not in _EXTRAS
    )


def is_title(word: str) -> bool:
    """Tell whether a word stands before a name: `Captain`."""
    return word.lower().strip(".") in _TITLES
