"""Runs the stand-in, and steers it for a test. It must not know how it works inside."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from infra.archives import REPOSITORY
from infra.local.bounded_log import BoundedLog
from infra.local.environment import inherited_environment
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.probes import answers_ok
from infra.local.process import ChildProcess, Launch
from infra.local.stand_ins import ledger, request_log
from infra.local.stand_ins.ledger import Ledger
from infra.local.stand_ins.request_log import Call, Kind

READY_SECONDS = 30.0
PART = "stand-ins"
"""Its name among the parts of a stack."""


class RunningStandIn:
    """A stand-in that runs, and what a test may tell or ask it.

    Every script replaces the one before, says one directive for each call to come, and after its end all
    goes well again. See `fates.DIRECTIVES` for the names, and `google_fates` for those that only Google's
    models have. `quota:7s` and `quota_header:7` say another delay.
    """

    def __init__(self, process: ChildProcess, log_file: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{process.port}"
        """What TTV_GOOGLE_STAND_IN is to say."""
        self._log_file = log_file

    def script(self, directives: Sequence[str]) -> None:
        """Say what befalls the next starts of a clip, at Omni and at Veo alike."""
        self._put("script", directives)

    def polls(self, directives: Sequence[str]) -> None:
        """Say the same of the next looks at an operation; see `scripts.LOOKS`."""
        self._put("polls", directives)

    def cancels(self, directives: Sequence[str]) -> None:
        """Say the same of the next cancels; see `scripts.LOOKS`."""
        self._put("cancels", directives)

    def downloads(self, directives: Sequence[str]) -> None:
        """Say the same of the next downloads from the Gemini API's files."""
        self._put("downloads", directives)

    def images(self, directives: Sequence[str]) -> None:
        """Say how the next pictures fare: keyframes and sheets in the order in which they are asked for."""
        self._put("images", directives)

    def plans(self, directives: Sequence[str]) -> None:
        """Say how the next plans, repairs of plans and other words for a shot fare."""
        self._put("plans", directives)

    def judgements(self, scores: Sequence[float | str]) -> None:
        """Say what the next judgements are: a score, or a directive as for the plans. Else 0.95."""
        self._put("judgements", scores)

    def forget(self) -> None:
        """Follow no script any more."""
        for name in ("script", "polls", "cancels", "downloads", "images", "plans", "judgements"):
            self._put(name, [])

    def requests(self, *kinds: Kind) -> list[Call]:
        """Return the calls so far, also after its end: all, or those of some kinds."""
        return [call for call in request_log.read(self._log_file) if not kinds or call.kind in kinds]

    def ledger(self) -> Ledger:
        """Return the account of all starts of clips so far, also after its end.

        `Ledger.under` takes the prefix of Cloud Storage that was asked for; an operation of the Gemini API
        has none, and its output is `files/` and the name of the operation.
        """
        return ledger.read(ledger_file(self._log_file))

    def kill(self) -> None:
        """SIGKILL it. What ran is lost, log and ledger are not."""
        self.process.kill()

    def _put(self, name: str, directives: Sequence[float | str]) -> None:
        with httpx.Client(base_url=self.url, trust_env=False) as http:
            answer = http.put(f"/_stand_in/{name}", json=list(directives))
        if not answer.is_success:
            raise ValueError(answer.json()["error"]["message"])


def ledger_file(log_file: Path) -> Path:
    """Return where the account lies that belongs to a request log."""
    return log_file.with_suffix(".ledger.jsonl")


def stand_in_launch(
    port: int,
    storage_url: str,
    log_file: Path,
    environment: Mapping[str, str],
    *,
    seconds_per_clip: float = 0.1,
    seconds_per_picture: float = 0,
    seed: int = 0,
    rates: Mapping[str, float] | None = None,
    key: str | None = None,
) -> Launch:
    """Describe how it is started; see `running_stand_in`."""
    command = [sys.executable, "-m", "infra.local.stand_ins", "--port", str(port), "--storage", storage_url]
    command += ["--log", str(log_file), "--ledger", str(ledger_file(log_file)), "--seed", str(seed)]
    command += ["--seconds-per-clip", str(seconds_per_clip)]
    command += ["--seconds-per-picture", str(seconds_per_picture)]
    if rates:
        command += ["--rates", ",".join(f"{name}={rate}" for name, rate in rates.items())]
    if key:
        command += ["--key", key]
    ready = answers_ok("/_stand_in/health")
    return Launch(PART, tuple(command), environment, REPOSITORY, port, ready, grace_seconds=3)


@contextmanager
def running_stand_in(
    storage_url: str,
    log_file: Path,
    *,
    port: int | None = None,
    seconds_per_clip: float = 0.1,
    seconds_per_picture: float = 0,
    seed: int = 0,
    rates: Mapping[str, float] | None = None,
    key: str | None = None,
) -> Iterator[RunningStandIn]:
    """Run a stand-in within the block. It ends with this process, even one that is killed.

    Args:
        storage_url: of the Cloud Storage emulator, where Vertex AI delivers.
        log_file: of requests; created, or continued. The ledger and its own output lie beside it.
        port: a free one when left out.
        seconds_per_clip: from accepting to delivering.
        seconds_per_picture: added to what drawing takes.
        seed: of the faults that rates make.
        rates: of faults of starts and polls, by the names of `fates.Rates`.
        key: which callers must show, be it a key or a token; any will do when left out.

    Raises:
        PartFailed: it does not start.
    """
    launch = stand_in_launch(
        port or reserve_port().release(),
        storage_url,
        log_file,
        inherited_environment(os.environ),
        seconds_per_clip=seconds_per_clip,
        seconds_per_picture=seconds_per_picture,
        seed=seed,
        rates=rates,
        key=key,
    )
    guardian = Guardian()
    try:
        process = ChildProcess(launch, BoundedLog(log_file.with_suffix(".log")), guardian)
        try:
            process.wait_until_ready(READY_SECONDS)
            yield RunningStandIn(process, log_file)
        finally:
            process.stop()
    finally:
        guardian.close()
