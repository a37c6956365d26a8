"""`ttv` and the local stacks it starts: reused, ended without trace, and their deaths noticed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infra.cli.exits import Exit
from shared.probe import decode_fully
from tests.integration.service import PROMPT, until

pytestmark = pytest.mark.lifecycle

TTV = Path(sys.executable).with_name("ttv")
SMALL = ("--seconds", "4", "--size", "640x360")


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own program
        [TTV, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    process = start(folder, *arguments)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def test_a_running_stack_is_used_kept_to_itself_and_ended_without_trace(tmp_path: Path) -> None:
    up = start(tmp_path, "up")
    description = tmp_path / ".local" / "stack.json"
    until(description.exists, bool, what="the stack")
    stack = json.loads(description.read_text())

    made = run(tmp_path, "create", PROMPT, *SMALL, "-o", "out.mp4", "--sheet", "sheet.png")
    assert made.returncode == Exit.OK, made.stderr
    assert stack["url"] in made.stderr
    assert made.stdout.splitlines()[-1] == str(tmp_path / "out.mp4")
    assert decode_fully(tmp_path / "out.mp4") == 4 * 24

    second = run(tmp_path, "up")
    assert (second.returncode, "--folder" in second.stderr) == (Exit.NO_STACK, True)

    up.send_signal(signal.SIGINT)
    printed, _ = up.communicate(timeout=30)
    assert up.returncode == Exit.OK
    assert stack["url"] in printed
    assert stack["api_key"] in printed
    assert [name for name, pid in stack["pids"].items() if psutil.pid_exists(pid)] == []
    assert not description.exists()


@pytest.mark.parametrize("left", ['{"url": "http://127.0.0.1:9"}', "rubbish"])
def test_what_a_killed_stack_has_left_does_not_count_as_running(tmp_path: Path, left: str) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "lock").write_text("1")
    (tmp_path / ".local" / "stack.json").write_text(left)
    made = run(tmp_path, "create", PROMPT, *SMALL, "-o", "out.mp4")
    assert made.returncode == Exit.OK, made.stderr


def test_a_stack_that_dies_during_the_job_ends_the_command(tmp_path: Path) -> None:
    create = start(tmp_path, "create", PROMPT, "--seconds", "60", "--size", "1920x1080")
    assert create.stderr is not None
    assert any(line.startswith("video_") for line in create.stderr)
    (tasks,) = (
        child
        for child in psutil.Process(create.pid).children(recursive=True)
        if "infra.local.cloud_tasks" in child.cmdline()
    )
    tasks.kill()
    _, err = create.communicate(timeout=60)
    assert create.returncode == Exit.NO_STACK
    assert "tasks was ended by SIGKILL" in err


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    made = run(tmp_path, "create", PROMPT, *SMALL, "--folder", "file/local")
    assert (made.returncode, "cannot be used" in made.stderr) == (Exit.NO_STACK, True)
    assert "Traceback" not in made.stderr
