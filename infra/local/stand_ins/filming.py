"""The clips that are asked for: accepted, made in their time, delivered, and put down in the account.

Safe to use from many threads. It knows neither HTTP nor whether it was Omni or Veo that was asked.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from infra.local.stand_ins.bucket import Buckets, NotStored
from infra.local.stand_ins.clips import Clips, ClipShape
from infra.local.stand_ins.fates import Ending, Fate, Manner, Oddity, Rates, Rejection, with_prompt
from infra.local.stand_ins.google_fates import clip_fate
from infra.local.stand_ins.ledger import ANSWER_LOST, CALLED, CANCEL_ASKED, REFUSED_AT_START, LedgerWriter
from infra.local.stand_ins.operations import HasEnded, Operation
from infra.local.stand_ins.pictures import Pictures, PictureShape
from infra.local.stand_ins.scripts import Looks, Script

SLOW_FACTOR = 5
"""How much longer a slow operation takes."""
NO_VIDEO = b"this is no video, whatever its name says\n" * 100
FILE_NAME = "sample_0.mp4"
ELSEWHERE = "gs://somebody-elses-bucket/clips/sample_0.mp4"


class Delivery(StrEnum):
    """How a clip gets to whoever asked for it."""

    BUCKET = "bucket"
    FILE = "file"
    """The Gemini API's: it is downloaded."""
    INLINE = "inline"
    """It is in the answer."""


@dataclass(frozen=True)
class ClipCall:
    """One clip that is asked for, and that the model can make."""

    model: str
    prompt: str
    seconds: int
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    seed: int
    first: bytes | None = None
    """Encoded picture."""
    last: bytes | None = None
    """Encoded picture."""
    references: tuple[bytes, ...] = ()
    """Encoded pictures."""
    has_sound: bool = True
    delivery: Delivery = Delivery.INLINE
    output: str = ""
    """`gs://bucket/prefix/`; empty unless it goes to a bucket."""

    @property
    def stills(self) -> tuple[str, ...]:
        """Where in the clip its pictures stand."""
        return tuple(name for name, still in (("first", self.first), ("last", self.last)) if still)

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """All pictures of the call: first, last, then references."""
        return tuple(still for still in (self.first, self.last) if still) + self.references


@dataclass(frozen=True)
class Film:
    """One call that was accepted."""

    operation: Operation
    call: ClipCall
    ending: Ending
    uri: str = ""
    """Where the clip is, once it is; its file's id, if it is to be downloaded."""
    clip: bytes = b""
    """Unless it is in a bucket."""


@dataclass(frozen=True)
class Begun:
    """What became of a call that the model could take."""

    film: Film | None
    rejection: Rejection | None
    manner: Manner
    fault: str = "ok"
    """In words, for the log."""


