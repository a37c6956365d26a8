"""Cloud Run's builder and Cloud Build on the loopback interface, over Google's own wire format.

It builds nothing: a test says how the next build fares.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import grpc
from google.cloud import run_v2
from google.cloud.devtools import cloudbuild_v1
from google.longrunning import operations_pb2  # type: ignore[import-untyped]  # ships no type information

DIGEST = f"sha256:{'0123456789abcdef' * 4}"

Status = cloudbuild_v1.Build.Status
Failure = cloudbuild_v1.Build.FailureInfo.FailureType
Look: TypeAlias = int | grpc.StatusCode
"""What one look at a build shows: a `Status`, which mypy takes for a number, or an error of the API."""


@dataclass(frozen=True)
class Fate:
    """How a build fares."""

    looks: Sequence[Look] = (Status.SUCCESS,)
    """One after the other; the last stays."""
    refused: grpc.StatusCode | None = None
    """What the attempt to begin is answered with, if it is not taken."""
    why: str = ""
    """What a build that failed, or a refusal, says."""
    failure: int = Failure.USER_BUILD_STEP
    """At what a build failed: a `Failure`, which mypy takes for a number."""
    is_named: bool = True
    """Whether the answer says which build was begun."""
    digests: Sequence[str] = (DIGEST,)
    """Of the images of a build that went well."""


class RunApi:
    """What was asked of it, and what it answers."""

    def __init__(self) -> None:
        self.address = ""
        """host:port."""
        self._lock = threading.Lock()
        self._fate, self._looks = Fate(), 0
        self._submitted: list[run_v2.SubmitBuildRequest] = []

    def next(self, fate: Fate) -> None:
        """Say how the next build fares, and forget those before."""
        with self._lock:
            self._fate, self._looks = fate, 0
            self._submitted.clear()

    @property
    def submitted(self) -> list[run_v2.SubmitBuildRequest]:
        """All that was to be built."""
        with self._lock:
            return list(self._submitted)

    @property
    def looks(self) -> int:
        """How often somebody looked at the build."""
        with self._lock:
            return self._looks

    def submit(
        self, request: run_v2.SubmitBuildRequest, context: grpc.ServicerContext
    ) -> run_v2.SubmitBuildResponse:
        """Begin a build, which is queued."""
        with self._lock:
            self._submitted.append(request)
            fate = self._fate
        if fate.refused:
            context.abort(fate.refused, fate.why)
        operation = operations_pb2.Operation(
            name="operations/build/a-project/MTIzNA=="
        )  # as without a region
        if fate.is_named:
            begun = cloudbuild_v1.BuildOperationMetadata(build=_build(request.parent, Status.QUEUED, fate))
            operation.metadata.Pack(cloudbuild_v1.BuildOperationMetadata.pb(begun))
        return run_v2.SubmitBuildResponse(build_operation=operation, base_image_uri="python313")

    def get(
        self, request: cloudbuild_v1.GetBuildRequest, context: grpc.ServicerContext
    ) -> cloudbuild_v1.Build:
        """Show the build, by its full name alone."""
        parent, _, _ = request.name.rpartition("/builds/")
        with self._lock:
            is_known = any(request.name == _name(begun.parent) for begun in self._submitted)
            fate = self._fate
            look = fate.looks[min(self._looks, len(fate.looks) - 1)]
            self._looks += 1
        if not is_known:
            context.abort(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")
        if isinstance(look, grpc.StatusCode):
            context.abort(look, "as the test says")
        return _build(parent, look, fate)


@contextmanager
def run_api() -> Iterator[RunApi]:
    """Serve both until the end."""
    api = RunApi()
    run = grpc.unary_unary_rpc_method_handler(
        api.submit, run_v2.SubmitBuildRequest.deserialize, run_v2.SubmitBuildResponse.serialize
    )
    build = grpc.unary_unary_rpc_method_handler(
        api.get, cloudbuild_v1.GetBuildRequest.deserialize, cloudbuild_v1.Build.serialize
    )
    handlers = (
        grpc.method_handlers_generic_handler("google.cloud.run.v2.Builds", {"SubmitBuild": run}),
        grpc.method_handlers_generic_handler("google.devtools.cloudbuild.v1.CloudBuild", {"GetBuild": build}),
    )
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers(handlers)
    api.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield api
    finally:
        server.stop(None).wait()


def _name(parent: str) -> str:
    return f"{parent}/builds/1234"


def _build(parent: str, status: Look, fate: Fate) -> cloudbuild_v1.Build:
    build = cloudbuild_v1.Build(
        id="1234", name=_name(parent), status=status, log_url="https://console.example/builds/1234"
    )
    if status is Status.SUCCESS:
        images = [cloudbuild_v1.BuiltImage(name="image", digest=digest) for digest in fate.digests]
        build.results = cloudbuild_v1.Results(images=images)
    elif status is Status.FAILURE:
        build.failure_info = cloudbuild_v1.Build.FailureInfo(type_=fate.failure, detail=fate.why)
    return build
