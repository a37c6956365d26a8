"""Reads a story text by text and marks every mention of a character. Knows nothing of shots or of time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from functions.keyframes.planners.actors import bare_names, subjects_of
from functions.keyframes.planners.character_words import CONTINUOUS_ACTIONS, FINITE_ACTIONS
from functions.keyframes.planners.characters import Casting, Figure, Mention, with_sex
from functions.keyframes.planners.phrases import (
    AFTER_APPOSITION,
    ATTRIBUTES,
    DEPICTED,
    HOW_MANY,
    IN_BRACKETS,
    LOOKS_OF_NAMED,
    NAME,
    NAME_PHRASE,
    NAME_WORD,
    NAMED_GROUP,
    NAMES_OF_GROUP,
    OF_THE_BODY,
    POSSESSIVE,
    PRONOUN,
    WEARS,
    NounPhrase,
    is_title,
    match_noun_phrase,
    may_be_name,
    names_in,
    read_noun_phrase,
    tidy,
)
from functions.keyframes.planners.sentences import QUOTATION, split_sentences
from shared.board.given_names import pronoun_of_name
from shared.board.scene import read_scene

HAVING = frozenset({"has", "had", "with"})
TITLE_MARK = r"(?:Dr|Mr|Mrs|Ms|Prof|Capt)\. "
_APPOSED = re.compile(
    rf"(?P<name>(?:{TITLE_MARK})?{NAME})[,:]\s+(?:\d{{1,3}},\s+)?(?=(?:an?|the|his|her|our|my|\d|[a-z]))"
)
_EPITHET = re.compile(rf"(?P<name>{NAME_WORD}) (?=the )")
_INTRODUCED = re.compile(rf"(?P<name>(?:{TITLE_MARK})?{NAME}) (?:is|was) (?=an?\s)")
_ENDS = re.compile(r"\s*(?:[.;!?]|$)")
_AFTER_PREPOSITION = re.compile(r"(?i:\b(?:in|at|from|near|to|of|across|over|outside|around))\s+$")
_AMID_PLACES = re.compile(r"(?i:\b(?:in|at|near|across|over|outside|around|through))\s+$")
_DESCRIBED = re.compile(rf"(?=,?\s+(?:who|wearing|dressed)\b){ATTRIBUTES}")
IN_A_LIST = re.compile(rf"(?<=,)\s+(?:and\s+)?{NAME_WORD},")
"""After an apposition's last comma: it parts two of a list as well."""
_ARE_NAMED = re.compile(rf"\s+(?:are|were)\s+(?={NAME_WORD},?\s)")
_GENERAL = frozenset({"man", "woman", "girl", "boy", "lady", "person"})
"""What somebody with a calling may be besides."""
_BOTH = re.compile(r"(?i:the pair|the two|both)\b(?!\s+of)")
_NAME_IS = re.compile(rf"(?i:\b(?P<whose>his|her|its)\s+name\s+is)\s+(?P<name>{NAME_WORD})")
_OPENING_CUE = re.compile(
    r"(?:(?:And|Then|Suddenly|Finally|Later|Next|At last|Meanwhile|Afterwards|Soon after),?\s+)*"
)
_WORD = re.compile(r"(?<![\w'\u2019-])[^\W_]")


@dataclass(frozen=True)
class CastText:
    """One text and whom it shows, in order of appearance."""

    text: str
    mentions: tuple[Mention, ...]

    @property
    def figures(self) -> tuple[int, ...]:
        """Everyone mentioned, each once."""
        return tuple(dict.fromkeys(index for mention in self.mentions for index in mention.figures))


