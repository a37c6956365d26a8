"""One paid drawing, and the look at it: made in a thread of its own, stored, not committed. Knows no backend.

Whatever was paid lies in storage before anything else is done with it, where the next try finds it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from pydantic import ValidationError

from functions.keyframes.cache import DrawingCache
from functions.keyframes.image_backends import KeyframeRequest, PaidImageBackend
from functions.keyframes.judge import Judge
from functions.keyframes.purse import Purse
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import (
    BackendUnavailable,
    Contended,
    CostLimitReached,
    MustWait,
    ObjectMissing,
    Unavailable,
)
from shared.domain.job import Charge, Judgement
from shared.domain.pricing import JUDGEMENT_PRICE, drawing_usd_micros
from shared.references import Reference

log = structlog.get_logger()

JUDGED_BY = "gemini"
"""The backend that is paid for a look."""


@dataclass(frozen=True)
class Drawing:
    """One that is stored: of several of the same picture, the best becomes the keyframe."""

    path: str
    crc32c: str
    from_cache: bool = False
    judgement: Judgement | None = None
    charges: tuple[Charge, ...] = ()

    @property
    def score(self) -> float:
        """For comparing: one without judgement comes last."""
        return self.judgement.score if self.judgement else -1.0


@dataclass
class Picture:
    """A keyframe or a sheet, until it is committed."""

    path: str
    """Where it will lie."""
    what: str
    """`keyframe` or `character sheet`: the reason of its charges."""
    request: KeyframeRequest
    references: tuple[Reference, ...]
    subject: int | str
    """Number of the keyframe, or name of the character."""
    shot: int | None = None
    """Which failures name."""
    drawings: list[Drawing] = field(default_factory=list)
    blanks: int = 0
    """Answers without a picture, one after the other."""
    lost: list[Charge] = field(default_factory=list)
    """Paid for what could not be stored."""

    @property
    def usd_micros(self) -> int:
        """What has been paid for it and is not charged yet."""
        return sum(charge.usd_micros for drawing in self.drawings for charge in drawing.charges)


@dataclass(frozen=True)
class Studio:
    """What draws for one job. May be used by several threads.

    Args:
        judge: None where nobody looks at what was drawn.
    """

    assignment: Assignment
    backend: PaidImageBackend
    judge: Judge | None
    purse: Purse
    cache: DrawingCache

    def draw(self, picture: Picture) -> Drawing:
        """Find or make the next drawing of a picture, and look at it.

        Raises:
            CostLimitReached: it would cost more than the user permits.
            Refused, OperationFailed, BackendFailed: there is no drawing, and nothing was paid.
            MustWait, Unavailable: trying again later is right; what was paid is stored.
        """
        number = len(picture.drawings)
        drawing = self._stored(picture, number) or self._found(picture, number) or self._made(picture, number)
        return self._judged(picture, number, drawing)

    def _stored(self, picture: Picture, number: int) -> Drawing | None:
        """Return what an earlier try has left."""
        objects = self.assignment.services.objects
        path = naming.drawing_path(picture.path, number)
        if crc32c := objects.checksum(path):
            charge = self._charge(picture)
            self.purse.spent(charge.usd_micros)
            return Drawing(path, crc32c, charges=(charge,))
        path = naming.found_drawing_path(picture.path, number)
        crc32c = objects.checksum(path)
        return Drawing(path, crc32c, from_cache=True) if crc32c else None

    def _found(self, picture: Picture, number: int) -> Drawing | None:
        """Return what was drawn before for the same owner."""
        request = self._request(picture, number)
        drawn = self.cache.find(self._address(picture, number), request.width, request.height)
        if drawn is None:
            return None
        path = naming.found_drawing_path(picture.path, number)
        crc32c = self.assignment.services.objects.put(path, drawn, "image/png")
        log.info("drawing.found", what=picture.what, number=number)
        return Drawing(path, crc32c, from_cache=True)

    def _made(self, picture: Picture, number: int) -> Drawing:
        services, charge = self.assignment.services, self._charge(picture)
        services.switches.admit(charge.model)
        if not self.assignment.has_time_for_a_call:
            raise MustWait(timedelta(seconds=1))
        with self.purse.paying(charge.usd_micros, shot=picture.shot):
            try:
                with self.assignment.generating(picture.what):
                    drawn = self.backend.draw(self._request(picture, number), picture.references)
            except BackendUnavailable:
                _note(services.switches.outage, charge.model)
                raise
        _note(services.switches.success, charge.model)
        path = naming.drawing_path(picture.path, number)
        try:
            crc32c = services.objects.put(path, drawn, "image/png")
        except Unavailable:
            picture.lost.append(charge)
            raise
        self.cache.keep(self._address(picture, number), drawn)
        return Drawing(path, crc32c, charges=(charge,))

    def _judged(self, picture: Picture, number: int, drawing: Drawing) -> Drawing:
        """Return the drawing with what was seen at looking at it: in this try, or in an earlier one."""
        sheets = [reference for reference in picture.references if reference.is_sheet]
        if self.judge is None or not sheets:
            return drawing
        objects, path = self.assignment.services.objects, naming.judgement_path(picture.path, number)
        look = Charge(usd_micros=JUDGEMENT_PRICE.usd_micros, reason="judgement", model=JUDGED_BY)
        if judgement := self._judged_before(path):
            self.purse.spent(look.usd_micros)
            return replace(drawing, judgement=judgement, charges=(*drawing.charges, look))
        paid: list[Charge] = []

        @contextmanager
        def paying() -> Iterator[None]:
            with self.purse.paying(look.usd_micros, shot=picture.shot):
                yield
            paid.append(look)  # also where the answer cannot be used

        try:
            judgement = self.judge.judge(objects.get(drawing.path), sheets, paying)
            if judgement:
                objects.put(path, judgement.model_dump_json().encode(), "application/json")
        except CostLimitReached:  # to be looked at is not what the user wants most
            log.info("keyframe.not_judged", reason=CostLimitReached.code)
        except Unavailable:
            picture.lost += paid
            raise
        return replace(drawing, judgement=judgement, charges=(*drawing.charges, *paid))

    def _judged_before(self, path: str) -> Judgement | None:
        try:
            return Judgement.model_validate_json(self.assignment.services.objects.get(path))
        except (ObjectMissing, ValidationError):
            return None

    def _charge(self, picture: Picture) -> Charge:
        config = self.assignment.state.job.config
        return Charge(usd_micros=drawing_usd_micros(config), reason=picture.what, model=config.image_model)

    def _request(self, picture: Picture, number: int) -> KeyframeRequest:
        seed = naming.redraw_seed(picture.request.seed, number, picture.blanks)
        return picture.request.evolve(seed=seed)

    def _address(self, picture: Picture, number: int) -> str:
        """Name a drawing for the cache: the same, however often the model had to be asked."""
        asked_first = picture.request.evolve(seed=naming.redraw_seed(picture.request.seed, number, 0))
        return self.backend.address(asked_first, picture.references)


def _note(event: Callable[[str], None], model: str) -> None:
    """Tell the circuit breaker. It is only an estimate, so nothing that matters may fail over it."""
    try:
        event(model)
    except (Unavailable, Contended) as error:
        log.warning("circuit.unchanged", model=model, reason=error.code)
