"""From a prompt to a video on open weights, through every function and over HTTP. The weights are tiny."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.clients import create_api_key, job_store
from infra.local.edge.certificate import trusting
from infra.local.errors import PartFailed
from infra.local.stack import LocalStack
from infra.local.weights import Weights
from shared.domain.job import ShotStatus
from shared.job_store import ALL
from shared.probe import decode_fully, probe
from tests.gpu.tiny import write_weights
from tests.integration.log_lines import functions_lines
from tests.integration.service import Api

FPS = 24
SMALL = {"model": "ltx", "seconds": 2, "fps": FPS, "size": "640x360", "seed": 7}

PATIENCE_SECONDS = 600.0
"""torch alone takes half a minute to import where others are at work."""


@pytest.fixture(autouse=True)
def _without_network_and_alone() -> None:
    """Let connections to this machine be opened here; the models are in other processes."""


@pytest.fixture(scope="module")
def stack(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("stack")
    with LocalStack(
        folder, project="demo-gpu", weights=Weights(root), render_processes=1, sweep_seconds=600
    ) as running:
        yield running


@pytest.fixture(scope="module")
def api(stack: LocalStack) -> Iterator[Api]:
    store = job_store(stack.environment)
    headers = {"Authorization": f"Bearer {create_api_key(store, 'tests')}"}
    with httpx.Client(
        base_url=stack.url, headers=headers, timeout=20, verify=trusting(stack.certificate)
    ) as http:
        yield Api(http, store, PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def plain(api: Api, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video without an adapter."""
    return api.download(made(api)["id"], tmp_path_factory.mktemp("plain") / "video.mp4").read_bytes()


def made(api: Api, **wishes: object) -> dict[str, Any]:
    video = api.finished(api.create(**(SMALL | wishes)))
    assert video["status"] == "completed", video["error"]
    return video


@pytest.mark.parametrize("keyframes", ["single", "pair"])
def test_a_prompt_becomes_a_video_whose_every_frame_decodes(api: Api, tmp_path: Path, keyframes: str) -> None:
    shots = [{"prompt": f"A boat {does} the harbour", "seconds": 2} for does in ("leaves", "enters")]
    video = made(api, keyframes=keyframes, seconds=4, shots=shots)

    file = api.download(video["id"], tmp_path / "video.mp4")
    assert decode_fully(file) == 4 * FPS
    facts = probe(file)
    assert (facts.width, facts.height, int(facts.fps)) == (640, 360, FPS)
    rendered = api.store.load(video["id"], shots=ALL).state.shots
    assert [shot.status for shot in rendered] == [ShotStatus.RENDERED] * 2
    assert all((shot.end_keyframe is not None) == (keyframes == "pair") for shot in rendered)
    told = api.http.get(f"/v1/videos/{video['id']}/shots").json()["data"]
    assert all(shot["rendered_seconds"] > 0 for shot in told)
    assert [shot["rendered_on"] for shot in told] == ["cpu"] * 2


def test_an_adapter_changes_the_video(api: Api, plain: bytes, tmp_path: Path) -> None:
    branded = made(api, lora={"name": "brand-ltx"})
    assert branded["config"]["lora"]["value"] == {"name": "brand-ltx", "weight": 1.0}
    assert api.download(branded["id"], tmp_path / "video.mp4").read_bytes() != plain


def test_an_adapter_that_the_deployment_does_not_have_ends_the_video_with_its_name(api: Api) -> None:
    video = api.finished(api.create(**SMALL, lora={"name": "no-such-brand"}))
    assert (video["status"], video["error"]["code"]) == ("failed", "backend_failed")
    assert "no-such-brand" in video["error"]["message"]


def test_only_the_process_with_weights_renders_on_them_and_its_health_tells_which(
    stack: LocalStack, plain: bytes
) -> None:
    assert plain
    ports = {name: stack.processes[name].port for name in ("render-1", "render-gpu")}
    health = {name: httpx.get(f"http://127.0.0.1:{port}/health").json() for name, port in ports.items()}
    assert health["render-1"] == {"status": "ok", "stage": "render"}
    assert health["render-gpu"]["models"] == ["ltx", "wan_5b", "wan_14b"]
    assert "gpu" in health["render-gpu"]
    ready = functions_lines(stack, "gpu.ready")
    assert [(name, line["models"]) for name, line in ready] == [("render-gpu", ["ltx", "wan_5b", "wan_14b"])]
    assert [name for name, _ in functions_lines(stack, "model.loaded")] == ["render-gpu"]


def test_a_process_whose_weights_are_incomplete_never_becomes_healthy_and_says_why(tmp_path: Path) -> None:
    folder = write_weights(tmp_path / "weights", "ltx")
    (lost,) = folder.glob("vae/*.safetensors")
    lost.unlink()
    stack = LocalStack(
        tmp_path / "stack", project="demo-lost", weights=Weights(folder.parent), render_processes=1
    )
    with pytest.raises(PartFailed, match="render-gpu"), stack:
        pass
    told = functions_lines(stack, "weights.unusable")[0][1]
    assert f"vae/{lost.name} is missing" in told["detail"]
