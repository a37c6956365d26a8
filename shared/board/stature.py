"""Reads how tall and how broad someone is from the words known of them. It draws nothing."""

from shared.board import wardrobe as words
from shared.board.wardrobe import Age, Species


def height_of(species: Species, age: Age, feminine: bool, known: set[str]) -> float:
    """Return the height against that of a grown man, by the words known of them."""
    height = {Age.CHILD: 0.7, Age.OLD: 0.93, Age.GROWN: 0.95 if feminine else 1.0}[age]
    if species is not Species.PERSON:
        height = words.SIZES.get(species, 1.0) * (0.68 if known & set(words.YOUNG_ANIMALS) else 1.0)
    if known & {"tall", "giant", "huge", "large"}:
        height *= 1.1
    if known & {"small", "little", "tiny", "short"} - ({"short"} if known & set(words.HAIR_NOUNS) else set()):
        height *= 0.86
    return height


def breadth_of(known: set[str]) -> float:
    """Return the breadth against a usual build."""
    if known & {"big", "broad", "stout", "fat", "burly", "heavy", "sturdy", "giant", "muscular", "chubby"}:
        return 1.2
    return 0.9 if known & {"thin", "slim", "slender", "skinny", "gaunt", "lean"} else 1.0
