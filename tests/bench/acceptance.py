"""How fast a video is accepted, with key, limits and idempotency on, beside an empty function's answer."""

import asyncio
import json
import secrets
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from google.cloud import firestore

from infra.local.bounded_log import BoundedLog
from infra.local.clients import create_api_key, job_store, task_queue
from infra.local.functions import function_launch
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.job import Stage
from shared.domain.messages import Destination, Task
from shared.task_queue import TaskQueue
from tests.bench.cold_start import EMPTY
from tests.bench.load import Load, load
from tests.bench.table import Row
from tests.integration.apart import submits_apart

BODY = json.dumps({"prompt": "A red fox runs through fresh snow at dawn, tracking shot, cinematic light"})
REQUESTS = 400
"""Of each kind at each concurrency."""
WARM_UP = 1000
ROUNDS = 4
"""The kinds take turns, so that what else the machine does meets both."""
COLD_STARTS = 5
PEER_MILLISECONDS = {1: 3.7, 8: 26.0, 32: 107.0}
"""Concurrency -> median of the closest open system of this kind on two such cores, with neither keys nor
limits by key nor idempotency."""
PEER_COLD_SECONDS = 0.55
"""Likewise, from its start to its first 202."""
WORST_MILLISECONDS = 250
"""Of any request, eight at a time."""
NO_LIMITS = dict.fromkeys(
    ("TTV_MAX_RUNNING_VIDEOS", "TTV_CREATIONS_PER_MINUTE", "TTV_REQUESTS_PER_MINUTE"), "1000000"
)


def measure(folder: Path) -> list[Row]:
    """Accept videos that nobody makes meanwhile, and let an empty function answer as many."""
    with (
        LocalStack(folder, project="demo-bench", function_environment=NO_LIMITS, sweep_seconds=3600) as stack,
        _empty_function(folder) as empty_url,
    ):
        store, queue = job_store(stack.environment), task_queue(stack.environment)
        queue.pause(Destination.KEYFRAMES)
        key = create_api_key(store, "bench")
        loads = asyncio.run(_in_turn(f"{stack.submit_url}/v1/videos", empty_url, key))
        bare = statistics.median(_bare_seconds(store._db, queue)) * 1000
        cold = statistics.median(_cold_seconds(stack, folder, key))
    rows = [
        Row(
            "cold start: submit to its first 202",
            f"{cold:.2f} s",
            f"{PEER_COLD_SECONDS:.2f} s",
            cold < PEER_COLD_SECONDS,
        ),
        Row(
            "two small commits and a task, bare",
            f"{bare:.1f} ms",
            note=f"of a video accepted alone {bare / loads[1][0].milliseconds(50):.0%}: no less will do",
        ),
    ]
    for at_once, (accepted, empty) in loads.items():
        median, note = accepted.milliseconds(50), f"p50 / p95 / p99 / slowest; empty function: {empty}"
        peer, what = PEER_MILLISECONDS[at_once], f"accepting, {at_once} at once"
        rows.append(Row(what, str(accepted), f"{peer:.1f} ms", median < peer, note))
        if at_once == 8:
            worst = accepted.milliseconds(100)
            within = worst < WORST_MILLISECONDS
            rows.append(Row("slowest of these", f"{worst:.0f} ms", f"{WORST_MILLISECONDS} ms", within))
    return rows


async def _in_turn(submit: str, empty: str, key: str) -> dict[int, tuple[Load, Load]]:
    def header() -> str:
        return f"Authorization: Bearer {key}\r\nIdempotency-Key: {uuid.uuid4()}\r\n"

    async def accepted(requests: int, at_once: int) -> Load:
        return await load(submit, BODY, status=202, requests=requests, at_once=at_once, header=header)

    async def answered(requests: int, at_once: int) -> Load:
        return await load(empty, BODY, status=200, requests=requests, at_once=at_once)

    await accepted(WARM_UP, 8)  # above all of the emulator, whose code is compiled as it runs
    await answered(50, 8)
    loads = {}
    for at_once in PEER_MILLISECONDS:
        taken = [
            (await accepted(REQUESTS // ROUNDS, at_once), await answered(REQUESTS // ROUNDS, at_once))
            for _ in range(ROUNDS)
        ]
        loads[at_once] = (_together([each[0] for each in taken]), _together([each[1] for each in taken]))
    return loads


def _cold_seconds(stack: LocalStack, folder: Path, key: str) -> Iterator[float]:
    """Start a submit, and have it accept a video as soon as it answers."""
    with submits_apart(stack, folder) as start:
        for _ in range(COLD_STARTS):
            began = time.perf_counter()
            url = f"{start()}/v1/videos"
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            answer = httpx.post(url, content=BODY, headers=headers, timeout=30)
            assert answer.status_code == 202, answer.text
            yield time.perf_counter() - began


def _bare_seconds(db: firestore.Client, queue: TaskQueue) -> Iterator[float]:
    """Make the calls to the emulators that accepting a video needs, with next to nothing in them."""
    for _ in range(REQUESTS):
        began = time.perf_counter()
        for _ in range(2):
            batch = db.batch()
            batch.create(db.document("bare", secrets.token_hex(8)), {"number": 1})
            batch.commit(retry=None, timeout=5)
        job_id = naming.job_id(secrets.token_bytes(12))
        queue.enqueue(Task(job_id=job_id, stage=Stage.KEYFRAMES, generation=0, step=0))
        yield time.perf_counter() - began


def _together(loads: list[Load]) -> Load:
    seconds = sorted(taken for each in loads for taken in each.seconds)
    return Load(tuple(seconds), sum(each.took_seconds for each in loads))


@contextmanager
def _empty_function(folder: Path) -> Iterator[str]:
    root = folder / "empty"
    root.mkdir()
    (root / "main.py").write_text(EMPTY)
    launch = function_launch("submit", "empty", root, reserve_port().release(), {})
    guardian = Guardian()
    process = ChildProcess(launch, BoundedLog(folder / "empty.log"), guardian)
    try:
        process.wait_until_ready(30)
        yield f"http://127.0.0.1:{process.port}/"
    finally:
        process.stop()
        guardian.close()
