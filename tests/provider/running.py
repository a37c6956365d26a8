"""Runs the provider for a test, and steers it. It must not know how the provider works inside."""

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
from infra.local.stand_ins.ledger import Ledger, read

READY_SECONDS = 30.0


class RunningProvider:
    """A provider that runs, and what a test may tell or ask it."""

    def __init__(self, process: ChildProcess, ledger: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{process.port}"
        self._ledger = ledger

    def script(self, directives: Sequence[str]) -> None:
        """Say what befalls the next start calls, one each; see `fates.DIRECTIVES`. Replaces the last."""
        self._put("/script", directives)

    def polls(self, directives: Sequence[str]) -> None:
        """Say the same of the next polls; see `provider.Looks`."""
        self._put("/polls", directives)

    def cancels(self, directives: Sequence[str]) -> None:
        """Say the same of the next cancels; see `provider.Looks`."""
        self._put("/cancels", directives)

    def ledger(self) -> Ledger:
        """Return the account so far; also after its end."""
        return read(self._ledger)

    def kill(self) -> None:
        """SIGKILL it. What ran is lost, the ledger is not."""
        self.process.kill()

    def _put(self, path: str, directives: Sequence[str]) -> None:
        with httpx.Client(base_url=self.url, trust_env=False) as http:
            answer = http.put(path, json=list(directives))
        assert answer.status_code == 200, answer.text


@contextmanager
def running_provider(
    storage_url: str,
    ledger: Path,
    *,
    seed: int = 0,
    rates: Mapping[str, float] | None = None,
    seconds_per_clip: float = 0.3,
    key: str | None = None,
    port: int | None = None,
) -> Iterator[RunningProvider]:
    """Run a provider within the block. It ends with this process, even one that is killed.

    Args:
        storage_url: of the Cloud Storage emulator, which has the bucket.
        ledger: created, or continued; its log lies beside it.
        rates: of faults, by the names of `fates.Rates`.
        key: which callers must show; any will do when left out.
        port: a free one when left out.

    Raises:
        PartFailed: it does not start.
    """
    port = port or reserve_port().release()
    command = [sys.executable, "-m", "tests.provider", "--port", str(port), "--storage", storage_url]
    command += ["--ledger", str(ledger), "--seed", str(seed), "--seconds-per-clip", str(seconds_per_clip)]
    if rates:
        command += ["--rates", ",".join(f"{name}={rate}" for name, rate in rates.items())]
    if key:
        command += ["--key", key]
    environment = inherited_environment(os.environ)
    launch = Launch(
        "provider", tuple(command), environment, REPOSITORY, port, answers_ok("/health"), grace_seconds=3
    )
    guardian = Guardian()
    try:
        process = ChildProcess(launch, BoundedLog(ledger.with_suffix(".log")), guardian)
        try:
            process.wait_until_ready(READY_SECONDS)
            yield RunningProvider(process, ledger)
        finally:
            process.stop()
    finally:
        guardian.close()
