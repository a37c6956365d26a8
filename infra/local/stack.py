"""The whole service on one machine: starts every part, wires them to each other, and ends them in order.

Composition only: how a part is found, started or watched is written in the other modules of this package.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from infra.archives import REPOSITORY, STAGES, build_archive, unpack
from infra.local.blueprint import EDGE, EMULATORS, RENDER_GPU, Blueprint
from infra.local.credentials import service_account_email, write_credentials
from infra.local.description import StackDescription
from infra.local.edge.certificate import ensure_certificate
from infra.local.environment import inherited_environment
from infra.local.firestore_emulator import find_emulator, running_emulator, warm_up
from infra.local.functions import FUNCTIONS_FRAMEWORK
from infra.local.guardian import Guardian
from infra.local.java import bundled_java
from infra.local.process import ChildProcess, Launch
from infra.local.queues import TaskFaults, create_queues
from infra.local.run_folder import RunFolder
from infra.local.stand_ins.offering import log_in
from infra.local.stand_ins.running import PART as STAND_INS
from infra.local.stand_ins.running import RunningStandIn
from infra.local.storage_emulator import create_bucket, find_binary
from infra.local.supervisor import Supervisor
from infra.local.ticker import Ticker
from infra.local.weights import READY_SECONDS as WEIGHTS_READY_SECONDS
from infra.local.weights import Weights

READY_SECONDS = 60.0
"""For any part; the slowest takes 2 s on an idle machine. One that exits is noticed at once."""

SWEEP_SECONDS = 15.0
"""Cloud Scheduler sweeps every minute; here people are watching."""

log = structlog.get_logger()


class LocalStack:
    """A running stack, as a context manager: everything is up inside the block, and ended after it.

    Functions that die are restarted, as Cloud Run starts another instance, and so is the edge. When an
    emulator dies its data is gone, and `wait` says so. Everything listens on 127.0.0.1.

    Args:
        folder: of this run; created. See `run_folder.RunFolder` for what is in it.
        source: root of the checkout whose functions are packed and run.
        project: project id. Stacks do not share emulators, unless FIRESTORE_EMULATOR_HOST names one for both.
        function_environment: more variables for the functions, such as a provider's key; they win over the
            stack's own. Of the user's own environment only what any program needs reaches the functions.
        render_processes: one a core when left out. Each renders one shot at a time.
        sweep_seconds: from one sweep to the next.
        task_faults: lets deliveries of tasks go wrong on purpose; none do when left out.
        stand_ins: offer Google's models too, with a stand-in for them on this machine: nothing is paid.
        weights: offer these open-weight models too, rendered by a process of its own.
        function_runner: as for `functions.function_launch`.
        environment: where PATH, JAVA_HOME, FIRESTORE_EMULATOR_HOST and the like are looked up.
    """

    def __init__(
        self,
        folder: Path = Path(".local"),
        *,
        source: Path = REPOSITORY,
        project: str = "demo-ttv",
        function_environment: Mapping[str, str] | None = None,
        render_processes: int | None = None,
        sweep_seconds: float = SWEEP_SECONDS,
        task_faults: TaskFaults | None = None,
        stand_ins: bool = False,
        weights: Weights | None = None,
        function_runner: Sequence[str] = FUNCTIONS_FRAMEWORK,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.project = project
        self.folder = RunFolder(folder)
        self._source = source
        self._function_environment = dict(function_environment or {})
        self._render_processes = render_processes or _cores()
        self._sweep_seconds = sweep_seconds
        self._task_faults = task_faults
        self._has_stand_ins = stand_ins
        self._weights = weights
        self._function_runner = function_runner
        self._environment = environment
        self._closing = contextlib.ExitStack()
        self._api_key = ""

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            LocalStackError: a part is missing, failed or late; whatever had started is ended again.
        """
        begun = time.monotonic()
        try:
            self._start()
        except BaseException:  # Ctrl-C too
            self._closing.close()
            raise
        log.info("stack.ready", url=self.url, seconds=round(time.monotonic() - begun, 2))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, edge and functions before emulators."""
        self._closing.close()

    @property
    def url(self) -> str:
        """The edge's address: HTTP/3, HTTP/2 and HTTP/1.1."""
        return f"https://{self._blueprint.address(EDGE)}"

    @property
    def certificate(self) -> Path:
        """What clients of the edge are to trust, PEM."""
        return self._certificate.path

    @property
    def submit_url(self) -> str:
        """submit's own address, behind the edge."""
        return f"http://{self._blueprint.address('submit')}"

    @property
    def environment(self) -> dict[str, str]:
        """What a deployment tells its functions, and what leads Google's clients to the emulators."""
        return self._blueprint.environment

    @property
    def processes(self) -> dict[str, ChildProcess]:
        """Every part by name: firestore, storage, tasks, submit, keyframes, finalize, render-1, ..., edge;
        and stand-ins and render-gpu, where asked for."""
        return self._supervisor.processes

    @property
    def stand_in(self) -> RunningStandIn:
        """What stands in for Google's models. Only of a stack that was asked for it."""
        return RunningStandIn(self.processes[STAND_INS], log_in(self.folder.logs))

    def kill(self, name: str) -> None:
        """SIGKILL a part with all it started, and return once it is dead. All but emulators are restarted."""
        self.processes[name].kill()

    def wait_until_ready(self, name: str, timeout_seconds: float = READY_SECONDS) -> None:
        """Return once a part answers, after its restart if it is dead.

        Raises:
            PartFailed: it does not in time.
        """
        self._supervisor.wait_until_ready(name, timeout_seconds)

    def wait(self, timeout_seconds: float | None = None) -> None:
        """Return after the time is over; without one, run until Ctrl-C.

        Raises:
            PartFailed: an emulator has died.
        """
        if self._supervisor.failed.wait(timeout_seconds) and self._supervisor.failure:
            raise self._supervisor.failure

    def write_description(self, api_key: str) -> Path:
        """Write `stack.json` for other programs and keep it current; it is removed when the stack ends.

        Args:
            api_key: one that submit accepts.
        """
        self._api_key = api_key
        self._describe()
        return self.folder.description

    def _start(self) -> None:
        self._closing.enter_context(self.folder.held())
        self.folder.begin_run()
        # Of an instance that is killed in the cloud nothing is left either.
        self._closing.callback(shutil.rmtree, self.folder.temporary, ignore_errors=True)
        running = running_emulator(self._environment)
        # Whatever may be missing, or be downloaded first, comes before any process.
        firestore = None if running else find_emulator(self._environment, bundled_java())
        storage = find_binary()
        self._blueprint = Blueprint(
            self.project,
            self.folder,
            self._render_processes,
            running,
            self._task_faults,
            stand_ins=self._has_stand_ins,
            weights=self._weights,
        )
        self._closing.callback(self._blueprint.release_all)
        self._supervisor = self._new_supervisor()
        inherited = inherited_environment(self._environment)
        for launch in self._blueprint.emulator_launches(firestore, storage, inherited):
            self._run(launch)
        for launch in self._blueprint.stand_in_launches(inherited):
            self._run(launch)
        write_credentials(self.folder.credentials, self.project)
        self._certificate = ensure_certificate(self.folder.edge)
        unpacked = self._unpack_functions()
        self._prepare_emulators()
        # Not before: starting takes cores, and Firestore, which takes longest, would have to share them.
        temporary = {"TMPDIR": str(self.folder.temporary)}  # a killed function leaves what it had there
        visible = inherited | temporary | self.environment | self._function_environment
        for launch in self._blueprint.function_launches(unpacked, visible, self._function_runner):
            self._run(launch)
        self._run(self._blueprint.edge_launch(self._certificate, inherited))
        if firestore:
            warm_up(self._blueprint.address("firestore"))
        for name, process in self.processes.items():
            process.wait_until_ready(WEIGHTS_READY_SECONDS if name == RENDER_GPU else READY_SECONDS)
        self._supervisor.watch()
        self._start_ticker()

    def _new_supervisor(self) -> Supervisor:
        guardian = Guardian()
        self._closing.callback(guardian.close)
        supervisor = Supervisor(guardian, self.folder.logs, on_restart=self._describe)
        # Undone from the last to the first: functions give back their leases while the emulators answer.
        self._closing.callback(supervisor.stop, {*EMULATORS, STAND_INS})
        self._closing.callback(supervisor.stop, {EDGE, *self._blueprint.functions})
        self._closing.callback(self.folder.description.unlink, missing_ok=True)
        self._closing.callback(supervisor.close)
        return supervisor

    def _run(self, launch: Launch) -> None:
        self._blueprint.release(launch.name)
        self._supervisor.start(launch, restartable=launch.name not in EMULATORS)

    def _unpack_functions(self) -> dict[str, Path]:
        unpacked = {
            stage: unpack(build_archive(stage, self.folder.archives, self._source), self.folder.functions)
            for stage in STAGES
        }
        self.folder.keep_functions(unpacked.values())
        return unpacked

    def _prepare_emulators(self) -> None:
        blueprint, processes = self._blueprint, self.processes
        processes["storage"].wait_until_ready(READY_SECONDS)
        create_bucket(blueprint.port("storage"), blueprint.bucket, self.project)
        processes["tasks"].wait_until_ready(READY_SECONDS)
        create_queues(blueprint.address("tasks"), self.project, blueprint.location, blueprint.queues)
        if "firestore" in processes:
            processes["firestore"].wait_until_ready(READY_SECONDS)

    def _start_ticker(self) -> None:
        account = service_account_email(self.project)
        ticker = Ticker(f"http://{self._blueprint.address('finalize')}", self._sweep_seconds, account)
        self._closing.callback(ticker.stop)
        ticker.start()

    def _describe(self) -> None:
        if not self._api_key:
            return
        processes = self.processes
        StackDescription(
            url=self.url,
            certificate=self.certificate,
            api_key=self._api_key,
            pid=os.getpid(),
            project=self.project,
            environment=self.environment,
            ports={name: process.port for name, process in processes.items()},
            pids={name: process.pid for name, process in processes.items()},
            logs=self.folder.logs,
            stand_in_log=log_in(self.folder.logs) if self._has_stand_ins else None,
        ).write(self.folder.description)


def _cores() -> int:
    """Count the cores that this process may use; a container may have fewer than the machine."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
