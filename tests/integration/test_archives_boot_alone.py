"""Each archive is complete: with only its own requirements.txt, every module imports and it boots."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from infra.archives import STAGES, build_archive, unpack
from infra.local.bounded_log import BoundedLog
from infra.local.functions import function_launch
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from shared.settings import Settings

pytestmark = pytest.mark.lifecycle

IMPORT_ALL = """
import importlib, pathlib
for path in ["main.py", *sorted(pathlib.Path("functions").rglob("*.py"))]:
    try:
        importlib.import_module(".".join(pathlib.Path(path).with_suffix("").parts).removesuffix(".__init__"))
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "diffusers") or "video_backends/diffusers/" not in str(path):
            raise  # what runs models is imported where requirements-gpu.txt is installed
"""


def run(*command: str | Path, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)  # noqa: S603 - our own commands
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("stage", STAGES)
def test_an_archive_boots_with_only_its_own_requirements(stage: str, tmp_path: Path) -> None:
    root = unpack(build_archive(stage, tmp_path), tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", folder=tmp_path)
    uv = Path(sys.executable).with_name("uv")
    run(uv, "pip", "install", "--python", python, "--require-hashes", "-r", "requirements.txt", folder=root)
    run(python, "-c", IMPORT_ALL, folder=root)
    port = reserve_port().release()
    launch = function_launch(stage, stage, root, port, {})
    required = [name for name, field in Settings.model_fields.items() if field.is_required()]
    settings = {name.upper(): "none" for name in required}
    alone = {"PATH": "/usr/bin:/bin", "THREADS": "2", "WORKERS": "1", **settings}
    command = (str(python), *(part for part in launch.command[1:] if part != "-S"))
    guardian = Guardian()
    process = ChildProcess(
        type(launch)(stage, command, alone, root, port, launch.ready), BoundedLog(tmp_path / "log"), guardian
    )
    try:
        process.wait_until_ready(30)
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).json()["status"] == "ok"
    finally:
        process.stop()
        guardian.close()
