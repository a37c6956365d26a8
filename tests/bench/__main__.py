"""`make bench`: every budget of the design, as ratios in one run. Nothing here passes or fails a build."""

import sys
import tempfile
from pathlib import Path

import structlog
from rich.console import Console

from tests.bench import acceptance, cold_start, edge, job, listing, media, transitions
from tests.bench.table import Row, show

console = Console(width=140)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
rows: list[Row] = []
for section in (cold_start, acceptance, listing, edge, job, media, transitions):
    with tempfile.TemporaryDirectory(prefix="ttv-bench-") as folder, console.status(section.__name__):
        rows += section.measure(Path(folder))
show(rows, console)
sys.exit(0)
