"""Log lines are what Cloud Logging reads, and keep secrets to themselves."""

import json
import subprocess
import sys

PROGRAM = """
import structlog
from shared import logs

logs.configure("info", "some-project")
log = structlog.get_logger()

def crash(prompt):
    try:
        raise KeyError(prompt)
    except KeyError:
        group = ExceptionGroup(prompt, [ValueError(prompt)])
        group.add_note(prompt)
        raise group

log.debug("too.quiet")
structlog.contextvars.bind_contextvars(trace_id="0123456789abcdef" * 2, span_id="0123456789abcdef")
log.info("clip.rendered", shot=3)
try:
    crash("a secret prompt")
except ExceptionGroup:
    log.exception("work.crashed")
"""


def lines() -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def test_a_line_has_the_fields_that_cloud_logging_knows() -> None:
    rendered, _crashed = map(json.loads, lines())
    assert (rendered["message"], rendered["severity"], rendered["shot"]) == ("clip.rendered", "INFO", 3)
    trace = rendered["logging.googleapis.com/trace"]
    assert trace == "projects/some-project/traces/0123456789abcdef0123456789abcdef"
    assert rendered["logging.googleapis.com/spanId"] == "0123456789abcdef"


def test_a_crash_is_told_by_type_and_place_and_not_by_its_words_or_values() -> None:
    crashed = json.loads(lines()[-1])
    raised, cause = crashed["exception"]
    assert crashed["severity"] == "ERROR"
    assert [raised["exc_type"], cause["exc_type"]] == ["ExceptionGroup", "KeyError"]
    assert [chain[0]["exc_type"] for chain in raised["exceptions"]] == ["ValueError"]
    assert [frame["name"] for frame in raised["frames"]] == ["<module>", "crash"]
    assert "a secret prompt" not in json.dumps(crashed)
