"""Runs the deployment's own program against the loopback engine, as `pulumi up` and `pulumi preview` would.

It knows the stacks' files and no resource.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, cast

import yaml  # type: ignore[import-untyped]  # ships no type information

from infra.archives import REPOSITORY
from tests.infra.engine import Engine, Monitor, Stack, serving
from tests.infra.host import Asked
from tests.infra.recording import Recording

STACKS = ("dev", "prod")
HOST = Path(__file__).with_name("host.py")
DEPLOYMENT = "ttv:deployment"


class ProgramFailed(Exception):
    """The program ended with an error; it has what the program said."""


@dataclass(frozen=True)
class Run:
    """One way to run the program. Equal runs record the same."""

    stack: str
    """One of `STACKS`, or any that has a `Pulumi.<stack>.yaml` in the folder."""
    preview: bool = False
    told: Mapping[str, object] = field(default_factory=dict)
    """Keys of `ttv:deployment` that are to be other than the stack's file has them; None takes one away."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Other configuration, by its whole key, such as `gcp:region`."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Likewise, but encrypted in the stack's file."""
    root: Path = REPOSITORY
    """Of the checkout."""
    folder: str = "infra"
    """Of the program, below the root."""

    def __str__(self) -> str:
        told = [f"{name} {value}" for name, value in (*self.told.items(), *self.cloud.items())]
        return ", ".join([self.stack, *(["preview"] if self.preview else []), *told])

    def record(self) -> Recording:
        """Run it.

        Raises:
            ProgramFailed: it ended with an error.
        """
        return _record(self)


def config_of(folder: Path, stack: str) -> dict[str, object]:
    """Read a stack's configuration from its file."""
    read = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text("utf-8"))
    return cast("dict[str, object]", read["config"])


def _record(run: Run) -> Recording:
    folder = run.root / run.folder
    config = {**config_of(folder, run.stack), **run.cloud, **run.secrets}
    if run.told:
        changed = {**cast("dict[str, object]", config[DEPLOYMENT]), **run.told}
        config[DEPLOYMENT] = {name: value for name, value in changed.items() if value is not None}
    name = yaml.safe_load((folder / "Pulumi.yaml").read_text("utf-8"))["name"]
    stack = Stack(name, run.stack, str(config["gcp:project"]), run.preview)
    monitor, engine = Monitor(stack), Engine()
    with serving(monitor, engine) as address, tempfile.TemporaryDirectory() as own:
        output = Path(own) / "output"
        asked = Asked(
            address=address,
            project=name,
            stack=run.stack,
            preview=run.preview,
            folder=str(folder),
            # In another checkout, its own modules instead of the installed ones.
            imports=[] if run.root == REPOSITORY else [str(run.root)],
            environment=_environment(config, run),
            output=str(output),
        )
        if _host().run(asked):
            raise ProgramFailed(output.read_text("utf-8"))
    return monitor.recorded(engine.warnings)


class _Host:
    """A process that runs programs, one after the other; it ends with this one."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-P", "-W", "ignore", str(HOST)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)

    def run(self, asked: Asked) -> int:
        """Run one program and return its exit code."""
        with self._alone:
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            return int(cast("IO[str]", self._process.stdout).readline())

    def _end(self) -> None:
        with self._process:  # closes what it reads from, and waits
            pass


@cache
def _host() -> _Host:
    return _Host()


def _environment(config: Mapping[str, object], run: Run) -> dict[str, str]:
    """Nothing of this machine but where to find programs: the CLI hands configuration over as text."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return {
        "PATH": os.environ["PATH"],
        "PULUMI_CONFIG": json.dumps(texts),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(run.secrets)),
    }
