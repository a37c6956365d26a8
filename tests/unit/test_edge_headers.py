"""Which header fields pass the edge, and which it sets, whatever is in them."""

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.submit.problems import problem as problem_of_submit
from infra.local.edge import problems
from infra.local.edge.headers import Headers, Trace, declared_bytes, request_id_of, to_client, to_submit
from infra.local.edge.limits import Limits

TRACE = b"0123456789abcdef0123456789abcdef"
NAMES = st.sampled_from(
    [
        *(
            b"connection",
            b"te",
            b"upgrade",
            b"transfer-encoding",
            b"content-length",
            b"cookie",
            b"x-mine",
            b"via",
        ),
        *(b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"traceparent", b"script_name", b"host"),
    ]
)
FIELDS = st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=12)


def forwarded(headers: Headers) -> Headers:
    return to_submit(
        headers,
        http_version="3",
        client="192.0.2.1",
        edge="127.0.0.1",
        request_id=request_id_of(headers),
        trace=Trace.of(headers),
    )


@given(FIELDS)
def test_whatever_a_client_sends_submit_is_told_the_truth_once(headers: Headers) -> None:
    told = forwarded(headers)
    names = [name for name, _ in told]
    for name in (b"x-forwarded-for", b"x-forwarded-proto", b"via", b"x-request-id", b"traceparent"):
        assert names.count(name) == 1
    for name in (b"te", b"upgrade", b"connection", b"transfer-encoding", b"content-length", b"script_name"):
        assert name not in names
    said = dict(told)
    assert said[b"x-forwarded-proto"] == b"https"
    assert said[b"x-forwarded-for"].endswith(b"192.0.2.1,127.0.0.1")
    assert said[b"x-request-id"].startswith(b"req_")
    assert len(said[b"x-request-id"]) == 28


@given(FIELDS)
def test_an_answer_has_one_request_id_and_nothing_of_one_hop(headers: Headers) -> None:
    names = [name for name, _ in to_client(headers, request_id="req_1")]
    assert names.count(b"x-request-id") == names.count(b"via") == 1
    assert {b"connection", b"te", b"upgrade", b"transfer-encoding"} & set(names) == set()


@pytest.mark.parametrize(
    ("headers", "trace_id", "is_begun_here"),
    [
        ([(b"traceparent", b"00-" + TRACE + b"-0123456789abcdef-01")], TRACE, False),
        ([(b"x-cloud-trace-context", TRACE + b"/42;o=1")], TRACE, True),
        ([(b"traceparent", b"rubbish"), (b"x-cloud-trace-context", TRACE)], TRACE, True),
    ],
)
def test_a_trace_goes_on_in_both_ways_of_saying_it(
    headers: Headers, trace_id: bytes, is_begun_here: bool
) -> None:
    trace = Trace.of(headers)
    assert (trace.trace_id, trace.is_begun_here) == (trace_id, is_begun_here)
    assert trace.parent.split(b"-")[1] == trace_id
    assert trace.cloud_context.startswith(trace_id + b"/")


def test_a_trace_begun_here_has_no_state_of_another() -> None:
    assert b"tracestate" not in dict(forwarded([(b"traceparent", b"rubbish"), (b"tracestate", b"a=1")]))
    parent = (b"traceparent", b"00-" + TRACE + b"-0123456789abcdef-01")
    assert dict(forwarded([parent, (b"tracestate", b"a=1")]))[b"tracestate"] == b"a=1"


def test_cookies_that_were_split_are_one_again() -> None:
    assert dict(forwarded([(b"cookie", b"a=1"), (b"cookie", b"b=2")]))[b"cookie"] == b"a=1; b=2"


@pytest.mark.parametrize("said", [[b"-1"], [b"1", b"2"], [b"1, 1"], [b""], [b"0x1"], [b"9" * 19]])
def test_a_length_that_is_none_is_refused(said: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"no length|too many values"):
        declared_bytes([(b"content-length", value) for value in said])


def test_an_error_of_the_edge_looks_like_one_of_submit() -> None:
    app = flask.Flask("submit")
    with app.test_request_context():
        flask.g.request_id = "req_1"
        theirs = problem_of_submit(503, problems.NOT_THERE.code, problems.NOT_THERE.detail)
    headers, content = problems.answer(problems.NOT_THERE, "req_1")
    assert flask.json.loads(content) == theirs.get_json()
    assert dict(headers)[b"content-type"].decode() == theirs.content_type


def test_limits_survive_the_command_line() -> None:
    limits = Limits(body_bytes=7, answer_seconds=0.5)
    assert Limits.parse([flag.removeprefix("--limit=") for flag in limits.flags()]) == limits
    for wrong in ("wings=2", "requests=0", "requests=x", "requests"):
        with pytest.raises(ValueError, match=r"limit|positive|invalid"):
            Limits.parse([wrong])
