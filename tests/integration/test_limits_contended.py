"""Firestore may take none of many increments at once: then they are tried again."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core import exceptions as google
from google.cloud import firestore

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.errors import Contended
from shared.firestore_calls import MAX_COLLISIONS
from shared.limits import Limits, Reservation
from tests.integration.reserving import AMPLE, running


class Crowded(firestore.Client):
    """A client of a database that aborts the first commits."""

    aborts = 0

    def batch(self) -> firestore.WriteBatch:
        batch = super().batch()
        commit: Callable[..., Any] = batch.commit

        def crowded(**options: Any) -> Any:  # noqa: ANN401 - the client's own
            if self.aborts:
                self.aborts -= 1
                raise google.Aborted("too much contention")  # type: ignore[no-untyped-call]  # typed in part
            return commit(**options)

        batch.commit = crowded  # type: ignore[method-assign, assignment]  # this batch alone
        return batch


@pytest.fixture
def crowded(stack: LocalStack) -> Crowded:
    own = stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"}
    db = job_store(own)._db
    db.__class__ = Crowded
    assert isinstance(db, Crowded)
    return db


def test_a_reservation_that_was_aborted_is_made_once(crowded: Crowded) -> None:
    crowded.aborts = 3
    Limits(crowded).reserve(Reservation("somebody", 0, datetime.now(UTC)), AMPLE)
    assert (crowded.aborts, running(crowded)) == (0, 1)


def test_a_reservation_that_is_always_aborted_is_contended_and_uses_nothing(crowded: Crowded) -> None:
    crowded.aborts = MAX_COLLISIONS
    with pytest.raises(Contended):
        Limits(crowded).reserve(Reservation("somebody", 0, datetime.now(UTC)), AMPLE)
    assert running(crowded) is None
