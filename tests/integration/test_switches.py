"""The switches and circuit breakers in Firestore: shared by all instances, written only when needed."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from infra.local.clients import switches
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.circuit import FIRST_OPEN, OPENS_AT, Circuit
from shared.domain.errors import BackendPaused, StoreUnavailable
from shared.switches import Switches

BACKEND = "animatic"


@pytest.fixture
def environment(stack: LocalStack) -> dict[str, str]:
    """A deployment of this test's own: each project has its own database in the emulator."""
    return stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"}


@pytest.fixture
def here(environment: dict[str, str]) -> Switches:
    return switches(environment)


@pytest.fixture
def elsewhere(environment: dict[str, str]) -> Switches:
    """Another instance's, which reads anew each time."""
    return Switches(switches(environment)._db, cache_seconds=0)


def refused_for(switches: Switches) -> timedelta | None:
    """Return how long the backend is not to be called; None when it may be."""
    try:
        switches.admit(BACKEND)
    except BackendPaused as paused:
        return paused.retry_after
    return None


def stored(switches: Switches) -> dict[str, Any] | None:
    return switches._document(BACKEND).get().to_dict()


def open_breaker(switches: Switches) -> None:
    for _ in range(OPENS_AT):
        switches.outage(BACKEND)


def test_in_good_times_nothing_is_written(here: Switches) -> None:
    for _ in range(3):
        here.admit(BACKEND)
        here.success(BACKEND)
    assert stored(here) is None


def test_three_outages_seen_by_different_instances_pause_the_backend_for_all(
    here: Switches, elsewhere: Switches
) -> None:
    here.outage(BACKEND)
    elsewhere.outage(BACKEND)
    assert refused_for(elsewhere) is None
    here.outage(BACKEND)
    for each in (here, elsewhere):
        assert timedelta(0) < (refused_for(each) or timedelta(0)) <= FIRST_OPEN
    here.admit("scripted")


def test_after_its_time_attempts_go_through_and_a_success_closes_it(elsewhere: Switches) -> None:
    open_breaker(elsewhere)
    document = elsewhere._document(BACKEND)
    document.update({"open_until": document.get().read_time - timedelta(seconds=1)})
    elsewhere.admit(BACKEND)
    elsewhere.success(BACKEND)
    after = elsewhere.all()[0]
    assert (after.backend, after.outages, after.open_until) == (BACKEND, 0, None)


def test_a_success_with_nothing_to_mend_writes_no_more(elsewhere: Switches) -> None:
    elsewhere.outage(BACKEND)
    for _ in range(2):
        elsewhere.success(BACKEND)
    assert (stored(elsewhere) or {})["revision"] == 2


def test_time_goes_on_in_a_cached_reading(here: Switches) -> None:
    open_breaker(here)
    document = here._document(BACKEND)
    document.update({"open_until": document.get().read_time + timedelta(seconds=0.6)})
    patient = Switches(here._db, cache_seconds=3600)
    first = refused_for(patient)
    assert first is not None
    time.sleep(0.3)
    second = refused_for(patient)
    assert second is not None
    assert second <= first - timedelta(seconds=0.3)
    time.sleep(0.4)
    assert refused_for(patient) is None


def test_a_reading_is_used_until_it_is_too_old(here: Switches, elsewhere: Switches) -> None:
    hasty = Switches(here._db, cache_seconds=0.3)
    hasty.admit(BACKEND)
    elsewhere.switch(BACKEND, False, "")
    hasty.admit(BACKEND)
    time.sleep(0.35)
    assert refused_for(hasty) == timedelta(seconds=30)


def test_an_instance_knows_at_once_what_it_has_written_itself(here: Switches) -> None:
    here.admit(BACKEND)
    here.switch(BACKEND, False, "maintenance")
    assert refused_for(here) == timedelta(seconds=30)
    here.switch(BACKEND, True, "")
    assert refused_for(here) is None


def test_a_switch_is_kept_with_its_note_and_told_to_operators(here: Switches, elsewhere: Switches) -> None:
    switched = here.switch(BACKEND, False, "too dear")
    listed = {circuit.backend: circuit for circuit in elsewhere.all()}
    assert list(listed) == list(VIDEO_BACKENDS)
    assert listed[BACKEND] == switched
    assert (switched.is_on, switched.note, switched.revision) == (False, "too dear", 1)
    assert listed["scripted"] == Circuit(backend="scripted")


def test_switching_to_what_it_is_already_writes_nothing(here: Switches) -> None:
    here.switch(BACKEND, True, "")
    assert stored(here) is None


def test_outages_that_many_instances_see_at_once_are_counted_until_it_opens(here: Switches) -> None:
    with ThreadPoolExecutor(16) as instances:
        list(instances.map(lambda _: Switches(here._db).outage(BACKEND), range(16)))
    (circuit, *_) = here.all()
    assert (circuit.outages, circuit.revision) == (OPENS_AT, OPENS_AT)


def test_a_switch_between_reading_and_writing_is_not_undone(here: Switches, elsewhere: Switches) -> None:
    happened: list[Circuit] = []

    def outage_while_switched_off(circuit: Circuit, _now: object) -> Circuit:
        if not happened:
            happened.append(elsewhere.switch(BACKEND, False, "meanwhile"))
        return circuit.evolve(outages=circuit.outages + 1)

    for _ in range(2):  # the first time there is no document yet, the second time there is
        happened.clear()
        here._change(BACKEND, outage_while_switched_off)
        circuit = elsewhere.all()[0]
        assert (circuit.is_on, circuit.note) == (False, "meanwhile")
        here.switch(BACKEND, True, "")


def test_fields_of_a_newer_revision_and_a_document_made_by_hand_are_respected(elsewhere: Switches) -> None:
    elsewhere._document(BACKEND).set({"is_on": False, "added_later": "keep me"})
    assert refused_for(elsewhere) == timedelta(seconds=30)
    elsewhere.outage(BACKEND)
    after = stored(elsewhere) or {}
    assert (after["is_on"], after["added_later"], after["outages"]) == (False, "keep me", 1)


def test_a_store_that_is_down_is_said_so_in_time_by_every_call(environment: dict[str, str]) -> None:
    nobody = {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{reserve_port().release()}"}
    down = switches(environment | nobody)
    calls = (
        lambda: down.admit(BACKEND),
        lambda: down.outage(BACKEND),
        lambda: down.success(BACKEND),
        lambda: down.switch(BACKEND, True, ""),
        down.all,
    )
    for call in calls:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            call()
        assert time.monotonic() - began < 3
