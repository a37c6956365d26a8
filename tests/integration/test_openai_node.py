"""The real `openai` package for Node against the service as it is shipped: a program's whole story."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.job_store import JobStore
from shared.probe import decode_fully
from tests.sdk.node_runtime import PACKAGES, run_node
from tests.unit.drawn_pictures import quarters


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


@pytest.fixture(scope="module")
def told(stack: LocalStack, store: JobStore, folder: Path) -> dict[str, Any]:
    """What the program tells of its story."""
    quarters(640, 360).save(folder / "first.png")
    environment = {
        "TTV_URL": stack.url,
        "TTV_KEY": create_api_key(store, f"node-{secrets.token_hex(4)}"),
        "TTV_PICTURE": "first.png",
        "NODE_EXTRA_CA_CERTS": str(stack.certificate),
    }
    done = run_node(PACKAGES / "client.mjs", folder=folder, environment=environment)
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    return story


def test_a_video_is_made_as_asked(told: dict[str, Any]) -> None:
    created, video = told["created"], told["video"]
    assert (created["status"], video["status"], video["progress"]) == ("queued", "completed", 100)
    assert (video["seconds"], video["size"], video["initial_image"]) == ("4", "640x360", True)
    assert (video["metadata"], video["shots"]["total"]) == ({"scene": "7"}, 2)
    values = {name: video["config"][name]["value"] for name in ("max_cost_usd", "overlap", "seed")}
    assert values == {"max_cost_usd": 0.5, "overlap": True, "seed": 7}


def test_its_files_are_whole(told: dict[str, Any], folder: Path) -> None:
    assert decode_fully(folder / "video.mp4") == 4 * 24
    for name in ("thumbnail.jpg", "storyboard.png"):
        with Image.open(folder / name) as picture:
            picture.load()


def test_it_is_remixed_listed_and_the_remix_deleted(told: dict[str, Any]) -> None:
    assert told["remix"]["remixed_from_video_id"] == told["video"]["id"]
    assert told["all"] == [told["video"]["id"], told["remix"]["id"]]
    gone = {"id": told["remix"]["id"], "object": "video.deleted", "deleted": True}
    assert told["deleted"] == gone


def test_a_picture_goes_as_a_data_uri_too(told: dict[str, Any]) -> None:
    assert told["again"]["initial_image"] is True


@pytest.mark.parametrize(
    ("what", "kind", "status", "code", "param"),
    [
        ("stranger", "AuthenticationError", 401, "invalid_api_key", None),
        ("gone", "NotFoundError", 404, "not_found", None),
        ("early", "ConflictError", 409, "not_ready", None),
        ("long", "UnprocessableEntityError", 422, "invalid_value", "seconds"),
        ("list", "UnprocessableEntityError", 422, "invalid_value", "shots[][prompt]"),
    ],
)
def test_errors_are_those_of_the_client(
    told: dict[str, Any], what: str, kind: str, status: int, code: str, param: str | None
) -> None:
    error = told["refused"][what]
    assert error.pop("requestID").startswith("req_")
    assert error == {"kind": kind, "status": status, "code": code, "param": param}


def test_the_lock_file_names_no_download_address() -> None:
    lock = json.loads((PACKAGES / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in each and each["integrity"] for each in packages.values())
