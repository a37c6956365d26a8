"""Jobs in any condition, put straight into a store."""

import secrets

from shared.domain import naming
from shared.domain.job import JobState
from shared.job_store import ALL, JobStore
from tests.unit.jobs import queued_job


def stored(store: JobStore, state: JobState, *, owner: str = "somebody") -> str:
    """Store a job as it is in `state`, but of another name, and return that."""
    job_id = naming.job_id(secrets.token_bytes(12))
    new = queued_job()
    created, _ = store.create(new.evolve(job=new.job.evolve(job_id=job_id, owner=owner)))
    own = {"job_id": job_id, "owner": owner, "created_at": created.job.created_at}
    store.change(job_id, lambda _state, _now: state.evolve(job=state.job.evolve(**own)), shots=ALL)
    return job_id
