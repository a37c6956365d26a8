"""What `PaidVideoBackend` promises, kept by every backend against its provider's real wire format."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.render.video_backends import Broken, Declined, Done, PaidVideoBackend, Running, Unknown
from functions.render.video_backends.omni import ENDED_WITHOUT_US
from infra.local.ports import reserve_port
from infra.local.stand_ins.running import RunningStandIn
from shared.domain.capabilities import KeyframePosition
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
from tests.contract.kinds import KINDS
from tests.contract.subject import Storage, Subject, until

BLOCKED = "the content was blocked by a safety filter"


def only(*names: str) -> pytest.MarkDecorator:
    """Let a test run over these backends: the others' providers cannot be brought to do such a thing."""
    assert set(names) <= KINDS.keys()
    return pytest.mark.parametrize("subject", names, indirect=True)


OMNI = ("omni on Vertex AI", "omni on the Gemini API")
GOOGLE = (*OMNI, "veo")

Call = Callable[[PaidVideoBackend, Subject], object]
CALLS: dict[str, Call] = {
    "start": lambda backend, subject: backend.start(subject.request, subject.stills, subject.output),
    "poll": lambda backend, subject: backend.poll(subject.kind.unknown),
    "cancel": lambda backend, subject: backend.cancel(subject.kind.unknown),
}


def test_a_delivered_clip_is_where_it_should_be_and_is_what_was_asked_for(
    subject: Subject, tmp_path: Path
) -> None:
    name = subject.start()
    state = subject.end(name)

    assert subject.has_delivered(state), state
    clip = subject.fetch(name, state, tmp_path / "clip.mp4")
    facts, asked = probe(clip), subject.request
    assert decode_fully(clip) == asked.seconds * asked.fps
    assert (facts.codec, facts.pixel_format, facts.steady) == ("h264", "yuv420p", True)
    assert (facts.width, facts.height, float(facts.fps)) == (asked.width, asked.height, asked.fps)
    assert subject.paid() == 1
    assert [call.stills for call in subject.ledger().calls] == [("first",)]


@only(*GOOGLE)
@pytest.mark.parametrize("stills", [(), ("first",), ("first", "last")])
def test_a_clip_is_begun_from_words_from_a_keyframe_and_from_two(
    subject: Subject, keyframe: Path, stills: tuple[KeyframePosition, ...]
) -> None:
    given = {KeyframePosition(position): keyframe for position in stills}

    subject.backend().start(subject.request, given, subject.output)

    assert [call.stills for call in subject.ledger().calls] == [stills]


@only(*GOOGLE)
def test_a_clip_has_sound(subject: Subject, tmp_path: Path) -> None:
    name = subject.start()

    assert probe(subject.fetch(name, subject.end(name), tmp_path / "clip.mp4")).has_audio


@only("veo")
def test_a_clip_has_no_sound_where_that_can_be_asked_for(subject: Subject, tmp_path: Path) -> None:
    silent = subject.request.evolve(audio=False)
    name = subject.backend().start(silent, subject.stills, subject.output)

    assert not probe(subject.fetch(name, subject.end(name), tmp_path / "clip.mp4")).has_audio


def test_an_operation_is_running_until_it_ends(subject: Subject) -> None:
    assert subject.backend().poll(subject.start("endless")) == Running()


def test_an_operation_is_found_by_its_name_alone(subject: Subject) -> None:
    name = subject.start()
    subject.end(name)

    states = [subject.backend().poll(name) for _ in range(3)]

    assert states == [states[0]] * 3
    assert subject.has_delivered(states[0])


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

    assert (len(subject.ledger().calls), subject.paid()) == (1, 0)


@pytest.mark.parametrize("directive", ["error", "bad_gateway", "gateway_timeout"])
def test_an_error_that_does_not_tell_whether_it_was_accepted_is_a_lost_answer(
    subject: Subject, directive: str
) -> None:
    with pytest.raises(AnswerLost):
        subject.start(directive)

    assert len(subject.ledger().calls) == 1


