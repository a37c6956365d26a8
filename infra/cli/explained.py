"""How a command ends that went wrong: an exit code and one message, no traceback. Knows no command."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.cli.console import end
from infra.cli.exits import Exit
from infra.cli.service import Refused, Unreachable
from infra.local.errors import AlreadyRunning, LocalStackError
from shared.domain.errors import InvalidInput, PlanImpossible, Unavailable

BAD_INPUT_STATUSES = (400, 413, 415, 422)


@contextmanager
def explained(*, interrupted: Exit = Exit.INTERRUPTED) -> Iterator[None]:
    """End with the exit code that says what went wrong.

    Args:
        interrupted: what Ctrl-C means.
    """
    try:
        yield
    except (InvalidInput, PlanImpossible) as error:
        end(Exit.BAD_INPUT, str(error))
    except Unreachable as error:
        end(Exit.UNREACHABLE, str(error))
    except Refused as error:
        end(Exit.BAD_INPUT if error.status in BAD_INPUT_STATUSES else Exit.REFUSED, str(error))
    except AlreadyRunning as error:
        end(Exit.NO_STACK, f"{error} (--folder names another)")
    except (LocalStackError, Unavailable) as error:
        end(Exit.NO_STACK, str(error))
    except KeyboardInterrupt:
        end(interrupted, "stopped")