def cast_story(texts: Sequence[str]) -> tuple[tuple[Figure, ...], tuple[CastText, ...]]:
    """Find the characters of a story and where each text speaks of them."""
    casting = Casting()
    names = bare_names(texts)
    marked = []
    for text in texts:
        mentions: list[Mention] = []
        end = 0
        for sentence in split_sentences(text):
            start = text.index(sentence, end)
            end = start + len(sentence)
            read = _Reader(sentence, casting, names).read()
            casting.finish_text(subjects_of(sentence, read))
            mentions += [
                replace(mention, start=start + mention.start, end=start + mention.end) for mention in read
            ]
        marked.append(CastText(text, tuple(mentions)))
    return tuple(map(with_sex, casting.figures)), tuple(marked)


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, casting: Casting, names: frozenset[str]) -> None:
        self._text = text
        self._casting = casting
        self._names = names
        self._mentions: list[Mention] = []

    def read(self) -> tuple[Mention, ...]:
        self._read_new_name()
        self._read_missing_subject()
        quotations = [match.span() for match in QUOTATION.finditer(self._text)]
        position = 0
        while match := _WORD.search(self._text, position):
            start = match.start()
            position = (
                self._read_named_group(start)
                or self._read_apposition(start)
                or self._read_introduction(start)
                or self._read_name(start)
                or self._read_noun(start)
                or (not any(first < start < last for first, last in quotations) and self._read_pronoun(start))
                or start + 1
            )
        return tuple(self._mentions)

    def _read_missing_subject(self) -> None:
        """`Looks out of the window.` goes on with whoever acted before."""
        cue = _OPENING_CUE.match(self._text)
        start = cue.end() if cue else 0
        word = re.match(r"[A-Za-z]+", self._text[start:])
        first = word[0].lower() if word else ""
        if (
            self._casting.subjects_before
            and first in FINITE_ACTIONS | CONTINUOUS_ACTIONS
            and first not in {"is", "has"}
        ):
            figures = self._casting.subjects_before
            for index in figures:
                self._casting.see(index)
            self._mentions.append(Mention(start, start, figures, replaceable=first in FINITE_ACTIONS))

    def _read_apposition(self, start: int) -> int:
        """`Mara, a young woman in a red coat,` / `Mara: a young woman.` / `Pip the robot`."""
        match = _APPOSED.match(self._text, start) or _EPITHET.match(self._text, start)
        if not match or not self._may_be_called(match["name"]):
            return 0
        may_be_no_name = ":" in match[0] or _AFTER_PREPOSITION.search(self._text, 0, start)
        if may_be_no_name and not self._is_known(match["name"]):
            return 0
        noun = match_noun_phrase(self._text, match.end())
        phrase = read_noun_phrase(noun) if noun and not noun["possessive"] else None
        if not noun or not phrase:
            return 0
        end = noun.end()
        if noun["apposed"]:  # `Bruno, a knight, Mila, a witch,`: the next name is somebody else.
            end = self._text.rindex(",", 0, noun.start("apposed"))
        if match.re is _APPOSED:
            closing = AFTER_APPOSITION.match(self._text, end)
            if not closing:
                return 0
            end = closing.end()
            if IN_A_LIST.match(self._text, end):
                end -= 1
            phrase = phrase.told_more(closing["more"] or "")
        return self._note(start, end, self._casting.name(match["name"], phrase))

    def _read_introduction(self, start: int) -> int:
        """`Mara is a young woman in a red coat.`"""
        match = _INTRODUCED.match(self._text, start)
        noun = match_noun_phrase(self._text, match.end()) if match else None
        phrase = read_noun_phrase(noun) if noun and not noun["possessive"] else None
        if not match or not noun or not phrase or not self._may_be_called(match["name"]):
            return 0
        figures = self._casting.name(match["name"], phrase)
        if _ENDS.match(self._text, noun.end()):
            return self._note(start, noun.end(), figures)
        self._note(start, match.end("name"), figures)
        return noun.end()

    def _read_named_group(self, start: int) -> int:
        """`Anna and Otto, two old friends,`."""
        match = NAMED_GROUP.match(self._text, start)
        noun = match_noun_phrase(self._text, match.end()) if match else None
        phrase = read_noun_phrase(noun) if noun else None
        closing = AFTER_APPOSITION.match(self._text, noun.end()) if noun else None
        if not match or not phrase or not closing or not phrase.plural:
            return 0
        return self._note_each(start, closing.end(), match["names"], phrase)

    def _read_name(self, start: int) -> int:
        match = NAME_PHRASE.match(self._text, start)
        if not match:
            return 0
        name = match["name"]
        while name and not self._is_name(name, start):
            name = name.rpartition(" ")[0]
        if not name:
            return 0
        end = start + len(name)
        if self._is_depicted(start, end):
            return end
        inner = IN_BRACKETS.match(self._text, end)
        looks = tidy(inner["inner"]) if inner else ""
        figures = self._casting.name(name, description=looks)
        if inner:
            return self._note(start, inner.end(), figures)
        if re.match(POSSESSIVE, self._text[end:]):
            return self._note_owner(start, end, lambda: figures)
        if told := LOOKS_OF_NAMED.match(self._text, end):
            self._casting.learn(figures[0], tidy(told["attributes"]))
            return self._note(start, self._past_comma(told), figures)
        return self._note(start, self._learn_looks(end, figures[0]), figures)

    def _may_be_called(self, name: str) -> bool:
        return all(may_be_name(word) or is_title(word) for word in name.split() if not word.endswith("."))

    def _is_known(self, name: str) -> bool:
        """Tell whether it is somebody's name wherever it stands."""
        return pronoun_of_name(name) != "" or name in self._names or self._casting.by_name(name) is not None

    def _is_name(self, name: str, start: int) -> bool:
        words = name.split()
        if len(words) > 1 and is_title(words[0]) and may_be_name(words[-1]):
            return True
        described = IN_BRACKETS.match(self._text, start + len(name)) is not None
        described = described or _DESCRIBED.match(self._text, start + len(name)) is not None
        usual = start > 0 and pronoun_of_name(name) != "" and not _AMID_PLACES.search(self._text, 0, start)
        known = usual or name in self._names or self._casting.by_name(name) is not None
        return (known or described) and all(may_be_name(word) or is_title(word) for word in words)

    def _read_noun(self, start: int) -> int:
        match = match_noun_phrase(self._text, start)
        phrase = read_noun_phrase(match) if match else None
        if not match or not phrase:
            return self._read_whole_cast(start)
        if not phrase.determiner and not (phrase.plural and start == 0):
            return 0
        if self._is_depicted(start, match.end()):
            return match.end()
        if phrase.plural and _ARE_NAMED.match(self._text, match.end()):
            return match.end()
        if phrase.plural and (end := self._read_names_of_group(start, match, phrase)):
            return end
        if match["possessive"]:
            return self._note_owner(start, match.start("possessive"), lambda: self._casting.noun(phrase))
        if told := self._read_looks_after(start, match.end(), phrase):
            return told
        figures = self._casting.everyone(f"{phrase.determiner} {phrase.head}") or self._casting.noun(phrase)
        return self._note(start, self._learn_looks(self._past_comma(match), figures[0]), figures)

    def _is_depicted(self, start: int, end: int) -> bool:
        """`Draws a whale`, `a tale of a fox and an owl`; but not `draws a whale and the girl laughs`."""
        before = DEPICTED.search(self._text, 0, start)
        next_word = re.match(r"\s+([a-z]+)", self._text[end:])
        acts = next_word is not None and next_word[1] in FINITE_ACTIONS
        return before is not None and not (before["chain"] and acts)

    def _read_names_of_group(self, start: int, match: re.Match[str], phrase: NounPhrase) -> int:
        """`Two old friends, Anna and Otto,` are Anna and Otto, and nobody else."""
        end = match.end("attributes") if match["attributes"] else max(match.end("many"), match.end("plural"))
        named = NAMES_OF_GROUP.match(self._text, end)
        if not named or HOW_MANY.get(phrase.determiner, 0) not in {0, len(names_in(named["names"]))}:
            return 0
        return self._note_each(start, named.end(), named["names"], phrase)

    def _past_comma(self, told: re.Match[str]) -> int:
        """End of `Tim, who wears a blue sweater,` with the comma that closes what another one opened."""
        closes = (told["attributes"] or "").startswith(",") and self._text.startswith(", ", told.end())
        return told.end() + closes

    def _read_whole_cast(self, start: int) -> int:
        match = _BOTH.match(self._text, start)
        figures = self._casting.everyone(match[0]) if match else ()
        return self._note(start, match.end(), figures) if match and figures else 0

    def _read_pronoun(self, start: int) -> int:
        match = PRONOUN.match(self._text, start)
        if not match:
            return 0
        word, rest = match[0].lower(), self._text[match.end() :]
        if word in {"his", "its", "their"} and not OF_THE_BODY.match(rest):
            return 0
        if word == "her" and re.match(r"\s+[a-z]", rest) and not OF_THE_BODY.match(rest):
            return 0
        if word == "it" and read_scene(" ".join(rest.split()[:4]), hints=False) != read_scene(""):
            return 0
        figures = self._casting.pronoun(word)
        stands_alone = word in {"he", "she", "they", "it", "him", "them"}
        if not figures:
            return 0
        return self._note(
            start, self._learn_looks(match.end(), figures[0]), figures, replaceable=stands_alone
        )

    def _read_new_name(self) -> None:
        """`Her name is Lina.`"""
        if match := _NAME_IS.search(self._text):
            for index in self._casting.pronoun(match["whose"]):
                self._casting.rename(index, match["name"])

    def _learn_looks(self, end: int, index: int) -> int:
        """Remember what `Mara wears a red coat` tells; the words stay in the text."""
        if match := WEARS.match(self._text, end):
            self._casting.learn(
                index, f"{'with' if match['verb'] in HAVING else 'in'} {tidy(match['looks'])}"
            )
        return end

    def _note_each(self, start: int, end: int, names: str, phrase: NounPhrase) -> int:
        figures = tuple(
            index for name in names_in(names) for index in self._casting.name(name, phrase.one_of_them())
        )
        return self._note(start, end, figures) if figures else 0

    def _note_owner(self, start: int, end: int, figures: Callable[[], tuple[int, ...]]) -> int:
        """`Mara's face` shows Mara; `her father's house` need not show him."""
        if OF_THE_BODY.match(self._text, end):
            return self._note(start, end, figures(), replaceable=False)
        return end

    def _read_looks_after(self, start: int, end: int, phrase: NounPhrase) -> int:
        """`His daughter Mia, a little girl in a dress,` is one, as is `a guard, an old man,`."""
        comma = re.compile(r",\s+(?=an?\s)").match(self._text, end)
        noun = match_noun_phrase(self._text, comma.end()) if comma else None
        looks = read_noun_phrase(noun) if noun and not noun["possessive"] and not noun["apposed"] else None
        closing = AFTER_APPOSITION.match(self._text, noun.end()) if noun else None
        if not looks or not closing or looks.plural or looks.name:
            return 0
        if not phrase.name:
            if looks.head not in _GENERAL or phrase.head in _GENERAL or phrase.plural:
                return 0
            figures = self._casting.noun(phrase)
            self._casting.learn(figures[0], f"who is {looks.determiner} {looks.description}")
            return self._note(start, closing.end(), figures)
        told = replace(looks.told_more(closing["more"] or ""), name=phrase.name)
        return self._note(start, closing.end(), self._casting.noun(told))

    def _note(self, start: int, end: int, figures: tuple[int, ...], *, replaceable: bool = True) -> int:
        self._mentions.append(Mention(start, end, figures, replaceable))
        return end