@only("scripted")
def test_a_call_that_is_sent_elsewhere_is_not_sent_again(subject: Subject) -> None:
    with pytest.raises(AnswerLost):
        subject.start("redirect")

    assert len(subject.ledger().calls) == 1


@only(*GOOGLE)
def test_a_call_that_is_sent_elsewhere_by_google_is_paid_once(subject: Subject) -> None:
    assert subject.has_delivered(subject.end(subject.start("redirect")))

    assert subject.paid() == 1


@pytest.mark.parametrize("directive", ["lose_answer", "cut_answer", "malformed", "nameless"])
def test_an_answer_lost_after_acceptance_leaves_one_paid_call(subject: Subject, directive: str) -> None:
    with pytest.raises(AnswerLost):
        subject.start(directive)

    until(subject.ledger, lambda ledger: ledger.counts["delivered"], what="the clip nobody knows of")
    assert (len(subject.ledger().calls), subject.paid()) == (1, 1)


def test_an_answer_that_megabytes_of_blanks_follow_is_read_or_lost_but_not_asked_for_twice(
    subject: Subject,
) -> None:
    if subject.kind.reads_any_length:
        assert subject.has_delivered(subject.end(subject.start("huge")))
    else:
        with pytest.raises(AnswerLost):
            subject.start("huge")

    assert (len(subject.ledger().calls), subject.paid()) == (1, 1)


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
        backend = subject.kind.new_backend(f"http://127.0.0.1:{port.number}")
        with pytest.raises(BackendUnavailable):
            CALLS[call](backend, subject)
    finally:
        port.release()


def test_a_provider_that_takes_no_connection_is_unavailable(subject: Subject) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())  # fills the backlog, so that the next is left waiting
        backend = subject.kind.new_backend(f"http://127.0.0.1:{server.getsockname()[1]}", call_seconds=2)
        with pytest.raises(BackendUnavailable):
            backend.start(subject.request, subject.stills, subject.output)


def test_a_key_that_is_not_accepted_ends_it_and_is_not_told(subject: Subject) -> None:
    backend = subject.kind.new_backend(subject.provider.url, key="somebody-elses-key")

    with pytest.raises((BackendFailed, BackendUnavailable)) as raised:
        backend.start(subject.request, subject.stills, subject.output)

    assert "somebody-elses-key" not in str(raised.value)
    assert subject.paid() == 0


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("refuse_later", Declined(reason=BLOCKED)),
        ("fail_later", Broken(reason="an internal error")),
        ("reject_later", Broken(reason="an argument is not permitted", retryable=False)),
    ],
)
def test_an_operation_that_ends_badly_says_why(
    subject: Subject, directive: str, expected: Declined | Broken
) -> None:
    assert subject.end(subject.start(directive)) == expected
    assert subject.paid() == 0


@only("scripted")
@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("refuse_later_billed", Declined(reason=BLOCKED, billed=True)),
        ("fail_later_billed", Broken(reason="an internal error", billed=True, retryable=False)),
    ],
)
def test_a_provider_that_bills_a_call_without_a_clip_says_so(
    subject: Subject, directive: str, expected: Declined | Broken
) -> None:
    assert subject.end(subject.start(directive)) == expected
    assert subject.paid() == 1


@only(*GOOGLE)
def test_an_operation_that_is_done_without_a_video_was_refused(subject: Subject) -> None:
    state = subject.end(subject.start("no_video"))

    assert isinstance(state, Declined)
    assert state.reason


@only(*OMNI)
def test_a_failure_that_only_a_step_tells_of_is_one(subject: Subject) -> None:
    assert subject.end(subject.start("fail_in_steps")) == Broken(reason="an internal error")


@only(*OMNI)
@pytest.mark.parametrize("status", ENDED_WITHOUT_US)
def test_an_interaction_that_cannot_go_on_by_itself_is_taken_for_billed(
    subject: Subject, status: str
) -> None:
    state = subject.end(subject.start(f"ends:{status}"))

    assert isinstance(state, Broken)
    assert (status in state.reason, state.billed, state.retryable) == (True, True, False)


