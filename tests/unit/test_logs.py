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
    raise RuntimeError("it broke")

log.debug("too.quiet")
structlog.contextvars.bind_contextvars(trace_id="0123456789abcdef0123456789abcdef")
log.info("clip.rendered", shot=3)
try:
    crash("a secret prompt")
except RuntimeError:
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


def test_a_crash_is_told_without_the_values_that_were_at_hand() -> None:
    crashed = lines()[-1]
    assert "it broke" in crashed
    assert json.loads(crashed)["severity"] == "ERROR"
    assert "a secret prompt" not in crashed
