"""Finds the words of a list in a text. Pure; it knows no list by name."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Generic, TypeVar

T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True)
class Cue(Generic[T]):
    """One word of the vocabulary found in a text, by its position in characters."""

    value: T
    start: int
    end: int


class Vocabulary(Generic[T]):
    """The words of one aspect of a scene, compiled to one pattern that tells plain words from hints."""

    def __init__(
        self,
        words: Mapping[T, str],
        hints: Mapping[T, str],
        ignored: str,
        *,
        heads: Collection[T] = (),
        **patterns: tuple[str, T],
    ) -> None:
        """Compile the words.

        Args:
            heads: values whose words rule over one right before them: a `lighthouse kitchen` is a kitchen,
                and so is `inside a warm kitchen`.
            patterns: what no list of words can say, by a name of its own.
        """
        self._heads = frozenset(heads)
        self._meaning = {phrase: value for value, text in words.items() for phrase in phrases_of(text)}
        self._hinted = {phrase: value for value, text in hints.items() for phrase in phrases_of(text)}
        self._ignored = frozenset(phrases_of(ignored))
        self._special = {name: value for name, (_, value) in patterns.items()}
        special = [f"(?P<{name}>{pattern.replace(' ', SPACE)})" for name, (pattern, _) in patterns.items()]
        phrases = sorted(self._meaning.keys() | self._hinted.keys() | self._ignored, key=len, reverse=True)
        known = "|".join(re.escape(phrase).replace(r"\ ", SPACE) for phrase in phrases)
        anything = "|".join([*special, rf"(?P<phrase>{known})(?:e?s)?"])
        self._pattern = re.compile(rf"(?<!\w)(?:{anything})(?!\w)")

    def cues(self, text: str, *, hints: bool = True) -> list[Cue[T]]:
        """Find the plain words in reading order, or, when there is none and `hints` is set, the weak ones."""
        found = list(self._find(fold(text)))
        plain = [cue for cue, weak in found if not weak]
        plain = [
            cue
            for cue, after in zip_longest(plain, plain[1:])
            if not (after and after.value in self._heads and _JOINS.fullmatch(text[cue.end : after.start]))
        ]
        return plain or ([cue for cue, _ in found] if hints else [])

    def _find(self, folded: str) -> Iterator[tuple[Cue[T], bool]]:
        for match in self._pattern.finditer(folded):
            if match.lastgroup in self._special:
                yield Cue(self._special[match.lastgroup], *match.span()), False
                continue
            phrase = re.sub(SPACE, " ", match["phrase"])
            weak = phrase not in self._meaning
            value = self._hinted.get(phrase) if weak else self._meaning[phrase]
            if value is not None and phrase not in self._ignored:
                yield Cue(value, *match.span()), weak


SPACE = r"[\s-]+"
_JOINS = re.compile(rf"(?:['\u2019]s)?{SPACE}(?:(?:the|an?|his|her|its|their){SPACE}(?:\w+{SPACE}){{0,2}})?")


def phrases_of(text: str) -> tuple[str, ...]:
    """Split a word list at its commas."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def singular_forms(word: str) -> set[str]:
    """The word itself and what it may be the plural of."""
    return {word} | {word.removesuffix(end) + one for end, one in _PLURAL_ENDINGS if word.endswith(end)}


_PLURAL_ENDINGS = (
    *(("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe")),
    *(("men", "man"), ("children", "child"), ("mice", "mouse"), ("geese", "goose")),
)
"""Of plurals, and what the singular has in their place: `women`, `fishermen`, `grandchildren`."""


def fold(text: str) -> str:
    """Lower case without accents; character n of the result stands for character n of the text."""
    return "".join(
        unicodedata.normalize("NFKD", character)[0].lower()[0] for character in text.replace("\u2019", "'")
    )