class Studio:
    """Makes clips for money.

    Args:
        seconds_per_clip: from accepting to making, on a usual day.
        seed: of the faults; the n-th call of a seed has always the same fate.
    """

    def __init__(
        self,
        buckets: Buckets,
        ledger: LedgerWriter,
        pictures: Pictures,
        rates: Rates,
        seed: int,
        seconds_per_clip: float,
    ) -> None:
        self._buckets = buckets
        self._ledger = ledger
        self._pictures = pictures
        self._rates = rates
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._seconds_per_clip = seconds_per_clip
        self._clips = Clips()
        self._lock = threading.Lock()
        self._films: dict[str, Film] = {}
        self.starts = Script(clip_fate)
        self.polls = Looks(rates.poll_unavailable, Random(seed + 1))  # noqa: S311 - as above
        self.cancels = Looks(0, Random(seed + 2))  # noqa: S311 - as above
        self.downloads = Looks(0, Random(seed + 3))  # noqa: S311 - as above

    def begin(self, call: ClipCall, name: str) -> Begun:
        """Accept a call, or not, as a script, a rate and its prompt have it.

        Args:
            name: of its operation, should there be one.
        """
        with self._lock:
            drawn = self._rates.draw(self._random)
            fate = with_prompt(self.starts.next() or drawn, call.prompt)
            output = call.output or f"files/{name}"
            self._ledger.write(CALLED, output=output, stills=call.stills)
            if fate.rejection:
                return self._reject(fate.rejection, output)
            film = self._accept(call, name, output, fate)
            return Begun(film, None, fate.manner or Manner.PLAIN, _fault(fate))

    def not_taken(self, code: int) -> None:
        """Put down a call that never got as far as its fate: not permitted, not understood, not offered."""
        with self._lock:
            self._ledger.write(CALLED)
            self._ledger.write(f"rejected_{code}")

    def find(self, name: str) -> Film | None:
        """Return what is known of an operation."""
        with self._lock:
            return self._films.get(name)

    def find_file(self, file_id: str) -> bytes | None:
        """Return a clip that is handed out."""
        with self._lock:
            return next((film.clip for film in self._films.values() if film.uri == file_id), None)

    def cancel(self, name: str, *, has_effect: bool) -> Film | None:
        """Stop an operation, if it still runs; None if there is none."""
        with self._lock:
            film = self._films.get(name)
            self._ledger.write(CANCEL_ASKED, name=name, output=film.operation.output if film else None)
            if film and has_effect and film.operation.is_running:
                film = self._record(replace(film, operation=film.operation.cancel()))
            return film

    def _reject(self, rejection: Rejection, output: str) -> Begun:
        is_refused = rejection.status == "CONTENT_BLOCKED"
        self._ledger.write(REFUSED_AT_START if is_refused else f"rejected_{rejection.code}", output=output)
        return Begun(None, rejection, Manner.PLAIN, rejection.status)

    def _accept(self, call: ClipCall, name: str, output: str, fate: Fate) -> Film:
        film = self._record(Film(Operation(name, output), call, fate.ending or Ending()))
        if fate.manner:
            self._ledger.write(ANSWER_LOST, name=name, output=output, billed=True)
        if not film.ending.is_endless:
            lasts = self._seconds_per_clip * (SLOW_FACTOR if fate.is_slow else 1)
            timer = threading.Timer(lasts, self._end, (name,))
            timer.daemon = True
            timer.start()
        return film

    def _end(self, name: str) -> None:
        """Let an operation end, from a thread of its own."""
        film = self._films[name]
        if status := film.ending.error_status:
            message, billed = film.ending.message, film.ending.billed
            self._step(name, lambda running: running.fail(status, message, billed=billed))
            return
        clip = NO_VIDEO if film.ending.is_corrupt else self._make(film.call, film.ending)
        try:
            delivered = self._deliver(film, clip)
        except NotStored:
            self._step(
                name,
                lambda running: running.fail("INTERNAL", "the output could not be written", billed=False),
            )
            return
        with self._lock:
            if self._films[name].operation.is_running:
                self._films[name] = delivered
        if not self._step(name, Operation.deliver) and film.call.delivery is Delivery.BUCKET:
            self._buckets.remove(delivered.uri)  # it was cancelled meanwhile

    def _make(self, call: ClipCall, ending: Ending) -> bytes:
        first = call.first or self._pictures.get(
            PictureShape(call.prompt, call.width, call.height, call.seed)
        )
        has_sound = call.has_sound and ending.oddity is not Oddity.SILENT
        shape = ClipShape(call.prompt, call.seconds, call.width, call.height, has_sound, first, call.last)
        return self._clips.get(shape)

    def _deliver(self, film: Film, clip: bytes) -> Film:
        """Put a clip where it was asked to be.

        Raises:
            NotStored: the bucket does not take it.
        """
        call, name = film.call, film.operation.name
        match call.delivery:
            case Delivery.INLINE:
                return replace(film, clip=clip)
            case Delivery.FILE:
                return replace(film, clip=clip, uri=uuid.uuid4().hex[:12])
        uri = call.output + FILE_NAME
        self._buckets.put(uri, clip, is_wanted=lambda: self._films[name].operation.is_running)
        return replace(film, uri=ELSEWHERE if film.ending.oddity is Oddity.ELSEWHERE else uri)

    def _step(self, name: str, step: Callable[[Operation], Operation]) -> bool:
        """Take a step, and say whether it could be taken: nothing can once an operation has ended."""
        with self._lock:
            film = self._films[name]
            try:
                self._record(replace(film, operation=step(film.operation)))
            except HasEnded:
                return False
            return True

    def _record(self, film: Film) -> Film:
        """Write the account before anyone can be told."""
        operation = film.operation
        self._ledger.write(
            operation.state, name=operation.name, output=operation.output, billed=operation.billed
        )
        self._films[operation.name] = film
        return film


def _fault(fate: Fate) -> str:
    """Name what befalls a call that is accepted."""
    ending = fate.ending or Ending()
    told = (fate.manner, ending.oddity, ending.error_status, ending.is_corrupt and "corrupt")
    return next((str(each) for each in told if each), "ok")
