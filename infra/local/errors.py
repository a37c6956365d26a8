"""Every reason the local stack cannot start or go on, drawn once. It knows nothing of how parts are run.

LocalStackError
├── AlreadyRunning      another stack holds this folder
├── NotRunning          no stack runs in this folder
├── FolderUnusable      the folder cannot be made or written
├── PortsExhausted      no free port was found on 127.0.0.1
├── ProgramMissing      Java, an emulator or its jar is not on this machine and cannot be had
├── DownloadFailed      the published emulator could not be fetched, or is not the file it should be
└── PartFailed          a part did not start, did not answer in time, or died
"""


class LocalStackError(Exception):
    """Any error of the local stack. Its message is written for the person who started it."""


class AlreadyRunning(LocalStackError):
    """Another stack holds this folder."""


class NotRunning(LocalStackError):
    """No stack runs in this folder."""


class FolderUnusable(LocalStackError):
    """The folder cannot be made or written."""


class PortsExhausted(LocalStackError):
    """No free port was found on 127.0.0.1."""


class ProgramMissing(LocalStackError):
    """Java, an emulator or its jar is not on this machine and cannot be had."""


class DownloadFailed(LocalStackError):
    """The published emulator could not be fetched, or is not the file it should be."""


class PartFailed(LocalStackError):
    """A part did not start, did not answer in time, or died.

    Args:
        name: the part, such as `render-1`.
        reason: what happened, following the name in a sentence: `exited with code 1`.
        last_lines: the end of its log.
        log: where the whole log is; empty when there is none.
    """

    def __init__(self, name: str, reason: str, last_lines: str = "", log: str = "") -> None:
        self.name = name
        self.reason = reason
        message = f"{name} {reason}."
        if last_lines:
            message += " Its last lines:\n" + "\n".join(f"    {line}" for line in last_lines.splitlines())
        if log:
            message += f"\nIts log: {log}"
        super().__init__(message)
