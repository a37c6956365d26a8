"""The same adapters that the functions use, for programs beside them: keys, inspection, tests."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from shared.domain.naming import api_key_id
from shared.job_store import JobStore

_EMULATOR = "FIRESTORE_EMULATOR_HOST"


def job_store(environment: Mapping[str, str]) -> JobStore:
    """Return the store of the stack whose functions see `environment`."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    with _variable(_EMULATOR, environment[_EMULATOR]):  # the client reads it nowhere else
        client = firestore.Client(
            project=environment["GOOGLE_CLOUD_PROJECT"],
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google-auth is typed in part
        )
    return JobStore(client)


def create_api_key(store: JobStore, owner: str) -> str:
    """Make a key that submit accepts. It is shown once; only its hash is stored."""
    key = f"ttv_{secrets.token_urlsafe(32)}"
    store.save_key(api_key_id(key), owner)
    return key


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
