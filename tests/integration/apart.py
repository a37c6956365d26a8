"""One more submit beside the stack's own, whose environment differs from it."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.bounded_log import BoundedLog
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.stack import LocalStack

StartSubmit = Callable[..., str]
"""Takes the variables that differ, returns the URL."""


@contextmanager
def submits_apart(stack: LocalStack, folder: Path) -> Iterator[StartSubmit]:
    """Yield what starts them; they stop at the end."""
    guardian = Guardian()
    started: list[ChildProcess] = []

    def start(**different: str) -> str:
        like = stack.processes["submit"].launch
        port = reserve_port().release()
        launch = dataclasses.replace(
            like,
            name="submit-apart",
            port=port,
            command=tuple(str(port) if part == str(like.port) else part for part in like.command),
            environment={**like.environment, **different},
        )
        process = ChildProcess(launch, BoundedLog(folder / "submit.log"), guardian)
        started.append(process)
        process.wait_until_ready(20)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.stop()
    guardian.close()
