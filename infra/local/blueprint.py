"""Which parts a stack has, where each listens, and how each is started. It starts none of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.archives import REPOSITORY
from infra.local.edge.certificate import Certificate
from infra.local.edge.launch import edge_launch
from infra.local.environment import LOCATION, RENDER_URL, Addresses, deployment_environment
from infra.local.firestore_emulator import EmulatorProgram
from infra.local.functions import FUNCTIONS_FRAMEWORK, function_launch
from infra.local.ports import ReservedPort, reserve_port
from infra.local.process import Launch
from infra.local.queues import Queue, TaskFaults, tasks_launch
from infra.local.run_folder import RunFolder
from infra.local.stand_ins.offering import log_in, offering_environment
from infra.local.stand_ins.running import PART as STAND_INS
from infra.local.stand_ins.running import stand_in_launch
from infra.local.storage_emulator import storage_launch
from infra.local.weights import VIDEO_BACKENDS, Weights
from shared.domain.messages import Destination

EMULATORS = ("firestore", "storage", "tasks")
"""In the order of their starts, the slowest first."""

EDGE = "edge"

RENDER_GPU = "render-gpu"
"""The one process that has weights, where the stack has any: a model is loaded once on a machine."""

_FIRESTORE_PAGES = "firestore-pages"  # a second port of the emulator
_WORKER_DISPATCHES = 4


class Blueprint:
    """The parts of one stack, with a port reserved for each.

    Args:
        project: project id.
        folder: of the run.
        render_processes: how many processes share render's tasks.
        running_firestore: host:port of an emulator that somebody else runs; the stack then starts none.
        task_faults: what goes wrong between queues and functions; nothing when left out.
        stand_ins: whether Google's models are offered, and stood in for.
        weights: of open-weight models, which are then offered; None: there are none.
    """

    def __init__(
        self,
        project: str,
        folder: RunFolder,
        render_processes: int,
        running_firestore: str | None,
        task_faults: TaskFaults | None = None,
        *,
        stand_ins: bool = False,
        weights: Weights | None = None,
    ) -> None:
        self.project = project
        self.bucket = f"{project}-media"
        self.renders = [f"render-{number}" for number in range(1, render_processes + 1)]
        self.functions = {name: name for name in ("submit", "keyframes", "finalize")}
        """Process -> stage."""
        self.functions |= dict.fromkeys([*self.renders, *([RENDER_GPU] if weights else [])], "render")
        self._folder = folder
        self._running_firestore = running_firestore
        self._task_faults = task_faults
        self._stand_ins = (STAND_INS,) if stand_ins else ()
        self._weights = weights
        self._reserved: dict[str, ReservedPort] = {
            name: reserve_port() for name in (*EMULATORS, _FIRESTORE_PAGES, *self._stand_ins, *self.functions)
        } | {EDGE: reserve_port(udp=True)}

    @property
    def environment(self) -> dict[str, str]:
        """What a deployment would tell its functions, and what leads Google's clients to the emulators."""
        addresses = Addresses(
            firestore=self._running_firestore or self.address("firestore"),
            storage=self.address("storage"),
            tasks=self.address("tasks"),
            keyframes=self.address("keyframes"),
            finalize=self.address("finalize"),
        )
        told = deployment_environment(self.project, self.bucket, addresses, self._folder.credentials)
        for name in self._stand_ins:
            told |= offering_environment(f"http://{self.address(name)}")
        if self._weights:
            told |= self._weights.offering_environment(told.get(VIDEO_BACKENDS))
            told["TTV_RENDER_GPU_URL"] = f"http://{self.address(RENDER_GPU)}"
        return told

    @property
    def queues(self) -> list[Queue]:
        """Render's runs as many tasks at once as it has processes, since each renders one shot at a time.

        That of a GPU one, however many processes there are.
        """
        workers = [Queue(name, _WORKER_DISPATCHES) for name in (Destination.KEYFRAMES, Destination.FINALIZE)]
        renders = [Queue(Destination.RENDER, len(self.renders)), Queue(Destination.RENDER_GPU, 1)]
        return [*workers, *renders]

    @property
    def location(self) -> str:
        """Region in the names of the queues."""
        return LOCATION

    def address(self, name: str) -> str:
        """Return host:port of a part."""
        return f"127.0.0.1:{self.port(name)}"

    def port(self, name: str) -> int:
        """Return the port of a part."""
        return self._reserved[name].number

    def release(self, name: str) -> None:
        """Let go of a part's ports, right before it is started. May be called again."""
        self._reserved[name].release()
        if name == "firestore":
            self._reserved[_FIRESTORE_PAGES].release()

    def release_all(self) -> None:
        """Let go of every port. May be called again."""
        for port in self._reserved.values():
            port.release()

    def emulator_launches(
        self, firestore: EmulatorProgram | None, storage: Path, inherited: Mapping[str, str]
    ) -> list[Launch]:
        """Describe the emulators' starts.

        Args:
            firestore: None when somebody else runs it.
            storage: the server's binary.
            inherited: environment of each.
        """
        folder = self._folder
        launches = []
        if firestore:
            ports = (self.port("firestore"), self.port(_FIRESTORE_PAGES))
            launches.append(firestore.launch(*ports, folder.path, inherited))
        launches.append(storage_launch(storage, self.port("storage"), folder.storage, inherited))
        instances = {RENDER_URL: [f"http://{self.address(name)}" for name in self.renders]}
        launches.append(tasks_launch(self.port("tasks"), instances, REPOSITORY, inherited, self._task_faults))
        return launches

    def stand_in_launches(self, inherited: Mapping[str, str]) -> list[Launch]:
        """Describe the start of what stands in for Google's models; none where nothing does."""
        storage_url, log = f"http://{self.address('storage')}", log_in(self._folder.logs)
        return [stand_in_launch(self.port(name), storage_url, log, inherited) for name in self._stand_ins]

    def function_launches(
        self,
        unpacked: Mapping[str, Path],
        environment: Mapping[str, str],
        runner: Sequence[str] = FUNCTIONS_FRAMEWORK,
    ) -> list[Launch]:
        """Describe the functions' starts.

        Args:
            unpacked: stage -> root of its unpacked archive.
            environment: all they may see.
            runner: as for `function_launch`.
        """
        alone = {RENDER_GPU: self._weights.instance_environment} if self._weights else {}
        return [
            function_launch(
                name, stage, unpacked[stage], self.port(name), {**environment, **alone.get(name, {})}, runner
            )
            for name, stage in self.functions.items()
        ]

    def edge_launch(self, certificate: Certificate, inherited: Mapping[str, str]) -> Launch:
        """Describe the edge's start.

        Args:
            certificate: what it shows.
            inherited: its environment.
        """
        ports = self.port(EDGE), self.port("submit")
        return edge_launch(*ports, certificate, self.project, REPOSITORY, inherited)
