"""`ttv up --stand-ins`: Google's models are offered, and stood in for by a part of the stack."""

import json
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from infra.cli.exits import Exit
from infra.local.blueprint import Blueprint
from infra.local.description import StackDescription
from infra.local.ports import reserve_port
from infra.local.run_folder import RunFolder
from shared.settings import Settings
from tests.integration.service import until
from tests.integration.test_cli_local_stack import start


def test_up_says_that_nothing_is_paid_offers_every_model_and_ends_the_stand_in(tmp_path: Path) -> None:
    up = start(tmp_path, "up", "--stand-ins")
    file = tmp_path / ".local" / "stack.json"
    until(file.exists, bool, what="the stack")
    description = StackDescription.read(file)
    settings = Settings.from_environment(description.environment)

    assert settings.offer.video == ("animatic", "omni", "veo")
    assert settings.offer.image == ("storyboard", "nano_banana")
    assert settings.offer.planners == ("rules", "gemini")
    assert settings.ttv_defaults == {"planner": "gemini", "image_model": "nano_banana", "model": "omni"}
    assert settings.ttv_google_stand_in == f"http://127.0.0.1:{description.ports['stand-ins']}"
    headers = {"Authorization": "Bearer anything"}
    httpx.get(f"{settings.ttv_google_stand_in}/v1/models", headers=headers, trust_env=False)
    assert description.stand_in_log is not None
    (line,) = description.stand_in_log.read_text().splitlines()
    assert json.loads(line)["status"] == 404

    up.send_signal(signal.SIGINT)
    printed, _ = up.communicate(timeout=60)
    assert up.returncode == Exit.OK
    assert "nothing is paid" in printed
    assert not psutil.pid_exists(description.pids["stand-ins"])


@pytest.mark.parametrize("stand_ins", [False, True])
def test_a_stack_offers_googles_models_only_when_it_is_asked_to(tmp_path: Path, stand_ins: bool) -> None:
    firestore = reserve_port()
    folder = RunFolder(tmp_path)
    blueprint = Blueprint("demo-tests", folder, 1, f"127.0.0.1:{firestore.number}", stand_ins=stand_ins)

    try:
        assert ("TTV_GOOGLE_STAND_IN" in blueprint.environment) is stand_ins
        assert len(blueprint.stand_in_launches({})) == stand_ins
    finally:
        blueprint.release_all()
        firestore.release()
