"""The API keeps to its OpenAPI document, whatever is sent: all checks of schemathesis in all its phases."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from google.cloud import firestore

from infra.archives import REPOSITORY
from infra.local.clients import create_api_key
from shared.domain.job import Stage
from shared.job_store import JobStore
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues

CONFIGURATION = Path(__file__).parent / "fuzzing" / "schemathesis.toml"
SEED = os.environ.get("FUZZ_SEED", "20")
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "10")
"""Per operation and phase; `make fuzz` takes many more."""

UNLIMITED = str(10**6)


def test_whatever_is_sent_the_api_keeps_to_its_document(
    start_submit: StartSubmit,
    queues: Queues,
    store: JobStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queues.pause(Stage.KEYFRAMES)  # what is accepted here is not to be made
    url = start_submit(
        TTV_MAX_RUNNING_VIDEOS=UNLIMITED,
        TTV_CREATIONS_PER_MINUTE=UNLIMITED,
        TTV_REQUESTS_PER_MINUTE=UNLIMITED,
        TTV_VIDEO_BACKENDS="animatic",
    )
    owner = f"fuzz {secrets.token_hex(4)}"
    key = create_api_key(store, owner)  # whose videos are all of this deployment
    options = {
        "--header": f"Authorization: Bearer {key}",
        "--checks": "all",
        "--max-examples": EXAMPLES,
        "--seed": SEED,
    }
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"]
    told = [part for option in options.items() for part in option]
    done = subprocess.run(  # noqa: S603 - our own words only
        [*command, f"{url}/openapi.json", *told, "--continue-on-failure", "--no-color"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    with capsys.disabled():
        print(f"\nFUZZ_SEED={SEED} FUZZ_EXAMPLES={EXAMPLES}")  # noqa: T201 - so that a failure can be repeated
    queues.purge(Stage.KEYFRAMES)
    forget_videos(store._db, owner)
    assert done.returncode == 0, done.stdout + done.stderr


def forget_videos(db: firestore.Client, owner: str) -> None:
    """Delete what was accepted: hundreds of videos that the tests after this one would have to wait for."""
    mine = db.collection("jobs").where(filter=firestore.FieldFilter("owner", "==", owner))
    writer = db.bulk_writer()
    for each in mine.select([]).get():
        writer.delete(each.reference)
    writer.close()  # type: ignore[no-untyped-call]  # the client is typed in part
