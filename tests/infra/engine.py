"""The engine of Pulumi on the loopback interface: records what a program registers, answers as a cloud.

It speaks Pulumi's true gRPC services and knows neither this program nor how it is started.
"""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from tests.infra.cloud import answer, made
from tests.infra.recording import STACK, Recording, Resource
from tests.infra.wire import add, decode_fields, revealed

THREADS = 32
"""More than the calls a program has under way: each waits for none."""

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
)
"""Of a current engine, those that a program without hooks and transforms can see."""


@dataclass(frozen=True)
class Stack:
    """Which stack is run, and how."""

    project: str
    """Pulumi's."""
    name: str
    cloud_project: str
    preview: bool


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Records every resource. In a preview nothing that is made is known yet."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        self._resources: dict[str, Resource] = {}
        self._outputs: dict[str, Mapping[str, object]] = {}

    def recorded(self, warnings: tuple[str, ...]) -> Recording:
        """Return all that was registered so far."""
        with self._lock:
            resources = tuple(sorted(self._resources.values(), key=lambda resource: resource.urn))
            root = next((resource.urn for resource in resources if resource.type == STACK), "")
            exports = self._outputs.get(root, {})
        return Recording(self._stack.name, self._stack.preview, resources, warnings, exports)

    def GetDeploymentInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self._urn_of(request)
        resource = Resource(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            is_custom=request.custom,
            inputs=decode_fields(request.object),
            protect=request.protect,
            dependencies=frozenset(request.dependencies),
            provider=request.provider,
        )
        with self._lock:
            if urn in self._resources:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Duplicate resource URN '{urn}'")
            self._resources[urn] = resource
        outputs, id_ = self._make(resource, request)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=outputs)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        with self._lock:
            self._outputs[request.urn] = decode_fields(request.outputs)
        return empty_pb2.Empty()

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        try:
            found = answer(request.tok, decode_fields(request.args), self._stack.cloud_project)
        except LookupError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").update(found)
        return response

    def SignalAndWaitForShutdown(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def _urn_of(self, request: resource_pb2.RegisterResourceRequest) -> str:
        """A URN names the types of all parents but the stack's."""
        above = request.parent.split("::")[2] + "$" if request.parent else ""
        types = above.removeprefix(f"{STACK}$") + request.type
        return f"urn:pulumi:{self._stack.name}::{self._stack.project}::{types}::{request.name}"

    def _make(
        self, resource: Resource, request: resource_pb2.RegisterResourceRequest
    ) -> tuple[struct_pb2.Struct, str]:
        """Answer with all inputs, and with the outputs if it is truly made."""
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.object)
        if self._stack.preview or not resource.is_custom:
            return outputs, ""
        plain = {name: revealed(value) for name, value in resource.inputs.items()}
        answered = dict(made(resource.type, resource.name, plain, self._stack.cloud_project))
        id_ = str(answered.pop("id"))
        for name, value in answered.items():
            if name not in outputs.fields:
                add(outputs, name, value, secret=name in request.additionalSecretOutputs)
        return outputs, id_


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what the program logs, and its root resource."""

    def __init__(self) -> None:
        self._root = ""
        self._warnings: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was logged at warning or above."""
        return tuple(self._warnings)

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        if request.severity >= engine_pb2.WARNING:
            self._warnings.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(
        self, request: engine_pb2.RequirePulumiVersionRequest, context: grpc.ServicerContext
    ) -> engine_pb2.RequirePulumiVersionResponse:
        return engine_pb2.RequirePulumiVersionResponse()


@contextmanager
def serving(monitor: Monitor, engine: Engine) -> Iterator[str]:
    """Serve both at one address of the loopback interface, which is yielded."""
    server = grpc.server(ThreadPoolExecutor(THREADS))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
