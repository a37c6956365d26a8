"""How an operation is told to whoever looks at it. Its steps are not decided here."""

from infra.local.stand_ins.operations import Operation, State

FILE_NAME = "clip.mp4"


def describe(operation: Operation) -> dict[str, object]:
    """Say how it stands, as the answer to a poll."""
    if operation.is_running:
        return {"name": operation.name, "done": False}
    if operation.state is State.DELIVERED:
        return {"name": operation.name, "done": True, "output": operation.output + FILE_NAME}
    error = {"status": operation.error_status, "message": operation.message}
    return {"name": operation.name, "done": True, "error": error, "billed": operation.billed}
