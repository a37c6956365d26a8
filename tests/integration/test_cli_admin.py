"""`ttv admin` on a running deployment: what operators see, and what their commands really do to a video."""

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from infra.cli.exits import Exit
from infra.cli.main import app
from infra.cli.standing import replace, standings
from infra.local import clients
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from shared.domain.claims import claim, replace_task
from shared.domain.due_tasks import due_task
from shared.domain.errors import BackendPaused
from shared.domain.job import JobState, Stage, WorkKey
from shared.domain.messages import Task
from shared.domain.transitions import cancel
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until
from tests.integration.stored import stored
from tests.unit.jobs import LEASE, NOW, drawn_job, render, running_job

Admin = Callable[..., Result]
KEYFRAMES = WorkKey(stage=Stage.KEYFRAMES)
UNKNOWN = "video_ffffffffffffffffffffffff"


@pytest.fixture
def admin(stack: LocalStack) -> Admin:
    """Runs `ttv admin` with the stack's variables, or others, as its environment."""

    def run(*arguments: str, environment: dict[str, str] = stack.environment) -> Result:
        with capture_logs():  # `main` keeps them off stdout; here nothing has configured them
            return CliRunner().invoke(app, ["admin", *arguments], env=environment)

    return run


@pytest.fixture
def apart(stack: LocalStack) -> dict[str, str]:
    """A deployment of this test's own, whose switches nobody else looks at."""
    return stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"}


@pytest.fixture
def waiting(admin: Admin, api: Api, queues: Queues) -> str:
    """A video whose first task is held back by `pause`."""
    assert admin("pause", "keyframes").stdout == "keyframes: paused\n"
    return api.create(seconds=4)


def first_task(api: Api, video_id: str) -> Task:
    return due_task(api.store.load(video_id).state, KEYFRAMES).task


def succeeded(result: Result) -> str:
    """Return what a command printed for scripts."""
    assert result.exit_code == Exit.OK, result.output
    return result.stdout


def test_a_video_whose_task_got_lost_is_made_after_requeue(
    admin: Admin, api: Api, queues: Queues, waiting: str
) -> None:
    queues.lose(first_task(api, waiting))
    assert "missing" in succeeded(admin("show", waiting))
    assert succeeded(admin("requeue", waiting)) == "keyframes: missing: replaced by generation 1\n"
    assert queues.holds(first_task(api, waiting))
    assert succeeded(admin("resume", "keyframes")) == "keyframes: running\n"
    assert api.finished(waiting)["status"] == "completed"
    assert "task.replaced" in [event["name"] for event in api.store.events(waiting)]
    assert succeeded(admin("requeue", waiting)) == f"{waiting} is completed: no task is due\n"


def test_a_task_that_only_waits_is_left_by_requeue(
    admin: Admin, api: Api, queues: Queues, waiting: str
) -> None:
    before = first_task(api, waiting)
    said = "keyframes: held back: its queue is paused: left\n"
    assert [succeeded(admin("requeue", waiting)) for _ in range(2)] == [said, said]
    assert first_task(api, waiting) == before


def test_the_queue_of_the_gpu_is_paused_and_resumed_by_itself(admin: Admin, stack: LocalStack) -> None:
    queue = clients.task_queue(stack.environment)
    on_gpu = due_task(drawn_job(), render(0)).task.evolve(on_gpu=True)
    assert succeeded(admin("pause", "render-gpu")) == "render-gpu: paused\n"
    assert (queue.holds_back(on_gpu), queue.holds_back(on_gpu.evolve(on_gpu=False))) == (True, False)
    assert succeeded(admin("resume", "render-gpu")) == "render-gpu: running\n"
    assert not queue.holds_back(on_gpu)


def test_a_deployment_without_a_gpu_has_no_queue_of_one_to_pause(admin: Admin, stack: LocalStack) -> None:
    result = admin("pause", "render-gpu", environment=stack.environment | {"TTV_RENDER_GPU_URL": ""})
    assert result.exit_code == Exit.BAD_INPUT
    assert "queue: 'render-gpu' is not permitted; permitted: keyframes, render, finalize" in result.output