@only(*OMNI)
def test_a_status_that_nobody_knows_yet_is_one_that_runs(subject: Subject) -> None:
    name = subject.start("ends:a_status_of_next_year")
    until(subject.ledger, lambda ledger: ledger.counts["failed"], what="its end")

    assert subject.backend().poll(name) == Running()


@only(*GOOGLE)
def test_a_model_that_is_retired_is_never_asked_again(subject: Subject) -> None:
    with pytest.raises(BackendFailed, match="no longer"):
        subject.start("retired")

    assert (len(subject.ledger().calls), subject.paid()) == (1, 0)


@pytest.mark.parametrize(
    "directive", ["unavailable", "error", "lose_answer", "malformed", "nameless", "odd_output"]
)
def test_a_poll_that_fails_can_be_repeated(subject: Subject, directive: str) -> None:
    name = subject.start()
    subject.provider.polls([directive])

    with pytest.raises(BackendUnavailable):
        subject.backend().poll(name)

    assert subject.has_delivered(subject.end(name))


def test_polling_too_often_must_wait(subject: Subject) -> None:
    name = subject.start()
    subject.provider.polls(["quota"])

    with pytest.raises(QuotaExhausted):
        subject.backend().poll(name)


def test_polling_an_operation_that_is_unknown_says_so(subject: Subject) -> None:
    names = (subject.kind.unknown, *subject.kind.odd_names)

    assert [subject.backend().poll(name) for name in names] == [Unknown()] * len(names)


@only("scripted", *OMNI)
def test_cancelling_stops_an_operation_unbilled(subject: Subject) -> None:
    name = subject.start("endless")

    billed = [subject.backend().cancel(name) for _ in range(2)]

    assert billed == [False, False]
    assert subject.end(name) == Broken(reason="the operation was cancelled")
    assert subject.ledger().counts["cancelled"] == 1
    assert subject.paid() == 0


def test_cancelling_what_was_delivered_changes_nothing(subject: Subject, tmp_path: Path) -> None:
    name = subject.start()
    delivered = subject.end(name)
    assert subject.has_delivered(delivered)

    billed = [subject.backend().cancel(name) for _ in range(2)]

    assert billed == [True, True]
    assert subject.backend().poll(name) == delivered
    assert subject.fetch(name, delivered, tmp_path / "clip.mp4").stat().st_size
    assert subject.paid() == 1


@only("veo")
def test_what_cannot_be_cancelled_goes_on_and_is_billed(subject: Subject) -> None:
    name = subject.start("endless")

    assert subject.backend().cancel(name) is True
    assert subject.backend().poll(name) == Running()
    assert subject.paid() == 1


@pytest.mark.parametrize("directive", ["refuse_later", "fail_later"])
def test_cancelling_what_was_not_billed_says_so(subject: Subject, directive: str) -> None:
    name = subject.start(directive)
    subject.end(name)

    assert subject.backend().cancel(name) is False


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("unavailable", BackendUnavailable),
        ("error", BackendUnavailable),
        ("quota", QuotaExhausted),
    ],
)
@only("scripted", *OMNI)
def test_a_cancel_that_fails_can_be_repeated(
    subject: Subject, directive: str, expected: type[TTVError]
) -> None:
    name = subject.start("endless")
    subject.provider.cancels([directive])

    with pytest.raises(expected):
        subject.backend().cancel(name)

    assert subject.backend().cancel(name) is False
    assert subject.paid() == 0


@only("scripted", *OMNI)
@pytest.mark.parametrize("directive", ["lose_answer", "malformed", "nameless"])
def test_a_cancel_whose_answer_is_lost_is_looked_after_or_repeated(subject: Subject, directive: str) -> None:
    name = subject.start("endless")
    subject.provider.cancels([directive])

    try:
        billed = subject.backend().cancel(name)
    except BackendUnavailable:
        billed = subject.backend().cancel(name)

    assert (billed, subject.paid()) == (False, 0)


