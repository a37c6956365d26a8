"""Proportions of four-legged animals, in heights of a grown person. Data only."""

from dataclasses import dataclass
from enum import StrEnum

from shared.board.colour import RGB
from shared.board.wardrobe import Species


class Tail(StrEnum):
    BUSHY = "bushy"
    CURVED = "curved"
    THIN = "thin"
    HAIRY = "hairy"
    STUB = "stub"


class Ears(StrEnum):
    POINTED = "pointed"
    FLOPPY = "floppy"
    ROUND = "round"
    TALL = "tall"
    LARGE = "large"


@dataclass(frozen=True)
class Breed:
    """The build of one kind of animal."""

    leg: float
    length: float
    girth: float
    neck: float
    neck_forward: float
    """How far the neck leans forwards against its height."""
    head: float
    head_turn: float
    """Degrees; negative lets the nose point down."""
    muzzle: float
    """Length of the muzzle in heads."""
    muzzle_width: float
    ears: Ears
    tail: Tail
    tail_length: float
    leg_width: float
    tuck: float = 0.86
    """Depth of the belly behind, as a share of the girth."""
    belly: RGB | None = None
    paw: RGB | None = None
    hooves: bool = False
    antlers: bool = False
    mane: bool = False
    sits: bool = True


PALE = (240, 232, 218)

BREEDS = {
    Species.DOG: Breed(
        leg=0.23,
        length=0.5,
        girth=0.19,
        neck=0.14,
        neck_forward=0.7,
        head=0.23,
        head_turn=-6,
        muzzle=0.62,
        muzzle_width=0.36,
        ears=Ears.FLOPPY,
        tail=Tail.CURVED,
        tail_length=0.2,
        leg_width=0.052,
        tuck=0.8,
        belly=PALE,
    ),
    Species.WOLF: Breed(
        leg=0.29,
        length=0.62,
        girth=0.23,
        neck=0.11,
        neck_forward=1.0,
        head=0.27,
        head_turn=-6,
        muzzle=0.7,
        muzzle_width=0.34,
        ears=Ears.POINTED,
        tail=Tail.BUSHY,
        tail_length=0.24,
        leg_width=0.056,
        tuck=0.78,
        belly=PALE,
    ),
    Species.FOX: Breed(
        leg=0.18,
        length=0.46,
        girth=0.15,
        neck=0.09,
        neck_forward=0.9,
        head=0.22,
        head_turn=-8,
        muzzle=0.68,
        muzzle_width=0.25,
        ears=Ears.POINTED,
        tail=Tail.BUSHY,
        tail_length=0.32,
        leg_width=0.038,
        tuck=0.82,
        belly=PALE,
        paw=(58, 42, 42),
    ),
    Species.CAT: Breed(
        leg=0.14,
        length=0.36,
        girth=0.13,
        neck=0.08,
        neck_forward=0.6,
        head=0.175,
        head_turn=-2,
        muzzle=0.36,
        muzzle_width=0.4,
        ears=Ears.POINTED,
        tail=Tail.THIN,
        tail_length=0.26,
        leg_width=0.036,
        belly=PALE,
    ),
    Species.LION: Breed(
        leg=0.34,
        length=0.9,
        girth=0.32,
        neck=0.14,
        neck_forward=0.9,
        head=0.36,
        head_turn=-6,
        muzzle=0.5,
        muzzle_width=0.46,
        ears=Ears.ROUND,
        tail=Tail.THIN,
        tail_length=0.4,
        leg_width=0.085,
        tuck=0.82,
        mane=True,
    ),
    Species.HORSE: Breed(
        leg=0.52,
        length=0.95,
        girth=0.37,
        neck=0.4,
        neck_forward=0.72,
        head=0.36,
        head_turn=-38,
        muzzle=0.95,
        muzzle_width=0.4,
        ears=Ears.POINTED,
        tail=Tail.HAIRY,
        tail_length=0.5,
        leg_width=0.07,
        tuck=0.88,
        hooves=True,
        sits=False,
    ),
    Species.DEER: Breed(
        leg=0.46,
        length=0.7,
        girth=0.26,
        neck=0.34,
        neck_forward=0.5,
        head=0.26,
        head_turn=-22,
        muzzle=0.72,
        muzzle_width=0.3,
        ears=Ears.FLOPPY,
        tail=Tail.STUB,
        tail_length=0.035,
        leg_width=0.044,
        tuck=0.82,
        belly=PALE,
        hooves=True,
        antlers=True,
        sits=False,
    ),
    Species.BEAR: Breed(
        leg=0.26,
        length=0.86,
        girth=0.46,
        neck=0.06,
        neck_forward=1.4,
        head=0.36,
        head_turn=-6,
        muzzle=0.5,
        muzzle_width=0.42,
        ears=Ears.ROUND,
        tail=Tail.STUB,
        tail_length=0.04,
        leg_width=0.13,
        tuck=0.95,
    ),
    Species.MOUSE: Breed(
        leg=0.035,
        length=0.26,
        girth=0.15,
        neck=0.03,
        neck_forward=1.2,
        head=0.15,
        head_turn=-6,
        muzzle=0.4,
        muzzle_width=0.4,
        ears=Ears.LARGE,
        tail=Tail.THIN,
        tail_length=0.24,
        leg_width=0.03,
        tuck=0.98,
        belly=PALE,
    ),
    Species.ELEPHANT: Breed(
        leg=0.46,
        length=1.16,
        girth=0.56,
        neck=0.06,
        neck_forward=2.2,
        head=0.5,
        head_turn=0,
        muzzle=0.5,
        muzzle_width=0.5,
        ears=Ears.FLOPPY,
        tail=Tail.THIN,
        tail_length=0.3,
        leg_width=0.15,
        tuck=0.98,
        sits=False,
    ),
    Species.RABBIT: Breed(
        leg=0.08,
        length=0.24,
        girth=0.14,
        neck=0.05,
        neck_forward=0.6,
        head=0.15,
        head_turn=-4,
        muzzle=0.36,
        muzzle_width=0.46,
        ears=Ears.TALL,
        tail=Tail.STUB,
        tail_length=0.035,
        leg_width=0.036,
        tuck=0.95,
        belly=PALE,
    ),
}
