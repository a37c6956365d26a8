"""Gathers what is known of a run from the store, the bucket, the provider's ledger, logs and processes.

It changes nothing and judges nothing.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from infra.local.stack import LocalStack
from infra.local.stand_ins.ledger import Ledger
from shared.documents import OPERATIONS
from shared.domain.naming import objects_prefix
from shared.job_store import ALL, JobStore
from tests.chaos.boundaries import BOUNDARIES_OF, Boundary
from tests.chaos.facts import Happened, JobFacts, PaidOutput, Recovery
from tests.chaos.fates import Deed
from tests.chaos.saboteur import CLOCK
from tests.chaos.strikes import Strike, StrikeRecord
from tests.chaos.told import Told

_PAID_OUTPUT = re.compile(r"gs://[^/]+/jobs/(video_[0-9a-f]+)/shots/(\d+)/submissions/([^/]+)/")
_FAULT_COUNTS = re.compile(r"(\w+)=(\d+)")


def job_facts(
    store: JobStore, environment: Mapping[str, str], ledger: Ledger, tolds: Sequence[Told]
) -> list[JobFacts]:
    """Return what is known of every order that was accepted."""
    bucket = _bucket(environment)
    paid = _paid_by_job(ledger)
    return [
        JobFacts(
            told=told,
            state=store.load(told.video_id, shots=ALL).state,
            events=[Happened.model_validate(event) for event in store.events(told.video_id)],
            objects=[str(blob.name) for blob in bucket.list_blobs(prefix=objects_prefix(told.video_id))],
            paid=paid[told.video_id],
        )
        for told in tolds
        if told.video_id
    ]


def job_ids(environment: Mapping[str, str]) -> list[str]:
    """Return the ids of all jobs in the store, whoever was told of them."""
    found = _documents(environment, "jobs", field="status")
    return [str(document["name"]).rpartition("/")[2] for document in found]


def reserved(environment: Mapping[str, str]) -> int:
    """Return how many unfinished videos all owners are held to have, and paid calls all backends."""
    found = {"limits": "running", OPERATIONS: OPERATIONS}
    return sum(
        abs(int(document["fields"][field]["integerValue"]))
        for collection, field in found.items()
        for document in _documents(environment, collection, field=field)
    )


def passages(record: StrikeRecord) -> Counter[tuple[str, Boundary]]:
    """Return how often each function passed each of its boundaries."""
    counts = record.counts()
    return Counter(
        {
            (function, boundary): counts[f"{function}, {boundary}"]
            for function, boundaries in BOUNDARIES_OF.items()
            for boundary in boundaries
        }
    )


def clocks(record: StrikeRecord) -> Counter[str]:
    """Return how many processes were started with which clock."""
    counted = {name: number for name, number in record.counts().items() if name.startswith(CLOCK)}
    return Counter({name.removeprefix(CLOCK): number for name, number in counted.items()})


def delivery_faults(logs: Path) -> Counter[str]:
    """Return how often each fault befell a delivery, as the queues' last words have it."""
    text = (logs / "tasks.log").read_text(errors="replace")
    counted = [said for line in text.splitlines() if (said := line.partition("faults.counted")[2])]
    return (
        Counter({kind: int(number) for kind, number in _FAULT_COUNTS.findall(counted[-1])})
        if counted
        else Counter()
    )


def recoveries(strikes: Sequence[Strike], jobs: Sequence[JobFacts]) -> list[Recovery]:
    """Return what came after each kill of a worker that held work: the next event of that work.

    Where the work was done, and only what follows was left to be seen to, the job's next event counts.
    """
    by_id = {job.job_id: job for job in jobs}
    offset = time.time() - time.monotonic()
    found = []
    for strike in strikes:
        struck_at = datetime.fromtimestamp(strike.at + offset, UTC)
        for held in strike.held if strike.deed is Deed.KILL else ():
            job = by_id.get(held.job_id)
            later = [event for event in job.events if event.at > struck_at] if job else []
            same = [event for event in later if event.key == held.key]
            if later:
                came = (same or later)[0]
                found.append(Recovery(strike, held, came, (came.at - struck_at).total_seconds()))
    return found


def processes_of(folder: Path, stack: LocalStack) -> list[str]:
    """Describe the processes that belong to a run and still live."""
    started = {process.pid for process in stack.processes.values()}
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.pid in started or str(folder) in process.environ().get("CHAOS_FOLDER", "")
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline())[:120]}")
        except psutil.Error:
            continue
    return found


def _documents(environment: Mapping[str, str], collection: str, *, field: str) -> list[dict[str, Any]]:
    """Return all documents of a collection with one of their fields, as the REST API has it."""
    documents = f"projects/{environment['GOOGLE_CLOUD_PROJECT']}/databases/(default)/documents"
    url = f"http://{environment['FIRESTORE_EMULATOR_HOST']}/v1/{documents}/{collection}"
    found: list[dict[str, Any]] = []
    page = {"pageToken": "", "pageSize": "300", "mask.fieldPaths": field}
    with httpx.Client(headers={"Authorization": "Bearer owner"}, trust_env=False, timeout=30) as http:
        while True:
            answer = http.get(url, params=page).raise_for_status().json()
            found += answer.get("documents", [])
            page["pageToken"] = answer.get("nextPageToken", "")
            if not page["pageToken"]:
                return found


def _paid_by_job(ledger: Ledger) -> dict[str, list[PaidOutput]]:
    paid: dict[str, list[PaidOutput]] = defaultdict(list)
    for output, times in ledger.paid_outputs().items():
        if output and (found := _PAID_OUTPUT.fullmatch(output)):
            paid[found[1]].append(PaidOutput(int(found[2]), found[3], times))
    return paid


def _bucket(environment: Mapping[str, str]) -> storage.Bucket:
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    endpoint = {"api_endpoint": environment["STORAGE_EMULATOR_HOST"]}
    client = storage.Client(project="any", credentials=nobody, client_options=endpoint)
    return client.bucket(environment["TTV_BUCKET"])
