"""docs/api.md tells every code that users of the API can meet, and none that they cannot."""

import http
import re
from collections.abc import Iterator

from functions.submit import problems
from infra.archives import REPOSITORY
from shared.domain import errors
from shared.domain.errors import JobFailure, LimitReached, TTVError

DOCUMENT = (REPOSITORY / "docs" / "api.md").read_text()
SUBMIT = "".join(path.read_text() for path in (REPOSITORY / "functions" / "submit").glob("*.py"))
INSIDE = {LimitReached, errors.TaskObsolete, errors.BackendUnavailable, JobFailure}
"""Parents of what is raised, and what only workers meet."""
BY_THE_ROUTER = {404, 405}


def kinds_of(parent: type[TTVError]) -> Iterator[type[TTVError]]:
    yield parent
    for kind in parent.__subclasses__():
        yield from kinds_of(kind)


def status_of(kind: type[TTVError]) -> int:
    return next(problems.STATUS[parent] for parent in kind.__mro__ if parent in problems.STATUS)


def test_every_error_of_the_api_is_told_with_its_status() -> None:
    told = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", DOCUMENT, re.M)}
    raised = {kind for parent in problems.STATUS for kind in kinds_of(parent)} - INSIDE
    aborted = {int(status) for status in re.findall(r"flask\.abort\((\d+)", SUBMIT)} | BY_THE_ROUTER
    assert told == {
        *((status_of(kind), kind.code) for kind in raised),
        *((status, http.HTTPStatus(status).name.lower()) for status in aborted),
        (400, problems.MalformedBody.code),
        (500, TTVError.code),
    }


def test_every_reason_why_a_video_fails_is_told() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.partition("### When a video fails")[2], re.M))
    assert told == {kind.code for kind in set(kinds_of(JobFailure)) - INSIDE}
