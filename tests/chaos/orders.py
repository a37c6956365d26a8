"""What the clients of a run ask for, and when they change their minds: all of it from the seed. Pure."""

from enum import StrEnum
from random import Random

from shared.domain.model import Record

SIZE = "640x360"
FPS = 24
SECONDS = (4, 12)
"""Shortest and longest; the planner makes one to three shots of it."""

_SENTENCES = (
    "Mara, a young woman in a red coat, walks along the harbour at dawn.",
    "Rain begins to fall on the boats.",
    "Mara shelters in a warm café.",
    "A small white dog runs over the bridge at noon.",
    "Jonas, an old man with a grey beard, lights a lantern.",
    "At night Mara runs home through the city.",
)


class Phase(StrEnum):
    """Where in its life a client sees its video."""

    QUEUED = "queued"
    DRAWING = "drawing"
    RENDERING = "rendering"
    """Of a paid clip: also while its operation is polled."""
    FINALIZING = "finalizing"


class Cancel(Record):
    """When a client cancels."""

    phase: Phase
    """Once it has seen the video there, or beyond."""
    after_seconds: float


class Order(Record):
    """One video that somebody wants."""

    number: int
    prompt: str
    seconds: int
    model: str
    fallback_models: tuple[str, ...] = ()
    overlap: bool = False
    keyframes: str = "single"
    transition: str = "cut"
    cancel: Cancel | None = None

    @property
    def body(self) -> dict[str, object]:
        """What is posted."""
        body: dict[str, object] = {
            "prompt": self.prompt,
            "seconds": self.seconds,
            "size": SIZE,
            "model": self.model,
            "seed": self.number,
            "keyframes": self.keyframes,
            "transition": self.transition,
        }
        if self.fallback_models:
            body["fallback_models"] = list(self.fallback_models)
        if self.overlap:
            body["overlap"] = True
        return body

    @property
    def frames(self) -> int:
        """How many the video has."""
        return self.seconds * FPS


def orders(seed: int, count: int, *, paid_share: float = 0.7, model: str = "scripted") -> list[Order]:
    """Return the orders of a run.

    Args:
        model: which video backend is paid.
    """
    return [_order(seed, number, paid_share, model) for number in range(1, count + 1)]


def _order(seed: int, number: int, paid_share: float, model: str) -> Order:
    random = Random(f"{seed}/order/{number}")  # noqa: S311 - to be repeated, not to be secret
    is_paid = random.random() < paid_share
    sentences = random.sample(_SENTENCES, random.randint(1, 3))
    # Oftenest while clips are rendered, since then money may be under way.
    phase, after_seconds = random.choice([*Phase, Phase.RENDERING]), random.uniform(0, 1.5)
    is_cancelled = random.random() < 0.1
    keyframes = random.choice(("single", "single", "pair", "chain", "none"))
    bridged = keyframes in ("single", "none") and random.random() < 0.3
    return Order(
        number=number,
        prompt=" ".join(sentences),
        seconds=random.randint(*SECONDS),
        model=model if is_paid else "animatic",
        fallback_models=("animatic",) if is_paid and random.random() < 0.3 else (),
        overlap=is_paid and random.random() < 0.3,
        keyframes=keyframes,
        transition="crossfade" if bridged else "cut",
        cancel=Cancel(phase=phase, after_seconds=after_seconds) if is_cancelled else None,
    )
