"""The things a prompt may name, by the words for them. Data only; it must not know how they are drawn."""

import re
from collections.abc import Collection

from shared.board.colour import RGB

SMALL: dict[str, tuple[RGB, str]] = {
    "lantern": ((66, 58, 54), "lantern lanterns"),
    "umbrella": ((204, 58, 50), "umbrella parasol"),
    "balloon": ((214, 48, 48), "balloon balloons"),
    "book": ((132, 52, 60), "book books notebook diary novel"),
    "letter": ((190, 48, 44), "letter letters envelope postcard"),
    "map": ((226, 200, 148), "map scroll parchment"),
    "cup": ((86, 140, 168), "cup cups mug tea coffee teacup cocoa espresso latte"),
    "key": ((222, 178, 76), "key keys"),
    "sword": ((206, 214, 222), "sword swords dagger"),
    "guitar": ((190, 112, 58), "guitar violin ukulele cello banjo lute"),
    "suitcase": ((150, 96, 62), "suitcase suitcases briefcase luggage"),
    "flower": ((222, 76, 92), "flower flowers roses tulip tulips sunflower sunflowers bouquet"),
    "candle": ((246, 238, 220), "candle candles"),
    "cake": ((206, 142, 96), "cake cakes cupcake"),
    "telescope": ((196, 154, 78), "telescope spyglass binoculars"),
    "kite": ((226, 92, 60), "kite kites"),
    "ball": ((222, 84, 62), "ball football basketball"),
    "phone": ((54, 58, 68), "phone smartphone cellphone telephone tablet"),
    "gift": ((206, 62, 70), "gift gifts parcel package"),
    "bottle": ((62, 124, 96), "bottle bottles potion perfume"),
    "pot": ((92, 98, 108), "pot soup stew cauldron kettle saucepan"),
    "treasure": ((132, 88, 56), "treasure"),
}
"""Of each thing that people handle: its usual colour, and the words for it."""

LARGE: dict[str, str] = {
    "lighthouse": "lighthouse",
    "campfire": "campfire bonfire fire",
    "chess": "chess chessboard",
    "bicycle": "bicycle bike bicycles",
    "rocket": "rocket spacecraft",
    "train": "train locomotive",
    "tent": "tent tents",
    "bench": "bench benches",
    "boat": "boat boats ship ships",
    "car": "car cars taxi taxis van",
    "house": "house houses cottage cottages cabin hut huts",
    "door": "door doorway gate",
    "table": "table",
    "pine": "fir pine",
    "tree": "tree oak",
}
"""Of each thing that stands in a place: the words for it."""

BESIDE = frozenset({*SMALL, "campfire", "table", "chess", "bicycle", "bench"})
"""Things small enough to stand with the figures, and not somewhere behind them."""

HANDY = frozenset({*SMALL} - {"umbrella", "suitcase", "treasure", "pot"})
"""Things that whoever handles them holds before the chest, where a medium picture shows them."""

BETWEEN = frozenset({"campfire", "chess", "table", "cake", "treasure", "pot"})
"""What two who share it have between them."""

OPEN_AIR = frozenset(
    {"lighthouse", "boat", "car", "house", "pine", "tree", "campfire", "train", "rocket", "tent", "bench"}
)
"""What stands in no room."""


def things_called(words: Collection[str]) -> frozenset[str]:
    """Return the keys of all things that one of these words means."""
    named = {key: names for key, (_, names) in SMALL.items()} | LARGE
    return frozenset(key for key, names in named.items() if not {*names.split()}.isdisjoint(words))


def find_thing(text: str, *, but: Collection[str] = ()) -> tuple[str, str]:
    """Return the key of the thing a text names, and its word; both empty where it names none.

    Of those people handle the first counts, and only without one the first large one.

    Args:
        but: keys to pass over.
    """
    words = re.findall(r"[a-z]+", text.lower())
    small = {key: names for key, (_, names) in SMALL.items()}
    for table in (small, LARGE):
        meant = {word: key for key, names in table.items() if key not in but for word in names.split()}
        if word := next((word for word in words if word in meant), ""):
            return meant[word], word
    return "", ""