def test_work_that_is_leased_is_left_by_requeue(admin: Admin, api: Api, queues: Queues, waiting: str) -> None:
    task = first_task(api, waiting)
    queues.lose(task)
    api.store.change(waiting, lambda s, now: claim(s, task, token="t", now=now, lasts=LEASE), shots="all")
    printed = succeeded(admin("requeue", waiting))
    assert printed.startswith("keyframes: being worked on, leased until 2")
    assert printed.endswith(": left\n")
    api.http.post(f"/v1/videos/{waiting}/cancel")


def test_a_task_that_is_dispatched_in_vain_is_replaced(
    stack: LocalStack, admin: Admin, api: Api, queues: Queues, waiting: str
) -> None:
    lost = first_task(api, waiting)
    queues.lose(lost)
    api.store.change(waiting, partial(_replaced, lost), shots="all")
    nobody = {"TTV_KEYFRAMES_URL": f"http://127.0.0.1:{reserve_port().release()}"}
    astray = clients.task_queue(stack.environment | nobody)
    astray.enqueue(first_task(api, waiting))
    queues.resume(Stage.KEYFRAMES)
    task = first_task(api, waiting)
    until(lambda: astray.find(task), lambda found: found and found.last_answer, what="a vain dispatch")
    printed = succeeded(admin("requeue", waiting))
    assert "UNAVAILABLE" in printed
    assert printed.endswith(": replaced by generation 2\n")
    assert api.finished(waiting)["status"] == "completed"


def _replaced(lost: Task, state: JobState, _now: object) -> JobState:
    return replace_task(state, lost)


def test_the_paid_call_of_a_cancelled_video_is_looked_after_by_a_new_task(
    stack: LocalStack, apart: dict[str, str], queues: Queues
) -> None:
    queues.pause(Stage.RENDER)
    store, queue = clients.job_store(apart), clients.task_queue(stack.environment)
    video_id = stored(store, cancel(running_job(), NOW))
    found = store.load(video_id, shots="all")
    (missing,) = standings(found.state, found.now, queue)
    assert (missing.words, missing.is_stuck) == ("missing", True)
    assert replace(missing, store, queue) == "replaced by generation 1"
    assert replace(missing, store, queue) == "left: render/0 was replaced already"
    (waits,) = standings(store.load(video_id, shots="all").state, found.now, queue)
    assert waits.words == "held back: its queue is paused"
    queues.lose(waits.due.task)


def test_show_tells_how_a_video_stands_and_neither_prompt_nor_key(
    admin: Admin, api: Api, api_key: str, queues: Queues, waiting: str
) -> None:
    printed = succeeded(admin("show", waiting))
    for told in (waiting, "queued, stage keyframes, 0 %", "held back: its queue is paused", "job.accepted"):
        assert told in printed
    queues.resume(Stage.KEYFRAMES)
    api.finished(waiting)
    printed = succeeded(admin("show", waiting))
    for told in ("completed, stage finalize, 100 %", "render/0", "rendered", "deadline", "job.completed"):
        assert told in printed
    assert PROMPT[:40] in printed
    for secret in (PROMPT, api_key):
        assert secret not in printed


def test_show_names_what_a_failed_video_failed_of(
    admin: Admin, api: Api, queues: Queues, waiting: str
) -> None:
    from shared.domain.errors import BackendFailed
    from shared.domain.transitions import fail

    failure = BackendFailed("the brush broke", shot=1)
    api.store.change(waiting, lambda state, now: fail(state, now, failure=failure), shots="all")
    assert "render/1: backend_failed: the brush broke" in succeeded(admin("show", waiting))
    assert "is failed: no task is due" in succeeded(admin("requeue", waiting))


def test_a_backend_switched_off_admits_nobody_until_it_is_switched_on(
    admin: Admin, apart: dict[str, str]
) -> None:
    admit = partial(clients.switches(apart).admit, "animatic")
    printed = succeeded(admin("switch", "animatic", "off", "--note", "too [dear]", environment=apart))
    assert "off" in printed
    with pytest.raises(BackendPaused):
        admit()
    listed = succeeded(admin("switch", environment=apart))
    assert "too [dear]" in listed
    assert "scripted" in listed
    assert "off" not in succeeded(admin("switch", "animatic", "on", environment=apart))
    partial(clients.switches(apart).admit, "animatic")()


