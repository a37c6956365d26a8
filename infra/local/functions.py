"""Starts a function from its unpacked archive as Cloud Run would. It does not know what the function does."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.probes import answers_ok
from infra.local.process import Launch
from infra.services import threads_of

FUNCTIONS_FRAMEWORK = ("-m", "functions_framework")
"""What runs a function: the arguments of Python before those of the functions-framework."""

_INSTALLED_PACKAGES = ("site-packages", "dist-packages")


def function_launch(
    name: str,
    stage: str,
    archive_root: Path,
    port: int,
    environment: Mapping[str, str],
    runner: Sequence[str] = FUNCTIONS_FRAMEWORK,
) -> Launch:
    """Describe one process of a function under the functions-framework's production server.

    Only the archive and the installed packages can be imported, as in the cloud: `-S` leaves out the hook of
    this project's editable install, through which what the archive lacks would be found in the checkout.

    Args:
        name: of this process, such as `render-2`.
        stage: name of the function in the archive's main.py.
        archive_root: from `infra.archives.unpack`.
        port: where it listens.
        environment: settings, emulators and whatever else the function may see.
        runner: a program that in the end runs the functions-framework, where that itself will not do.
    """
    installed = [path for path in sys.path if Path(path).name in _INSTALLED_PACKAGES]
    return Launch(
        name=name,
        command=(
            *(sys.executable, "-S", *runner, "--target", stage, "--source", "main.py"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ),
        environment={
            **environment,
            "PYTHONPATH": ":".join(installed),
            "PYTHONUNBUFFERED": "1",  # as Google's images set it
            "WORKERS": "1",
            "THREADS": str(threads_of(stage)),
        },
        folder=archive_root,
        port=port,
        ready=answers_ok("/health"),
    )
