"""Finds the deployment an operator means, and reaches its parts as its own functions do."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from infra.local.description import StackDescription
from infra.local.errors import NotRunning
from shared.domain.errors import InvalidInput
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.job_store import JobStore
    from shared.switches import Switches
    from shared.task_queue import TaskQueue

TELLTALE = "TTV_LOCATION"
"""A setting without default: where it is set, the process's own environment describes a deployment."""


class Deployment:
    """What of a deployment an operator works on. Each part is built anew at each call.

    Its imports take 0.3 s, which the other commands are not to wait for.

    Args:
        environment: what its functions see.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def __str__(self) -> str:
        return f"project {self.environment['GOOGLE_CLOUD_PROJECT']}, {self.environment['TTV_LOCATION']}"

    def store(self) -> "JobStore":
        """The state of all jobs."""
        from infra.local.clients import job_store

        return job_store(self.environment)

    def queue(self) -> "TaskQueue":
        """The queues of all stages."""
        from infra.local.clients import task_queue

        return task_queue(self.environment)

    def switches(self) -> "Switches":
        """The switches of all video backends."""
        from infra.local.clients import switches

        return switches(self.environment)


def environment_of(
    file: Path | None, folder: Path | None, own: Mapping[str, str] = os.environ
) -> Mapping[str, str]:
    """Return the variables of a deployment: from `file`; else of the stack in `folder`; else `own`.

    Where none of them says anything it is the stack in `.local`.

    Raises:
        InvalidInput: both are given, or a setting is missing.
        NotRunning: no stack runs there.
    """
    if file and folder:
        raise InvalidInput("folder", str(folder), "--environment or --folder, not both")
    if file:
        return _complete(_read(file), str(file))
    if folder is None and own.get(TELLTALE):
        return _complete(own, "the environment")
    folder = folder or Path(".local")
    try:
        return StackDescription.read(folder / "stack.json").environment
    except NotRunning as error:
        hint = "Start one with `make up`; for one in the cloud, give --environment or set its variables."
        raise NotRunning(f"{error} {hint}") from error


def _read(file: Path) -> dict[str, str]:
    """Read lines NAME=value, as `docker run --env-file` does; empty ones and comments say nothing."""
    variables = {}
    try:
        lines = file.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise InvalidInput("environment", str(file), f"a file of lines NAME=value; {error}") from error
    for number, line in enumerate(lines, 1):
        name, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.strip().isidentifier():
            because = f"{file}, line {number} is not NAME=value"
            raise InvalidInput("environment", str(file), "lines NAME=value", because=because)
        variables[name.strip()] = value.strip()
    return variables


def _complete(variables: Mapping[str, str], where: str) -> Mapping[str, str]:
    try:
        Settings.from_environment(variables)
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]).upper() for each in error.errors())
        because = f"{where} lacks, or has a wrong, {wrong}"
        raise InvalidInput("environment", where, "the settings of a deployment", because=because) from error
    return variables
