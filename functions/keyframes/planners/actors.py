"""Tells who acts in a text, by its words alone. Knows nothing of who was met before."""

import re
from collections.abc import Sequence

from functions.keyframes.planners.character_words import BASE_ACTIONS, FINITE_ACTIONS
from functions.keyframes.planners.characters import Mention
from functions.keyframes.planners.phrases import NAME, may_be_name

_ACTORS = re.compile(
    rf"(?P<names>{NAME}(?:(?:, {NAME})*,? (?:and|&) {NAME})?),? (?:[a-z]+ly )?(?P<verb>[a-z]+)\b"
)


def bare_names(texts: Sequence[str]) -> frozenset[str]:
    """Find the capitalised words that act: `Mara walks`, `Tom and Anna dance`."""
    names: set[str] = set()
    for text in texts:
        for match in _ACTORS.finditer(text):
            several = re.split(r",? (?:and|&) |, ", match["names"])
            acts = match["verb"] in FINITE_ACTIONS or (len(several) > 1 and match["verb"] in BASE_ACTIONS)
            if acts:
                names.update(name for name in several if all(map(may_be_name, name.split())))
    return frozenset(names)


def subjects_of(text: str, mentions: Sequence[Mention]) -> tuple[int, ...]:
    """Those mentioned up to the first gap that is not a mere `and` or comma."""
    subjects: list[int] = []
    end = None
    for mention in mentions:
        if end is not None and not re.fullmatch(r",?\s*(?:and|&|with)?\s*", text[end : mention.start]):
            break
        subjects.extend(mention.figures)
        end = mention.end
    return tuple(subjects)
