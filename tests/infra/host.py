"""Runs Pulumi programs as the CLI's own host of Python programs does, each in a process of its own.

It knows no test. Loading the SDK takes longer than running a program: it is done once, then each run forks.
Every line of its input is one `Asked`, in JSON; it answers with a line that has the exit code.
"""

import asyncio
import importlib
import json
import os
import runpy
import signal
import sys
import traceback
from typing import TypedDict

import pulumi
from pulumi import runtime

PARALLEL = 16
"""What the CLI permits by default on a small machine."""

SECONDS_AT_MOST = 180
"""After which a run is killed; it takes about five."""

TAKE_LONG = (
    *("pulumi_gcp.cloudrunv2", "pulumi_gcp.compute", "pulumi_gcp.firestore", "pulumi_gcp.logging"),
    *("pulumi_gcp.monitoring", "pulumi_gcp.organizations", "pulumi_gcp.projects", "pulumi_gcp.storage"),
    *("google.cloud.devtools.cloudbuild_v1", "google.cloud.run_v2", "pydantic"),
)
"""To load. None of them starts a thread or opens a connection, which a fork would not have."""


class Asked(TypedDict):
    """One run."""

    address: str
    """host:port of the monitor and of the engine."""
    project: str
    stack: str
    preview: bool
    folder: str
    """Of the program; also where it runs."""
    imports: list[str]
    """Folders to import from before all others."""
    environment: dict[str, str]
    output: str
    """File that gets whatever the program writes."""


def main() -> None:
    """Run what is asked for until there is no more."""
    for name in TAKE_LONG:
        hasattr(importlib.import_module(name), "loaded")  # the SDK's modules load when they are looked into
    for line in sys.stdin:
        asked: Asked = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_run_apart(asked))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  its answer


def _run_apart(asked: Asked) -> int:
    signal.alarm(SECONDS_AT_MOST)
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT)
    for stream, instead in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(instead, stream)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.path[:0] = asked["imports"]
    try:
        return _run(asked)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _run(asked: Asked) -> int:
    """Run the program to its end and return what the process is to exit with."""
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=asked["address"],
            engine=asked["address"],
            project=asked["project"],
            stack=asked["stack"],
            parallel=PARALLEL,
            dry_run=asked["preview"],
            organization="organization",
            root_directory=asked["folder"],
        )
    )
    os.chdir(asked["folder"])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _program(asked["folder"])))
    except pulumi.RunError as error:
        print(error, file=sys.stderr)  # noqa: T201  its parent reads it
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _program(folder: str) -> None:
    runpy.run_path(folder, run_name="__main__")  # a folder: it becomes the first place to import from


if __name__ == "__main__":
    main()
