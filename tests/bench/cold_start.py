"""Time from starting a function's process to its first healthy answer, against an empty function's."""

import statistics
import time
from pathlib import Path

from infra.archives import STAGES, build_archive, unpack
from infra.local.bounded_log import BoundedLog
from infra.local.functions import function_launch
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from shared.settings import Settings
from tests.bench.table import Row

EMPTY = """
import functions_framework

@functions_framework.http
def empty(request):
    return "ok"
"""
ROUNDS = 7
BUDGETS = {"submit": 3.5, "keyframes": 4.0, "render": 4.0, "finalize": 4.0}
SETTINGS = {name.upper(): "none" for name, field in Settings.model_fields.items() if field.is_required()}


def measure(folder: Path) -> list[Row]:
    """Start every function in turn, several rounds, and compare the medians."""
    (folder / "empty").mkdir()
    (folder / "empty" / "main.py").write_text(EMPTY)
    roots = {stage: unpack(build_archive(stage, folder), folder) for stage in STAGES}
    roots["empty"] = folder / "empty"
    seconds: dict[str, list[float]] = {stage: [] for stage in roots}
    for _ in range(ROUNDS + 1):
        for stage, root in roots.items():
            seconds[stage].append(_start(stage, root, folder))
    medians = {stage: statistics.median(taken[1:]) for stage, taken in seconds.items()}  # first: no bytecode
    empty = medians.pop("empty")
    rows = [Row("cold start: empty function", f"{empty:.3f} s")]
    for stage, median in medians.items():
        ratio, budget = median / empty, BUDGETS[stage]
        rows.append(
            Row(f"cold start: {stage}", f"{median:.3f} s = {ratio:.2f}x", f"{budget:.1f}x", ratio <= budget)
        )
    return rows


def _start(stage: str, root: Path, folder: Path) -> float:
    launch = function_launch(stage, stage, root, reserve_port().release(), SETTINGS)
    guardian = Guardian()
    began = time.perf_counter()
    process = ChildProcess(launch, BoundedLog(folder / f"{stage}.log"), guardian)
    try:
        process.wait_until_ready(30)
        return time.perf_counter() - began
    finally:
        process.stop()
        guardian.close()
