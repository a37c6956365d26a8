"""What a running stack tells other programs: `stack.json`. It knows nothing of how the stack is run."""

import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.local.errors import NotRunning
from infra.local.run_folder import is_held


class StackDescription(BaseModel):
    """Where a running stack is and how to reach it. The file goes when the stack ends, if not killed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    """The edge's address."""
    certificate: Path
    """What clients are to trust there, PEM."""
    api_key: str
    pid: int
    """The process that runs the stack."""
    project: str
    environment: dict[str, str]
    """Variables with which Google's clients and `shared.settings` reach this stack."""
    ports: dict[str, int]
    """Part -> port on 127.0.0.1."""
    pids: dict[str, int]
    """Part -> process id; those of functions and the edge change when they are restarted."""
    logs: Path
    stand_in_log: Path | None = None
    """Every call to what stands in for Google's models, a line of JSON each; None: nothing does."""

    def write(self, path: Path) -> None:
        """Write the file at one stroke, readable by this user only."""
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
        Path(unfinished).replace(path)

    @classmethod
    def read(cls, path: Path) -> "StackDescription":
        """Read the file of a running stack.

        Raises:
            NotRunning: none runs there; a file that a killed stack has left does not count.
        """
        not_running = NotRunning(f"No local stack is running in {path.parent.absolute()}.")
        if not is_held(path.parent):
            raise not_running
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise not_running from error
