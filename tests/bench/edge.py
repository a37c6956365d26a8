"""Latency of a small request through the edge, over each version of HTTP, against one to submit itself."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from infra.local.edge.certificate import trusting
from infra.local.stack import LocalStack
from tests.bench.table import Row
from tests.integration.http3 import Client, connected

PATH = "/v1/videos/video_000000000000000000000000"  # without a key: routed, logged, refused in the envelope
STATUS = 401
REQUESTS = 500
"""Of each kind, one after the other."""
ROUNDS = 5
"""The kinds take turns, so that what else the machine does meets all of them."""

Ask = Callable[[], Awaitable[object]]


def measure(folder: Path) -> list[Row]:
    """Ask the same over all ways in turn, and compare medians."""
    with LocalStack(folder, project="demo-bench", render_processes=1, sweep_seconds=600) as stack:
        taken = asyncio.run(_all_ways(stack))
    direct = statistics.median(taken.pop("submit itself, HTTP/1.1"))
    rows = [Row("request to submit itself, HTTP/1.1", f"{direct * 1000:.2f} ms", note="median")]
    for way, seconds in taken.items():
        median, slow = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
        figures = f"{median * 1000:.2f} ms = {median / direct:.2f}x"
        note = f"{(median - direct) * 1000:+.2f} ms; p99 {slow * 1000:.1f} ms"
        rows.append(Row(f"the same through the edge, {way}", figures, note=note))
    return rows


async def _all_ways(stack: LocalStack) -> dict[str, list[float]]:
    trust = trusting(stack.certificate)
    async with (
        httpx.AsyncClient(base_url=stack.submit_url) as direct,
        httpx.AsyncClient(base_url=stack.url, verify=trust) as http_1,
        httpx.AsyncClient(base_url=stack.url, verify=trust, http1=False, http2=True) as http_2,
        connected(stack.processes["edge"].port, stack.certificate) as http_3,
    ):
        ways: dict[str, Ask] = {
            "submit itself, HTTP/1.1": lambda: _ask(direct),
            "HTTP/1.1": lambda: _ask(http_1),
            "HTTP/2": lambda: _ask(http_2),
            "HTTP/3": lambda: _ask_3(http_3),
        }
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for ask in ways.values():  # connects, and warms up
            await _repeated(ask, REQUESTS // 10)
        for _ in range(ROUNDS):
            for way, ask in ways.items():
                taken[way] += await _repeated(ask, REQUESTS // ROUNDS)
    return taken


async def _repeated(ask: Ask, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    return taken


async def _ask(http: httpx.AsyncClient) -> None:
    answer = await http.get(PATH)
    assert answer.status_code == STATUS, answer.text


async def _ask_3(connection: Client) -> None:
    answer = await connection.ask("GET", PATH)
    assert answer.status == STATUS, answer
