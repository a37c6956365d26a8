"""What the processes of a stack have logged."""

import json
from typing import Any

from infra.local.stack import LocalStack
from tests.integration.service import until

FUNCTIONS = ("submit", "keyframes", "render", "finalize")


def functions_lines(stack: LocalStack, containing: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (process, line) of all four functions, for each whole line in which this text stands."""
    return [
        (path.stem, json.loads(line))
        for path in sorted(stack.folder.logs.glob("*.log"))
        if path.stem.partition("-")[0] in FUNCTIONS
        for line in path.read_text(errors="replace").split("\n")[:-1]
        if containing in line
    ]


def await_line(stack: LocalStack, containing: str, message: str, **fields: object) -> dict[str, Any]:
    """Wait until a function has logged an event in whose line this text stands, and return it."""

    def found() -> dict[str, Any]:
        lines = [line for _, line in functions_lines(stack, containing) if line["message"] == message]
        return next((line for line in lines if fields.items() <= line.items()), {})

    return until(found, bool, what=f"{message} with {containing}")
