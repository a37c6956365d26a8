"""The provider itself: takes calls, lets operations end in their time, and keeps the account.

Safe to use from many threads. It knows nothing of HTTP but the numbers of its statuses.
"""

import base64
import binascii
import threading
import uuid
from collections.abc import Callable, Iterable
from random import Random
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from infra.local.stand_ins.answers import Answer, refusal
from infra.local.stand_ins.bucket import Buckets, NotStored
from infra.local.stand_ins.fates import Ending, Fate, Manner, Rates, Rejection, directed, with_prompt
from infra.local.stand_ins.ledger import ANSWER_LOST, CALLED, CANCEL_ASKED, REFUSED_AT_START, LedgerWriter
from infra.local.stand_ins.operations import HasEnded, Operation
from infra.local.stand_ins.scripts import Looks, Script, is_rejected, looked
from shared.domain.model import Record
from tests.provider.clip import Clips, ClipShape
from tests.provider.operations import FILE_NAME, describe

SLOW_FACTOR = 5
"""How much longer a slow operation takes."""
PNG = b"\x89PNG\r\n\x1a\n"
NO_VIDEO = b"this is no video, whatever its name says\n" * 100

Side = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]


class StartCall(Record):
    """The body of a start call."""

    prompt: Annotated[str, Field(min_length=1)]
    seconds: Annotated[int, Field(ge=1, le=60)]
    width: Side
    height: Side
    fps: Annotated[int, Field(ge=1, le=60)]
    seed: int
    images: dict[Literal["first", "middle", "last"], str]
    """PNGs in base64, by where in the clip they stand."""
    output: Annotated[str, Field(pattern=r"^gs://[^/]+/(.+/)?$")]


class Provider:
    """Renders for money.

    Args:
        buckets: where clips go.
        ledger: its account.
        rates: of faults.
        seed: of the faults; the n-th call of a seed has always the same fate.
        seconds_per_clip: from accepting to delivering, on a usual day.
    """

    def __init__(
        self, buckets: Buckets, ledger: LedgerWriter, rates: Rates, seed: int, seconds_per_clip: float
    ) -> None:
        self._buckets = buckets
        self._ledger = ledger
        self._rates = rates
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._seconds_per_clip = seconds_per_clip
        self._clips = Clips()
        self._lock = threading.Lock()
        self._operations: dict[str, Operation] = {}
        self._script = Script(directed)
        self.polls = Looks(rates.poll_unavailable, Random(seed + 1))  # noqa: S311 - as above
        self.cancels = Looks(0, Random(seed + 2))  # noqa: S311 - as above

    def replace_script(self, directives: Iterable[str]) -> None:
        """Forget the script of the start calls, and follow another.

        Raises:
            ValueError: there is no such directive.
        """
        self._script.replace(directives)

    def start(self, body: bytes, *, may_call: bool) -> Answer:
        """Take a start call.

        Args:
            may_call: whether the caller has shown a key.
        """
        call = _read_call(body)
        output = call.output if call else None
        with self._lock:
            self._ledger.write(CALLED, output=output, stills=tuple(call.images) if call else ())
            fate = self._next_fate() if may_call else Fate(Rejection(401, "UNAUTHENTICATED", "not this key"))
            if call is None and not fate.rejection:
                fate = Fate(Rejection(400, "INVALID_ARGUMENT", "this is no such call"))
            fate = with_prompt(fate, call.prompt) if call else fate
            if fate.rejection or not call:
                return self._reject(fate.rejection or Rejection(500, "INTERNAL", "no fate"), output)
            return self._accept(call, fate)

    def poll(self, name: str) -> Answer:
        """Say how an operation stands."""
        with self._lock:
            operation = self._operations.get(name)
        if operation is None:
            return _unknown(name)
        odd = {"name": name, "done": True, "output": "https://elsewhere.test/clip.mp4"}
        return looked(self.polls.next(), Answer(200, describe(operation)), Answer(200, odd))

    def cancel(self, name: str) -> Answer:
        """Stop an operation, if it still runs."""
        fault = self.cancels.next()
        with self._lock:
            known = self._operations.get(name)
            self._ledger.write(CANCEL_ASKED, name=name, output=known.output if known else None)
            if known is None:
                return _unknown(name)
            if is_rejected(fault):
                return looked(fault, Answer(200, {}), Answer(200, {}))
            operation = known if not known.is_running else self._record(known.cancel())
        answer = Answer(200, {"billed": operation.billed})
        return looked(fault, answer, odd=answer)

    def _next_fate(self) -> Fate:
        drawn = self._rates.draw(self._random)
        return self._script.next() or drawn

    def _reject(self, rejection: Rejection, output: str | None) -> Answer:
        is_refused = rejection.status == "CONTENT_BLOCKED"
        self._ledger.write(REFUSED_AT_START if is_refused else f"rejected_{rejection.code}", output=output)
        return refusal(rejection)

    def _accept(self, call: StartCall, fate: Fate) -> Answer:
        operation = self._record(Operation(f"operations/{uuid.uuid4().hex}", call.output))
        manner = fate.manner or Manner.PLAIN
        if manner is not Manner.PLAIN:
            self._ledger.write(ANSWER_LOST, name=operation.name, output=operation.output, billed=True)
        ending = fate.ending or Ending()
        if not ending.is_endless:
            shape = ClipShape(call.seconds, call.width, call.height, call.fps)
            lasts = self._seconds_per_clip * (SLOW_FACTOR if fate.is_slow else 1)
            timer = threading.Timer(lasts, self._end, (operation.name, shape, ending))
            timer.daemon = True
            timer.start()
        return Answer(200, {"name": operation.name}, manner=manner)

    def _end(self, name: str, shape: ClipShape, ending: Ending) -> None:
        """Let an operation end, from a thread of its own."""
        if ending.error_status:
            status, message = ending.error_status, ending.message
            self._step(name, lambda running: running.fail(status, message, billed=ending.billed))
            return
        clip = NO_VIDEO if ending.is_corrupt else self._clips.get(shape)
        uri = self._operations[name].output + FILE_NAME
        try:
            self._buckets.put(uri, clip, is_wanted=lambda: self._operations[name].is_running)
        except NotStored:
            self._step(
                name,
                lambda running: running.fail("INTERNAL", "the output could not be written", billed=False),
            )
            return
        if not self._step(name, Operation.deliver):
            self._buckets.remove(uri)  # it was cancelled meanwhile

    def _step(self, name: str, step: Callable[[Operation], Operation]) -> bool:
        """Take a step, and say whether it could be taken: nothing can once an operation has ended."""
        with self._lock:
            try:
                self._record(step(self._operations[name]))
            except HasEnded:
                return False
            return True

    def _record(self, operation: Operation) -> Operation:
        """Write the account before anyone can be told."""
        self._ledger.write(
            operation.state, name=operation.name, output=operation.output, billed=operation.billed
        )
        self._operations[operation.name] = operation
        return operation


def _read_call(body: bytes) -> StartCall | None:
    try:
        call = StartCall.model_validate_json(body, strict=True)
        pictures = [base64.b64decode(image, validate=True) for image in call.images.values()]
    except (ValidationError, binascii.Error):
        return None
    return call if all(picture.startswith(PNG) for picture in pictures) else None


def _unknown(name: str) -> Answer:
    return refusal(Rejection(404, "NOT_FOUND", f"there is no {name}"))
