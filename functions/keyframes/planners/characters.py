"""Remembers who appears in a story and whom each word for them means. Knows nothing of shots.

Characters are met in reading order; `the fisherman`, `he` and `the puppy` lead back to someone already met.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from functions.keyframes.planners.character_words import (
    CONTRASTS,
    CREATURES,
    MEN,
    NEW_DETERMINERS,
    OTHER_WORDS,
    SAME_KIND,
    WOMEN,
)
from functions.keyframes.planners.phrases import NounPhrase, is_title
from shared.board.given_names import pronoun_of_name
from shared.board.vocabulary import phrases_of

MOST_TOGETHER = 4
"""Characters one shot shows at most; image backends lose likeness beyond it."""

_LEADING_WORDS = re.compile(
    r"^(?:(?:in|with|wearing|dressed in|carrying|holding)\s+)?(?:(?:an?|the|his|her|its|their)\s+)?"
)
WHOLE_CAST = frozenset({"the pair", "the two", "the couple", "the friends", "the trio", "both", "they"})
_HE, _SHE, _IT = (frozenset(phrases_of(table)) for table in (MEN, WOMEN, CREATURES))
_SEX = {"he": ("male", "man"), "she": ("female", "woman")}
_NOUN_OF = {"him": "he", "his": "he", "her": "she", "them": "they", "their": "they", "its": "it"}


@dataclass(frozen=True)
class Figure:
    """Someone in the story, as far as the text has told."""

    name: str
    description: str
    head: str = ""
    """What they are: `fisherman`; empty for a mere name."""
    adjectives: frozenset[str] = frozenset()
    pronoun: str = ""
    """`he`, `she`, `it`, `they`; empty while unknown."""
    named: bool = False

    def in_words(self) -> str:
        """The figure with its fixed description: `Mara (young woman in a red coat)`, `the red fox`."""
        if not self.named:
            return f"the {self.description}"
        return f"{self.name} ({self.description})" if self.description else self.name


@dataclass(frozen=True)
class Mention:
    """Where one text speaks of figures."""

    start: int
    end: int
    figures: tuple[int, ...]
    replaceable: bool = True
    """Whether the fixed description may stand in place of these words."""


@dataclass
class Casting:
    """Collects figures while a story is read, text by text."""

    figures: list[Figure] = field(default_factory=list)
    _recent: list[int] = field(default_factory=list)
    """Those of earlier texts, the most likely meant first."""
    _here: list[int] = field(default_factory=list)
    """Those of the present text, in order."""
    _before: tuple[int, ...] = ()
    """Subjects of the text before."""
    _company: tuple[int, ...] = ()
    """Those last seen together, and who was seen since."""

    @property
    def subjects_before(self) -> tuple[int, ...]:
        """Who did something in the last text that showed anyone."""
        return self._before

    def finish_text(self, subjects: Sequence[int]) -> None:
        """Note that a text has ended and who its subjects were."""
        if self._here:
            self._before = tuple(dict.fromkeys(subjects)) or tuple(self._here[:1])
            together = self._here if len(self._here) > 1 else [*self._company, *self._here]
            self._company = tuple(dict.fromkeys(together))
            now = dict.fromkeys([*self._before, *self._here])
            self._recent = [*now, *(index for index in self._recent if index not in now)]
        self._here = []

    def see(self, index: int) -> tuple[int, ...]:
        """Note that a figure appears in the present text."""
        if index not in self._here:
            self._here.append(index)
        return (index,)

    def noun(self, phrase: NounPhrase) -> tuple[int, ...]:
        """Find or add whom a noun phrase means."""
        if phrase.name and (known := self.by_name(phrase.name)) is not None:
            return self.see(known)
        found = None if OTHER_WORDS & {phrase.determiner, *phrase.adjectives} else self._already_met(phrase)
        if found is None or (phrase.name and self.figures[found].named):
            figure = _figure_of(phrase)
            return self._add(replace(figure, name=phrase.name, named=True) if phrase.name else figure)
        if phrase.name:
            self.rename(found, phrase.name)
        self.learn(found, phrase.attributes)
        return self.see(found)

    def name(self, name: str, phrase: NounPhrase | None = None, description: str = "") -> tuple[int, ...]:
        """Find or add whom a name means; the phrase or description tells what they look like."""
        name = name.title() if name.isupper() else name
        known = self.by_name(name)
        if known is None:
            head = name.split()[0].lower() if is_title(name.split()[0]) else ""
            figure = (
                _figure_of(phrase) if phrase else Figure(name, description, head, pronoun=_pronoun_of(head))
            )
            pronoun = figure.pronoun or pronoun_of_name(name)
            return self._add(replace(figure, name=name, named=True, pronoun=pronoun))
        if phrase and not self.figures[known].description:
            self.figures[known] = replace(_figure_of(phrase), name=self.figures[known].name, named=True)
        return self.see(known)

    def by_name(self, name: str) -> int | None:
        """Find a named figure by the full name or one word of it."""
        wanted = name.lower().split()
        for index, figure in enumerate(self.figures):
            have = figure.name.lower().split()
            if figure.named and (set(wanted) <= set(have) or set(have) <= set(wanted)):
                return index
        return None

    def pronoun(self, word: str) -> tuple[int, ...]:
        """Find whom a pronoun means; empty where nobody fits."""
        wanted = _NOUN_OF.get(word.lower(), word.lower())
        if wanted == "they":
            return self._several(apart=self._here if word.lower() == "them" else ())
        nearest = list(dict.fromkeys([*self._here, *self._recent]))
        for acceptable in (wanted, "", "it") if wanted != "it" else ("it",):
            for index in nearest:
                if self.figures[index].pronoun == acceptable:
                    self.figures[index] = replace(self.figures[index], pronoun=acceptable or wanted)
                    return self.see(index)
        return ()

    def everyone(self, words: str) -> tuple[int, ...]:
        """Find whom `the pair` means, if it is those already met and no group of its own."""
        if words.lower() not in WHOLE_CAST:
            return ()
        return self._several()

    def learn(self, index: int, looks: str) -> None:
        """Add looks told later to the fixed description, once."""
        figure = self.figures[index]
        if looks and looks.split()[-1] not in figure.description.split():
            description = (
                f"{figure.description} {looks}" if figure.description else _LEADING_WORDS.sub("", looks)
            )
            self.figures[index] = replace(figure, description=description)

    def rename(self, index: int, name: str) -> None:
        """Give a figure the name it turns out to have."""
        self.figures[index] = replace(self.figures[index], name=name, named=True)

    def _several(self, apart: Sequence[int] = ()) -> tuple[int, ...]:
        nearby = list(dict.fromkeys([*self._here, *self._recent]))
        for index in nearby:
            if self.figures[index].pronoun == "they":
                return self.see(index)
        others = [index for index in self._company if index not in apart]
        company = others if apart and len(others) > 1 else [*dict.fromkeys([*self._company, *self._here])]
        seen = company if 1 < len(company) <= MOST_TOGETHER else nearby
        seen = seen if len(seen) <= MOST_TOGETHER else nearby[:2]
        for index in sorted(seen):
            self.see(index)
        return tuple(sorted(seen))

    def _already_met(self, phrase: NounPhrase) -> int | None:
        indefinite = phrase.determiner in NEW_DETERMINERS
        for index in dict.fromkeys([*self._recent, *self._here]):
            figure = self.figures[index]
            if indefinite and (index in self._here or figure.head != phrase.head):
                continue
            if _same_kind(figure.head, phrase.head) and not _contrast(figure.adjectives, phrase.adjectives):
                return index
        return None if indefinite else self._fits(phrase)

    def _fits(self, phrase: NounPhrase) -> int | None:
        """Find a mere name, or an animal, that `the woman` or `the animal` may mean."""
        if phrase.determiner not in {"the", "this", "that"} or phrase.adjectives:
            return None
        wanted = _pronoun_of(phrase.head)
        general = phrase.head in {"animal", "creature", "beast"}
        for index in self._recent:
            figure = self.figures[index]
            if (general and figure.pronoun == "it") or (
                figure.named
                and not figure.head
                and figure.pronoun in {wanted, ""}
                and phrase.head in {"man", "woman"}
            ):
                return index
        return None

    def _add(self, figure: Figure) -> tuple[int, ...]:
        taken = {other.name for other in self.figures}
        names = [
            figure.name,
            *(f"the {ordinal} {figure.head}" for ordinal in ("second", "third", "fourth", "fifth")),
        ]
        names += [f"{figure.name} {number}" for number in range(2, len(taken) + 3)]
        self.figures.append(replace(figure, name=next(name for name in names if name not in taken)))
        return self.see(len(self.figures) - 1)


def _figure_of(phrase: NounPhrase) -> Figure:
    bare = (
        phrase.description.removesuffix(phrase.attributes).strip()
        if phrase.attributes
        else phrase.description
    )
    return Figure(
        name=f"the {bare}",
        description=phrase.description,
        head=phrase.head,
        adjectives=frozenset(phrase.adjectives),
        pronoun="they" if phrase.plural else _pronoun_of(phrase.head),
    )


def with_sex(figure: Figure) -> Figure:
    """Let the description say what only a pronoun told: `female captain`, for who draws sees no story."""
    told = figure.pronoun not in {"he", "she"} or _pronoun_of(figure.head) or pronoun_of_name(figure.name)
    if told or re.search(r"\b(?:wom[ae]n|girl|lady|m[ae]n|boy)\b", figure.description):
        return figure
    if figure.head and figure.head in figure.description:
        said = figure.description.replace(figure.head, f"{_SEX[figure.pronoun][0]} {figure.head}", 1)
        return replace(figure, description=said)
    return replace(figure, description=", ".join(filter(None, (_SEX[figure.pronoun][1], figure.description))))


def _pronoun_of(head: str) -> str:
    if head.endswith(("woman", "girl")):
        return "she"
    if head.endswith(("man", "boy")):
        return "he"
    return next((word for word, kinds in (("he", _HE), ("she", _SHE), ("it", _IT)) if head in kinds), "")


def _same_kind(one: str, other: str) -> bool:
    return one == other or any(one in kinds and other in kinds for kinds in SAME_KIND)


def _contrast(known: frozenset[str], told: Sequence[str]) -> bool:
    return any(known & row and set(told) & row and not known & row & set(told) for row in CONTRASTS)
