"""Makes the code ask Firestore all that it ever asks, and write all that it ever writes.

It must not know what is right. Whatever asks and is not called here, `unvisited` names.
"""

import ast
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.base_client import BaseClient
from google.cloud.firestore_v1.base_collection import BaseCollectionReference
from google.cloud.firestore_v1.base_query import BaseQuery

from infra.archives import REPOSITORY
from shared.api_keys import ApiKeys
from shared.census_store import CensusStore
from shared.documents import JobDocuments, Snapshot, write_changes
from shared.domain.census import Census, Standing, Totals
from shared.domain.job import Status
from shared.job_queries import JobQueries
from shared.job_store import JobStore
from shared.limits import Counted, Limits, Permitted, Reservation
from shared.repeats import Repeats, new_claim
from shared.switches import Switches
from tests.infra.recording_firestore import NOW, RecordingFirestore, recording
from tests.unit.jobs import NOW as JOBS_NOW
from tests.unit.jobs import completed_job, queued_job, running_job

ASKING = frozenset({"where", "order_by", "collection_group"})
"""Methods that make a query out of a collection."""

OWNER = "somebody"
JOB_ID = queued_job().job.job_id


class Site(NamedTuple):
    """A call in the code, by where it ends."""

    file: str
    line: int
    column: int


class Heard(NamedTuple):
    """What came of it."""

    firestore: RecordingFirestore
    visited: frozenset[Site]


def everything(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Let the code ask all its questions and write all its documents."""
    visited: set[Site] = set()
    _remember_callers(monkeypatch, visited)
    held = {
        f"jobs/{JOB_ID}": types.Document(
            fields={
                "owner": types.Value(string_value=OWNER),
                "created_at": types.Value(timestamp_value=NOW),
            }
        )
    }
    with recording(held) as (client, recorded):
        _ask_for_jobs(JobQueries(client))
        _ask_for_the_rest(client)
        _write(client)
    return Heard(recorded, frozenset(visited))


def unvisited(visited: frozenset[Site]) -> list[Site]:
    """Return the places in the code where a query is made that `everything` does not come by."""
    return sorted(set(_sites()) - visited)


def _ask_for_jobs(queries: JobQueries) -> None:
    for newest_first in (True, False):
        for status in (None, Status.COMPLETED):
            for after in (None, JOB_ID):
                queries.owned(OWNER, limit=20, after=after, newest_first=newest_first, status=status)
    queries.active_jobs(10)
    queries.unsettled_jobs(10)
    queries.deleted_jobs(10, rested_for=timedelta(minutes=1))
    queries.queued_up_to(queued_job().job)
    queries.running(OWNER)
    queries.has_unfinished_heirs(JOB_ID)
    queries.by_status()
    queries.by_stage()
    queries.oldest_waiting_since()
    queries.events("job.accepted", after=NOW, up_to=NOW)
    queries.charged_usd_micros(after=NOW, up_to=NOW)
    queries.refunded_usd_micros(after=NOW, up_to=NOW)


def _ask_for_the_rest(client: firestore.Client) -> None:
    limits = Limits(client)
    limits.counted(10)
    limits.recount(Counted(OWNER, 1, NOW), 1, "2026-11")
    Repeats(client).standing("digest")
    store = JobStore(client)
    store.events(JOB_ID)
    store.purge(JOB_ID)
    keys = ApiKeys(client)
    keys.all()
    list(keys._beginning_with("0" * 12))


def _write(client: firestore.Client) -> None:
    """A document or more of every collection."""
    JobStore(client).create(completed_job(), idempotency_id="key", request_hash="hash")
    paid = running_job()
    batch = client.batch()
    before = Snapshot(state=queued_job(), now=JOBS_NOW, update_times={})
    write_changes(batch, JobDocuments(client, JOB_ID), before, paid, "receipt", fence=None, beside_job=True)
    batch.commit()
    wanted = Reservation(OWNER, 0, NOW, new_claim(JOB_ID, "digest", NOW))
    Limits(client).reserve(wanted, Permitted(60, 100, 0))
    ApiKeys(client).create(OWNER)
    Switches(client).switch("animatic", on=False, note="why")
    census = CensusStore(client)
    standing = Standing(by_status={}, by_stage={})
    census.replace(census.latest(), Census(counted_up_to=NOW, standing=standing, totals=Totals()))


def _remember_callers(monkeypatch: pytest.MonkeyPatch, visited: set[Site]) -> None:
    """Note where in our code each query is made."""
    for owner in (BaseQuery, BaseCollectionReference, firestore.Query, firestore.Client, BaseClient):
        for name in ASKING & vars(owner).keys():
            monkeypatch.setattr(owner, name, _noting(vars(owner)[name], visited))


def _noting(original: object, visited: set[Site]) -> object:
    def noted(*args: object, **kwargs: object) -> object:
        frame = sys._getframe(1)
        positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        visited.add(Site(frame.f_code.co_filename, positions[1] or 0, positions[3] or 0))
        return original(*args, **kwargs)  # type: ignore[operator]  # a method, whichever

    return noted


def _sites() -> Iterator[Site]:
    for folder in ("shared", "functions"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            yield from _sites_in(path)


def _sites_in(path: Path) -> Iterator[Site]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
            is_array = isinstance(node.func.value, ast.Name) and node.func.value.id == "np"
            if not is_array:
                yield Site(str(path), node.end_lineno or 0, node.end_col_offset or 0)
