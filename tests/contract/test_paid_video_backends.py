"""What `PaidVideoBackend` promises, kept by every backend against its provider's real wire format."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.render.video_backends import Broken, Declined, Done, PaidVideoBackend, Running, Unknown
from infra.local.ports import reserve_port
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    MediaCorrupt,
    QuotaExhausted,
    Refused,
    TTVError,
)
from shared.probe import decode_fully, probe
from tests.contract.subject import BUCKET, REQUEST, Storage, Subject, until
from tests.provider.running import running_provider

UNKNOWN = f"operations/{0:032x}"


def path_of(done: Done) -> str:
    return done.uri.removeprefix(f"gs://{BUCKET}/")


Call = Callable[[PaidVideoBackend, Subject], object]
CALLS: dict[str, Call] = {
    "start": lambda backend, subject: backend.start(REQUEST, subject.stills, subject.output),
    "poll": lambda backend, _: backend.poll(UNKNOWN),
    "cancel": lambda backend, _: backend.cancel(UNKNOWN),
}


def test_a_delivered_clip_lies_under_its_prefix_and_is_what_was_asked_for(
    subject: Subject, tmp_path: Path
) -> None:
    state = subject.end(subject.start())

    assert isinstance(state, Done)
    assert state.uri.startswith(subject.output)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(subject.storage.read(path_of(state)) or b"")
    facts = probe(clip)
    assert decode_fully(clip) == REQUEST.seconds * REQUEST.fps
    assert (facts.codec, facts.pixel_format, facts.steady) == ("h264", "yuv420p", True)
    assert (facts.width, facts.height) == (REQUEST.width, REQUEST.height)
    assert facts.fps == REQUEST.fps
    assert subject.ledger().paid_outputs() == {subject.output: 1}


def test_an_operation_is_running_until_it_ends(subject: Subject) -> None:
    assert subject.backend().poll(subject.start("endless")) == Running()


def test_an_operation_is_found_by_its_name_alone(subject: Subject) -> None:
    name = subject.start()
    subject.end(name)

    states = [subject.backend().poll(name) for _ in range(3)]

    assert states == [states[0]] * 3
    assert isinstance(states[0], Done)


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("quota", QuotaExhausted),
        ("unavailable", BackendUnavailable),
        ("refuse_start", Refused),
        ("invalid", BackendFailed),
    ],
)
def test_a_call_that_surely_was_not_accepted_says_so(
    subject: Subject, directive: str, expected: type[TTVError]
) -> None:
    with pytest.raises(expected):
        subject.start(directive)

    assert len(subject.ledger().calls) == 1
    assert subject.ledger().paid_outputs() == {}


@pytest.mark.parametrize("directive", ["error", "bad_gateway", "gateway_timeout", "redirect"])
def test_an_error_that_does_not_tell_whether_it_was_accepted_is_a_lost_answer(
    subject: Subject, directive: str
) -> None:
    with pytest.raises(AnswerLost):
        subject.start(directive)

    assert len(subject.ledger().calls) == 1


@pytest.mark.parametrize("directive", ["lose_answer", "cut_answer", "malformed", "nameless", "huge"])
def test_an_answer_lost_after_acceptance_leaves_one_paid_call(subject: Subject, directive: str) -> None:
    with pytest.raises(AnswerLost):
        subject.start(directive)

    until(subject.ledger, lambda ledger: ledger.counts["delivered"], what="the clip nobody knows of")
    assert len(subject.ledger().calls) == 1
    assert subject.ledger().paid_outputs() == {subject.output: 1}


@pytest.mark.parametrize("directive", ["hold_answer", "trickle_answer"])
def test_an_answer_that_does_not_come_in_time_is_lost(subject: Subject, directive: str) -> None:
    begun = time.monotonic()

    with pytest.raises(AnswerLost):
        subject.start(directive, call_seconds=1)

    assert time.monotonic() - begun < 5  # the whole answer would take ten seconds, or for ever
    assert len(subject.ledger().calls) == 1


@pytest.mark.parametrize(
    ("directive", "seconds"),
    [
        ("quota:7s", 7),
        ("quota:2.5s", 2.5),
        ("quota_header:9", 9),
        ("quota:0s", 1),
        ("quota:99999999s", 600),
        ("quota:soon", 10),
        ("quota_header:-3", 10),
    ],
)
def test_a_provider_says_how_long_to_wait_within_reason(
    subject: Subject, directive: str, seconds: float
) -> None:
    with pytest.raises(QuotaExhausted) as raised:
        subject.start(directive)

    assert raised.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("call", CALLS)
def test_a_provider_that_is_not_there_is_unavailable(subject: Subject, call: str) -> None:
    port = reserve_port()  # bound, but nobody listens
    try:
        backend = subject.new_backend(f"http://127.0.0.1:{port.number}")
        with pytest.raises(BackendUnavailable):
            CALLS[call](backend, subject)
    finally:
        port.release()


def test_a_provider_that_takes_no_connection_is_unavailable(subject: Subject) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())  # fills the backlog, so that the next is left waiting
        backend = subject.new_backend(f"http://127.0.0.1:{server.getsockname()[1]}", call_seconds=2)
        with pytest.raises(BackendUnavailable):
            backend.start(REQUEST, subject.stills, subject.output)


def test_a_key_that_is_not_accepted_ends_it_and_is_not_told(subject: Subject) -> None:
    backend = subject.new_backend(subject.provider.url, key="somebody-elses-key")

    with pytest.raises(BackendFailed) as raised:
        backend.start(REQUEST, subject.stills, subject.output)

    assert "somebody-elses-key" not in str(raised.value)
    assert subject.ledger().paid_outputs() == {}


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("refuse_later", Declined(reason="the content was blocked by a safety filter")),
        ("refuse_later_billed", Declined(reason="the content was blocked by a safety filter", billed=True)),
        ("fail_later", Broken(reason="an internal error")),
        ("fail_later_billed", Broken(reason="an internal error", billed=True, retryable=False)),
        ("reject_later", Broken(reason="an argument is not permitted", retryable=False)),
    ],
)
def test_an_operation_that_ends_badly_says_why_and_at_whose_cost(
    subject: Subject, directive: str, expected: Declined | Broken
) -> None:
    assert subject.end(subject.start(directive)) == expected
    assert subject.ledger().paid_outputs().total() == expected.billed


@pytest.mark.parametrize(
    "directive", ["unavailable", "error", "lose_answer", "malformed", "nameless", "huge", "odd_output"]
)
def test_a_poll_that_fails_can_be_repeated(subject: Subject, directive: str) -> None:
    name = subject.start()
    subject.provider.polls([directive])

    with pytest.raises(BackendUnavailable):
        subject.backend().poll(name)

    assert isinstance(subject.end(name), Done)


def test_polling_too_often_must_wait(subject: Subject) -> None:
    name = subject.start()
    subject.provider.polls(["quota"])

    with pytest.raises(QuotaExhausted):
        subject.backend().poll(name)


@pytest.mark.parametrize("name", [UNKNOWN, "operations/../../script", "operations/", "", "x" * 1000])
def test_polling_an_operation_that_is_unknown_says_so(subject: Subject, name: str) -> None:
    assert subject.backend().poll(name) == Unknown()


def test_cancelling_stops_an_operation_unbilled(subject: Subject) -> None:
    name = subject.start("endless")

    billed = [subject.backend().cancel(name) for _ in range(2)]

    assert billed == [False, False]
    assert subject.end(name) == Broken(reason="the operation was cancelled")
    assert subject.ledger().counts["cancelled"] == 1
    assert subject.ledger().paid_outputs() == {}


def test_cancelling_what_was_delivered_changes_nothing(subject: Subject) -> None:
    name = subject.start()
    delivered = subject.end(name)
    assert isinstance(delivered, Done)

    billed = [subject.backend().cancel(name) for _ in range(2)]

    assert billed == [True, True]
    assert subject.backend().poll(name) == delivered
    assert subject.storage.read(path_of(delivered))
    assert subject.ledger().paid_outputs() == {subject.output: 1}


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("unavailable", BackendUnavailable),
        ("error", BackendUnavailable),
        ("lose_answer", BackendUnavailable),
        ("malformed", BackendUnavailable),
        ("nameless", BackendUnavailable),
        ("quota", QuotaExhausted),
    ],
)
def test_a_cancel_that_fails_can_be_repeated(
    subject: Subject, directive: str, expected: type[TTVError]
) -> None:
    name = subject.start("endless")
    subject.provider.cancels([directive])

    with pytest.raises(expected):
        subject.backend().cancel(name)

    assert subject.backend().cancel(name) is False
    assert subject.ledger().paid_outputs() == {}


def test_what_a_provider_does_not_know_is_taken_for_billed(subject: Subject) -> None:
    assert subject.backend().cancel(UNKNOWN) is True


def test_a_file_that_is_no_video_is_delivered_and_billed_all_the_same(
    subject: Subject, tmp_path: Path
) -> None:
    state = subject.end(subject.start("corrupt"))

    assert isinstance(state, Done)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(subject.storage.read(path_of(state)) or b"")
    with pytest.raises(MediaCorrupt):
        decode_fully(clip)
    assert subject.ledger().paid_outputs() == {subject.output: 1}


def test_a_refused_prompt_passes_once_it_is_reworded(subject: Subject) -> None:
    backend = subject.backend()
    with pytest.raises(Refused):
        backend.start(REQUEST.evolve(prompt="a boat [refuse] at dawn"), subject.stills, subject.output)
    late = backend.start(REQUEST.evolve(prompt="a boat [refuse later]"), subject.stills, subject.output)
    assert isinstance(subject.end(late), Declined)

    name = backend.start(REQUEST, subject.stills, subject.output)

    assert isinstance(subject.end(name), Done)


def test_an_operation_whose_clip_cannot_be_stored_fails_unbilled(subject: Subject, tmp_path: Path) -> None:
    nowhere = reserve_port()
    storage_url = f"http://127.0.0.1:{nowhere.number}"
    with running_provider(storage_url, tmp_path / "ledger.jsonl", seconds_per_clip=0) as provider:
        backend = subject.new_backend(provider.url)
        name = backend.start(REQUEST, subject.stills, subject.output)
        state = until(lambda: backend.poll(name), lambda state: state != Running(), what=name)

    nowhere.release()
    assert state == Broken(reason="the output could not be written")
    assert provider.ledger().paid_outputs() == {}


def test_a_provider_that_dies_leaves_its_account(subject: Subject, storage: Storage, tmp_path: Path) -> None:
    with running_provider(storage.url, tmp_path / "ledger.jsonl") as provider:
        backend = subject.new_backend(provider.url)
        provider.script(["endless"])
        name = backend.start(REQUEST, subject.stills, subject.output)
        provider.kill()

        with pytest.raises(BackendUnavailable):
            backend.poll(name)

    assert provider.ledger().paid_outputs() == {subject.output: 1}


def test_rates_make_calls_go_wrong(subject: Subject, storage: Storage, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with running_provider(storage.url, ledger, rates={"unavailable": 1, "poll_unavailable": 1}) as provider:
        backend = subject.new_backend(provider.url)
        with pytest.raises(BackendUnavailable):
            backend.start(REQUEST, subject.stills, subject.output)
        provider.script(["ok"])
        name = backend.start(REQUEST, subject.stills, subject.output)
        with pytest.raises(BackendUnavailable):
            backend.poll(name)