def test_switch_lists_outages_and_until_when_a_backend_is_paused(admin: Admin, apart: dict[str, str]) -> None:
    breaker = clients.switches(apart)
    for _ in range(3):
        breaker.outage("scripted")
    (line,) = (row for row in succeeded(admin("switch", environment=apart)).splitlines() if "scripted" in row)
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[:3] == ["scripted", "on", "3"]
    assert cells[3].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "video_1"), "video_id: 'video_1' is not permitted; permitted: video_ and 24 hexadecimal"),
        (("requeue", "../x"), "video_id: '../x' is not permitted"),
        (("show", UNKNOWN), f"there is no job {UNKNOWN}"),
        (("requeue", UNKNOWN), f"there is no job {UNKNOWN}"),
        (("pause", "submit"), "queue: 'submit' is not permitted; permitted: keyframes, render, render-gpu"),
        (("resume", "x"), "queue: 'x' is not permitted; permitted: keyframes, render, render-gpu, finalize"),
        (("switch", "sora", "off"), "backend: 'sora' is not permitted; permitted: animatic, scripted"),
        (("switch", "animatic", "maybe"), "switch animatic: 'maybe' is not permitted; permitted: on, off"),
        (("switch", "animatic"), "switch animatic: '' is not permitted; permitted: on, off"),
        (("show",), "Usage: "),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_permitted(
    admin: Admin, arguments: tuple[str, ...], message: str
) -> None:
    done = admin(*arguments)
    assert done.exit_code == Exit.BAD_INPUT
    assert message in done.stderr
    assert done.stdout == ""


def test_a_deployment_is_found_by_a_file_of_its_variables_and_by_the_folder_of_its_stack(
    stack: LocalStack, admin: Admin, api_key: str, tmp_path: Path
) -> None:
    stack.write_description(api_key)
    file = tmp_path / "cloud.env"
    variables = "\n".join(f"{name}={value}" for name, value in stack.environment.items())
    file.write_text(f"# the tests' own\n\n{variables}\n")
    none = dict.fromkeys(stack.environment, "")
    for option in (("--environment", str(file)), ("--folder", str(stack.folder.path))):
        done = admin("switch", *option, environment=none)
        assert "animatic" in succeeded(done)
        assert done.stderr == "project demo-tests, europe-west4\n"


def test_a_deployment_that_is_not_fully_described_is_bad_input(
    stack: LocalStack, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "cloud.env"
    file.write_text("GOOGLE_CLOUD_PROJECT=p\nTTV_LOCATION=l\nTTV_BUCKET=b\n")
    done = admin("switch", "--environment", str(file))
    assert (done.exit_code, "TTV_KEYFRAMES_URL" in done.stderr) == (Exit.BAD_INPUT, True)
    file.write_text("export\n")
    assert "line 1 is not NAME=value" in admin("switch", "--environment", str(file)).stderr
    both = admin("switch", "--environment", str(file), "--folder", str(tmp_path))
    assert (both.exit_code, "not both" in both.stderr) == (Exit.BAD_INPUT, True)


def test_a_deployment_in_the_cloud_is_asked_with_credentials_or_not_at_all(
    stack: LocalStack, admin: Admin, tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing.json")
    in_the_cloud = {"FIRESTORE_EMULATOR_HOST": "", "GOOGLE_APPLICATION_CREDENTIALS": missing}
    done = admin("switch", environment=stack.environment | in_the_cloud)
    assert (done.exit_code, missing in done.stderr) == (Exit.REFUSED, True)


def test_where_no_stack_runs_it_is_said_so(admin: Admin, tmp_path: Path) -> None:
    done = admin("switch", "--folder", str(tmp_path))
    assert (done.exit_code, "No local stack is running" in done.stderr) == (Exit.NO_STACK, True)


@pytest.mark.parametrize(
    ("down", "arguments"),
    [
        ("FIRESTORE_EMULATOR_HOST", ("show", UNKNOWN)),
        ("FIRESTORE_EMULATOR_HOST", ("switch",)),
        ("TTV_TASKS_ENDPOINT", ("pause", "render")),
        ("TTV_TASKS_ENDPOINT", ("resume", "render")),
    ],
)
def test_a_deployment_that_does_not_answer_is_unreachable(
    stack: LocalStack, admin: Admin, down: str, arguments: tuple[str, ...]
) -> None:
    nobody = {down: f"127.0.0.1:{reserve_port().release()}"}
    done = admin(*arguments, environment=stack.environment | nobody)
    assert done.exit_code == Exit.UNREACHABLE
    assert "did not answer" in done.stderr
