"""The same adapters that the functions use, for programs beside them: keys, inspection, operators, tests."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.api_keys import NO_LIMITS_OF_ITS_OWN, ApiKeys, KeyLimits
from shared.job_store import JobStore
from shared.switches import Switches
from shared.task_queue import TaskQueue

if TYPE_CHECKING:
    from google.cloud import firestore

_EMULATOR = "FIRESTORE_EMULATOR_HOST"
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"


def job_store(environment: Mapping[str, str]) -> JobStore:
    """Return the store of the deployment whose functions see `environment`."""
    return JobStore(_firestore(environment))


def switches(environment: Mapping[str, str]) -> Switches:
    """Return the switches of the video backends of that deployment."""
    return Switches(_firestore(environment))


def task_queue(environment: Mapping[str, str]) -> TaskQueue:
    """Return the queues of that deployment.

    Raises:
        pydantic.ValidationError: a setting is missing.
    """
    from shared.settings import Settings
    from shared.wiring import build_task_queue

    with _as_there(environment):
        return build_task_queue(Settings.from_environment(environment))


def api_keys(environment: Mapping[str, str]) -> ApiKeys:
    """Return the API keys of that deployment."""
    return ApiKeys(_firestore(environment))


def create_api_key(store: JobStore, owner: str, limits: KeyLimits = NO_LIMITS_OF_ITS_OWN) -> str:
    """Make a key that submit accepts, beside the jobs of a store."""
    key, _stored = ApiKeys(store._db).create(owner, limits=limits)
    return key


def _firestore(environment: Mapping[str, str]) -> "firestore.Client":
    """Return a client of that deployment; of an emulator without credentials."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    with _as_there(environment):
        return firestore.Client(
            project=environment["GOOGLE_CLOUD_PROJECT"],
            credentials=(
                AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
                if environment.get(_EMULATOR)
                else None
            ),
        )


@contextmanager
def _as_there(environment: Mapping[str, str]) -> Iterator[None]:
    """Set what Google's clients read, while they are built, in no other place than the process's environment.

    No emulator there means none here; without credentials there the user's own are right.
    """
    there = {_EMULATOR: environment.get(_EMULATOR)}
    if environment.get(_CREDENTIALS):
        there[_CREDENTIALS] = environment[_CREDENTIALS]
    before = {name: os.environ.get(name) for name in there}
    _set(there)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if not value:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
