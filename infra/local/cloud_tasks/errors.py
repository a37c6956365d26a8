"""What the server refuses, drawn once. It knows the names of gRPC's status codes and nothing else of gRPC.

CloudTasksError
├── InvalidArgument
├── NotFound
├── AlreadyExists
└── Unimplemented
"""

from typing import ClassVar


class CloudTasksError(Exception):
    """A call that is answered with an error; the text is the caller's."""

    grpc_status: ClassVar[str]
    """Name of the member of `grpc.StatusCode`."""


class InvalidArgument(CloudTasksError):
    """A value that Cloud Tasks does not permit."""

    grpc_status = "INVALID_ARGUMENT"


class NotFound(CloudTasksError):
    """No such queue or task, or no longer."""

    grpc_status = "NOT_FOUND"


class AlreadyExists(CloudTasksError):
    """The name is taken, or was until recently."""

    grpc_status = "ALREADY_EXISTS"


class Unimplemented(CloudTasksError):
    """Cloud Tasks can do this; the stand-in cannot."""

    grpc_status = "UNIMPLEMENTED"
