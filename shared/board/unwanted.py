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

_BETWEEN = re.compile(r"[,;.\n]|\b(?:no|not|without|and|or|nor|any|an?|the)\b")
"""What parts one thing from the next. Some write `no rain` where `rain` says it."""

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

    A thing may have words before it (`red umbrella`); somebody may not, since where no black cat is wanted a
    white one may be.
    """
    named = [part for part in map(str.strip, _BETWEEN.split(negative_prompt.lower())) if part]
    whole = {form for part in named for form in singular_forms(part)}
    last = {form for part in named for form in singular_forms(part.split()[-1])}
    return Unwanted(
        weathers=frozenset(cue.value for part in named for cue in WEATHERS.cues(part, hints=False)),
        things=things_called(last),
        held=frozenset(kind for kind, words in HELD.items() if not last.isdisjoint(words.split())),
        species=frozenset().union(*(_ALL_OF_A_KIND[word] for word in whole & _ALL_OF_A_KIND.keys())),
        figures=_FIGURES & whole,
        writing=not last.isdisjoint(_WRITING),
    )
