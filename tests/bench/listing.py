"""How fast a page of videos is listed. On the emulator a query reads its whole collection: see the note."""

import secrets
import statistics
import time
from datetime import timedelta
from pathlib import Path

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.documents import JobDocuments, write_new
from shared.domain.naming import job_id
from shared.job_queries import JobQueries
from shared.job_store import JobStore
from tests.bench.table import Row
from tests.unit.jobs import NOW, queued_job

VIDEOS = {"few": 100, "many": 5_000}
PAGE = 20
TIMES = 30
BATCH = 100


def measure(folder: Path) -> list[Row]:
    """List a page of few videos and of many, each with a database of its own, and read a page by ids."""
    rows = []
    with LocalStack(folder, project="demo-bench", render_processes=1, sweep_seconds=3600) as stack:
        for name, videos in VIDEOS.items():
            store = job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"bench-{name}"})
            _fill(store, videos)
            milliseconds = _median_milliseconds(JobQueries(store._db))
            note = "on the emulator, which reads all of them; Firestore reads 21" if name == "many" else ""
            rows.append(Row(f"listing {PAGE} of {videos} videos", f"{milliseconds:.1f} ms", note=note))
    return rows


def _fill(store: JobStore, videos: int) -> None:
    new = queued_job()
    for first in range(0, videos, BATCH):
        batch = store._db.batch()
        for number in range(first, first + BATCH):
            name, created_at = job_id(secrets.token_bytes(12)), NOW - timedelta(seconds=number)
            state = new.evolve(job=new.job.evolve(job_id=name))
            write_new(batch, JobDocuments(store._db, name), state, receipt="r")
            batch.update(store._db.document("jobs", name), {"created_at": created_at})
        batch.commit(retry=None, timeout=30)


def _median_milliseconds(queries: JobQueries) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        page = queries.owned("somebody", limit=PAGE)
        taken.append(time.perf_counter() - began)
        assert len(page.jobs) == PAGE
    return statistics.median(taken) * 1000
