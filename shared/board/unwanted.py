"""Reads from a negative prompt what the board is to leave out. It draws nothing; unknown words say nothing.

What belongs to a place (a forest's trees, a harbour's boats) and what somebody wears is not its to leave out.
"""

import re
from dataclasses import dataclass

from shared.board.appearance import kind_words, species_of
from shared.board.inventory import things_called
from shared.board.scene import WEATHERS, Weather
from shared.board.vocabulary import phrases_of, singular_forms
from shared.board.wardrobe import HELD, SPECIES, HeldKind, Species
from shared.domain.plan import Character

_BETWEEN = re.compile(r"[,;.\n]|\b(?:no|not|without|and|or|nor)\b")
"""What parts one thing from the next. Some write `no rain` where `rain` says it."""

_ARTICLES = re.compile(r"^(?:(?:any|an?|the)\b\s*)+")
_NARROWING = re.compile(
    r"""(?<=\w)\s+(?:above|across|against|along|around|at|behind|below|beside|by|for|from|in|inside|into|near|of|on
        |onto|outside|over|through|to|under|with|carrying|holding|wearing|that|which|who)\b.*""",
    re.VERBOSE,
)
"""What a noun is narrowed by: `text on the umbrella` is text, and no umbrella."""

_WRITING = frozenset(phrases_of("text, caption, subtitle, title, word, writing, lettering"))
_FIGURES = frozenset({"man", "woman", "girl", "boy", "child"}).union(*map(str.split, SPECIES.values()))
_ALL_OF_A_KIND: dict[str, frozenset[Species]] = {
    **dict.fromkeys(("people", "person", "human"), frozenset({Species.PERSON})),
    "animal": frozenset({*Species} - {Species.PERSON, Species.ROBOT}),
    **{kind.value: frozenset({kind}) for kind in (Species.BIRD, Species.CAT, Species.DOG, Species.ROBOT)},
}
"""Words that mean all who are drawn alike. A tiger is drawn like a lion, and is none."""


@dataclass(frozen=True)
class Unwanted:
    """What is not to be shown."""

    weathers: frozenset[Weather]
    things: frozenset[str]
    """Keys of the inventory."""
    held: frozenset[HeldKind]
    """What nobody is to have in hand."""
    species: frozenset[Species]
    figures: frozenset[str]
    """Words for those who are not to be there."""
    writing: bool
    """Whether there is to be none."""

    def leaves_out(self, character: Character) -> bool:
        """Tell whether a character is not to be there."""
        return species_of(character) in self.species or not self.figures.isdisjoint(kind_words(character))


def read_unwanted(negative_prompt: str) -> Unwanted:
    """Recognise what is named.

    A thing may have words before and after it (`red umbrella on the pier`); somebody may not, since where no
    black cat is wanted a white one may be, and where no people in the background are, some in front.
    """
    parts = (_ARTICLES.sub("", part.strip()) for part in _BETWEEN.split(negative_prompt.lower()))
    named = [part for part in parts if part]
    heads = [_NARROWING.sub("", part) for part in named]
    whole = {form for part in named for form in singular_forms(part)}
    last = {form for head in heads for form in singular_forms(head.split()[-1])}
    return Unwanted(
        weathers=frozenset(cue.value for head in heads for cue in WEATHERS.cues(head, hints=False)),
        things=things_called(last),
        held=frozenset(kind for kind, words in HELD.items() if not last.isdisjoint(words.split())),
        species=frozenset().union(*(_ALL_OF_A_KIND[word] for word in whole & _ALL_OF_A_KIND.keys())),
        figures=_FIGURES & whole,
        writing=not last.isdisjoint(_WRITING),
    )
