"""What the command line's exit codes mean. Scripts rely on them: they never change."""

from enum import IntEnum


class Exit(IntEnum):
    OK = 0
    CRASHED = 1
    """A fault of ours."""
    BAD_INPUT = 2
    """An option or value that is not permitted; nothing was made."""
    FAILED = 3
    """The video failed."""
    CANCELLED = 4
    """The video was cancelled."""
    UNREACHABLE = 5
    """The service does not answer, or not in time."""
    REFUSED = 6
    """The service answered an error, such as an unknown key."""
    NO_STACK = 7
    """The local stack could not start or has died."""
    INTERRUPTED = 130
    """Ctrl-C."""
