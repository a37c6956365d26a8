"""Firestore: the switch and circuit breaker of each video backend, `switches/{backend}`. Knows no job."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from google.api_core import exceptions as google
from google.cloud import firestore

from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.circuit import Circuit, after_outage, after_success, switched, wait
from shared.domain.errors import BackendPaused, Contended
from shared.firestore_calls import MAX_COLLISIONS, TIMEOUT_SECONDS, pause, translated

Step = Callable[[Circuit, datetime], Circuit]
"""(circuit, Firestore's clock) -> next circuit."""

CACHE_SECONDS = 5.0
"""How late an instance may notice what an operator or another instance has done."""

log = structlog.get_logger()


class _Reading(NamedTuple):
    """A circuit as it was read, or as we have written it since."""

    circuit: Circuit
    now: datetime
    """Firestore's clock at the reading."""
    asked_at: float
    """By the monotonic clock, in seconds."""

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self.asked_at


class Switches:
    """The circuits of all video backends. May be used by several threads.

    Every method raises StoreUnavailable within about 2 s when Firestore does not answer. In good times
    nothing is written. Workers' wall clocks do not matter: time is Firestore's at a reading, plus the
    reading's age by the monotonic clock.

    Args:
        cache_seconds: how long a reading may be used.
    """

    def __init__(self, db: firestore.Client, cache_seconds: float = CACHE_SECONDS) -> None:
        self._db = db
        self._cache_seconds = cache_seconds
        self._readings: dict[str, _Reading] = {}

    def admit(self, backend: str) -> None:
        """Return if `backend` may be called now.

        Raises:
            BackendPaused: it is switched off, or its breaker is open; says for how long to wait.
        """
        reading = self._recent(backend)
        retry_after = wait(reading.circuit, reading.now + timedelta(seconds=reading.age_seconds))
        if retry_after:
            raise BackendPaused(retry_after)

    def outage(self, backend: str) -> None:
        """Count a call that `backend` did not answer; with too many in a row its breaker opens.

        Raises:
            Contended: others changed the circuit every time.
        """
        circuit = self._change(backend, after_outage)
        open_until = circuit.open_until.isoformat() if circuit.open_until else None
        log.warning("backend.outage", backend=backend, outages=circuit.outages, open_until=open_until)

    def success(self, backend: str) -> None:
        """Note that `backend` answered, which closes its breaker. Written only after outages.

        Raises:
            Contended: others changed the circuit every time.
        """
        if self._recent(backend).circuit.is_clean:
            return
        self._change(backend, lambda circuit, _now: after_success(circuit))
        log.info("backend.recovered", backend=backend)

    def switch(self, backend: str, on: bool, note: str) -> Circuit:
        """Turn `backend` on or off for all instances; they notice within the time of their caches.

        Args:
            note: why, for other operators.

        Raises:
            Contended: others changed the circuit every time.
        """
        return self._change(backend, lambda circuit, _now: switched(circuit, on, note))

    def all(self) -> list[Circuit]:
        """Return the circuit of every video backend this revision knows, in their order."""
        references = [self._document(backend) for backend in VIDEO_BACKENDS]
        with translated():
            found = list(self._db.get_all(references, retry=None, timeout=TIMEOUT_SECONDS))
        by_id = {document.id: document for document in found}
        return [_decoded(by_id[backend]) for backend in VIDEO_BACKENDS]

    def _recent(self, backend: str) -> _Reading:
        """Return a reading that is not too old."""
        known = self._readings.get(backend)
        if known and known.age_seconds < self._cache_seconds:
            return known
        reading, _document = self._read(backend)
        return reading

    def _read(self, backend: str) -> tuple[_Reading, "firestore.DocumentSnapshot[Any]"]:
        asked_at = time.monotonic()
        with translated():
            document = self._document(backend).get(retry=None, timeout=TIMEOUT_SECONDS)
        reading = self._readings[backend] = _Reading(_decoded(document), document.read_time, asked_at)
        return reading, document

    def _change(self, backend: str, step: Step) -> Circuit:
        """Apply `step` by compare-and-set. An answer that gets lost is an outage; the step may be done."""
        for collisions in range(MAX_COLLISIONS):
            before, document = self._read(backend)
            after = step(before.circuit, before.now)
            if after == before.circuit:
                return after
            after = after.evolve(revision=before.circuit.revision + 1)
            try:
                self._write(document, before.circuit, after)
            except (google.AlreadyExists, google.FailedPrecondition, google.Aborted, google.NotFound):
                log.debug("switches.collided", backend=backend)
                pause(collisions)
                continue
            self._readings[backend] = before._replace(circuit=after)
            return after
        raise Contended(f"the switch of {backend} was changed by others {MAX_COLLISIONS} times in a row")

    def _write(self, document: "firestore.DocumentSnapshot[Any]", before: Circuit, after: Circuit) -> None:
        with translated():
            if not document.exists:
                document.reference.create(after.model_dump(), retry=None, timeout=TIMEOUT_SECONDS)
                return
            old, new = before.model_dump(), after.model_dump()
            document.reference.update(
                {name: value for name, value in new.items() if value != old[name]},
                option=self._db.write_option(last_update_time=document.update_time),
                retry=None,
                timeout=TIMEOUT_SECONDS,
            )

    def _document(self, backend: str) -> firestore.DocumentReference:
        return self._db.document("switches", backend)


def _decoded(document: "firestore.DocumentSnapshot[Any]") -> Circuit:
    """Return the circuit; one that was never written is on and closed."""
    return Circuit.model_validate({**(document.to_dict() or {}), "backend": document.id})
