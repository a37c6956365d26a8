"""One job of eight shots through the whole stack: what orchestration costs in time, commits and memory."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from infra.local.clients import create_api_key, job_store
from infra.local.stack import LocalStack
from shared.documents import JobDocuments
from tests.bench.memory import peak_mb
from tests.bench.table import Row
from tests.integration.service import Api

SHOTS = 8
PROMPT = " ".join(
    f"Then Mara, a woman in a red coat, {what}."
    for what in (
        *("wakes in her room", "opens the door", "walks to the harbour", "looks at the sea"),
        *("runs through the forest", "climbs the mountain", "finds a lantern", "comes home at night"),
    )
)
MAX_COMMITS, MAX_TASKS = 8 + 3 * SHOTS, 2 + SHOTS
MAX_ORCHESTRATION_SECONDS = 1.0
MAX_MEMORY_MB = 400


def measure(folder: Path) -> list[Row]:
    """Run one job at 720p for the counts, and one at 1080p for the memory."""
    settings = {"TTV_LOG_LEVEL": "debug", "TTV_REQUESTS_PER_MINUTE": "100000"}
    with LocalStack(folder, project="demo-bench", function_environment=settings, sweep_seconds=600) as stack:
        store = job_store(stack.environment)
        headers = {"Authorization": f"Bearer {create_api_key(store, 'bench')}"}
        with httpx.Client(base_url=stack.submit_url, headers=headers, timeout=30) as http:
            api = Api(http, store)
            run(api, "640x360")  # warms up every process
            counted = run(api, "1280x720")
            memory_before = peaks(stack)
            run(api, "1920x1080")
            memory = peaks(stack)
        events = store.events(counted)
        commits = len({told.id.rpartition("-")[0] for told in JobDocuments(store._db, counted).events.get()})
    lines = list(log_lines(folder / "logs", counted))
    return [*counts(commits, lines), orchestration(events, lines), *memories(memory_before, memory)]


def run(api: Api, size: str) -> str:
    """Make one video of eight shots and return its id."""
    video_id = api.create(prompt=PROMPT, seconds=5 * SHOTS, size=size, seed=7)
    video = api.finished(video_id)
    assert video["status"] == "completed", video
    assert video["shots"]["total"] == SHOTS, video
    return video_id


def log_lines(logs: Path, job_id: str) -> Iterator[dict[str, Any]]:
    """Yield what all processes logged about a job."""
    for path in logs.glob("*.log"):
        for line in path.read_text(errors="replace").splitlines():
            if job_id in line and line.startswith("{"):
                yield json.loads(line)


def counts(commits: int, lines: list[dict[str, Any]]) -> list[Row]:
    """Show how many commits and tasks there were, and count the commits that had to be tried again.

    Args:
        commits: that brought any news; those of one commit share the beginning of their ids.
        lines: of all processes about the job.
    """

    def number(message: str) -> int:
        return sum(line["message"] == message for line in lines)

    collisions, tasks = number("store.collided"), number("task.enqueued")
    return [
        Row(
            f"commits of a job of {SHOTS} shots",
            str(commits),
            str(MAX_COMMITS),
            commits <= MAX_COMMITS,
            f"{collisions} lost a race and were tried again",
        ),
        Row(f"tasks of a job of {SHOTS} shots", str(tasks), str(MAX_TASKS), tasks <= MAX_TASKS),
    ]


def orchestration(events: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Row:
    """Measure the time of a job during which no generator was at work."""
    accepted, completed = events[0]["at"], events[-1]["at"]
    runs = sorted(
        (
            datetime.fromisoformat(line["time"]) - timedelta(seconds=line["seconds"]),
            datetime.fromisoformat(line["time"]),
            line["what"],
        )
        for line in lines
        if line["message"] == "generator.ran"
    )
    gaps: list[tuple[str, timedelta]] = []
    busy_until, after = accepted, "accepted"
    for began, ended, what in runs:
        gaps.append((f"{after} to {what}", began - busy_until))
        busy_until, after = max((busy_until, after), (ended, what))
    gaps.append((f"{after} to completed", completed - busy_until))
    idle = [(name, gap.total_seconds()) for name, gap in gaps if gap > timedelta(0)]
    seconds = sum(gap for _, gap in idle)
    longest = sorted(idle, key=lambda gap: -gap[1])[:3]
    return Row(
        f"orchestration of a job of {SHOTS} shots",
        f"{seconds:.2f} s of {(completed - accepted).total_seconds():.1f} s",
        f"{MAX_ORCHESTRATION_SECONDS:.0f} s",
        seconds <= MAX_ORCHESTRATION_SECONDS,
        "; ".join(f"{name} {gap:.2f} s" for name, gap in longest),
    )


def peaks(stack: LocalStack) -> dict[str, int]:
    """Return the highest memory each function's process has had so far, in MB."""
    return {
        name: max(peak_mb(pid) for pid in (process.pid, *_children(process.pid)))
        for name, process in stack.processes.items()
        if name.startswith(("render", "finalize"))
    }


def memories(before: dict[str, int], after: dict[str, int]) -> list[Row]:
    """Show the peaks of render and finalize."""
    rows = []
    for stage in ("render", "finalize"):
        small, large = (
            max(mb for name, mb in peak.items() if name.startswith(stage)) for peak in (before, after)
        )
        rows.append(
            Row(
                f"peak memory of {stage}, 1080p",
                f"{large} MB",
                f"{MAX_MEMORY_MB} MB",
                large < MAX_MEMORY_MB,
                f"{small} MB at 720p",
            )
        )
    return rows


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