def test_what_a_provider_does_not_know_is_taken_for_billed(subject: Subject) -> None:
    assert subject.backend().cancel(subject.kind.unknown) is True


def test_a_file_that_is_no_video_is_delivered_and_billed_all_the_same(
    subject: Subject, tmp_path: Path
) -> None:
    name = subject.start("corrupt")
    state = subject.end(name)

    assert subject.has_delivered(state)
    clip = subject.fetch(name, state, tmp_path / "clip.mp4")
    with pytest.raises(MediaCorrupt):
        decode_fully(clip)
    assert subject.paid() == 1


def test_a_refused_prompt_passes_once_it_is_reworded(subject: Subject) -> None:
    backend = subject.backend()
    with pytest.raises(Refused):
        backend.start(subject.request.evolve(prompt="a boat [refuse]"), subject.stills, subject.output)
    late = backend.start(
        subject.request.evolve(prompt="a boat [refuse later]"), subject.stills, subject.output
    )
    assert isinstance(subject.end(late), Declined)

    name = backend.start(subject.request, subject.stills, subject.output)

    assert subject.has_delivered(subject.end(name))


@only("scripted", "omni on Vertex AI", "veo")
def test_an_operation_whose_clip_cannot_be_stored_fails_unbilled(subject: Subject, tmp_path: Path) -> None:
    nowhere = reserve_port()
    storage_url = f"http://127.0.0.1:{nowhere.number}"
    with subject.kind.run(storage_url, tmp_path) as provider:
        backend = subject.kind.new_backend(provider.url)
        name = backend.start(subject.request, subject.stills, subject.output)
        state = until(lambda: backend.poll(name), lambda state: state != Running(), what=name)

    nowhere.release()
    assert state == Broken(reason="the output could not be written")
    assert provider.ledger().paid_outputs() == {}


@only("omni on Vertex AI", "veo")
def test_a_clip_that_was_put_elsewhere_is_told_as_it_is(subject: Subject) -> None:
    state = subject.end(subject.start("elsewhere"))

    assert isinstance(state, Done)
    assert not state.uri.startswith(subject.output)


@only("omni on the Gemini API")
@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("unavailable", BackendUnavailable),
        ("error", BackendUnavailable),
        ("lose_answer", BackendUnavailable),
        ("quota", QuotaExhausted),
    ],
)
def test_a_download_that_fails_can_be_repeated(
    subject: Subject, google: RunningStandIn, tmp_path: Path, directive: str, expected: type[TTVError]
) -> None:
    name = subject.start()
    state = subject.end(name)
    google.downloads([directive])

    with pytest.raises(expected):
        subject.backend().download(name, tmp_path / "clip.mp4")

    assert decode_fully(subject.fetch(name, state, tmp_path / "clip.mp4"))


def test_what_was_never_handed_out_cannot_be_downloaded(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(BackendFailed):
        subject.backend().download(subject.kind.unknown, tmp_path / "clip.mp4")


def test_a_provider_that_dies_leaves_its_account(subject: Subject, storage: Storage, tmp_path: Path) -> None:
    with subject.kind.run(storage.url, tmp_path) as provider:
        backend = subject.kind.new_backend(provider.url)
        provider.script(["endless"])
        name = backend.start(subject.request, subject.stills, subject.output)
        provider.kill()

        with pytest.raises(BackendUnavailable):
            backend.poll(name)

    assert provider.ledger().paid_outputs().total() == 1


def test_rates_make_calls_go_wrong(subject: Subject, storage: Storage, tmp_path: Path) -> None:
    with subject.kind.run(storage.url, tmp_path, {"unavailable": 1, "poll_unavailable": 1}) as provider:
        backend = subject.kind.new_backend(provider.url)
        with pytest.raises(BackendUnavailable):
            backend.start(subject.request, subject.stills, subject.output)
        provider.script(["ok"])
        name = backend.start(subject.request, subject.stills, subject.output)
        with pytest.raises(BackendUnavailable):
            backend.poll(name)
