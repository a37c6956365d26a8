"""The paid video backends that keep the contract, each with the provider it is tried against."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from google import genai
from google.genai.types import HttpOptions, HttpRetryOptions
from google.oauth2.credentials import Credentials

from functions.render.video_backends import ClipRequest, PaidVideoBackend
from functions.render.video_backends.google_calls import WAIT_SHARE
from functions.render.video_backends.omni import Omni
from functions.render.video_backends.scripted import Scripted
from functions.render.video_backends.veo import Veo
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from shared.domain.capabilities import model_of
from shared.google_ai import Google, reach
from shared.settings import Settings
from tests.contract.subject import CALL_SECONDS, Kind, NewBackend
from tests.provider.running import RunningProvider, running_provider

KEY = "contract-key-1234"
SECONDS_PER_CLIP = 0.1
PROJECT = "demo-contract"
LOCATIONS = {"omni": "global", "veo": "us-central1"}
"""Of Vertex AI, where it has each of them."""
SETTINGS = Settings(
    google_cloud_project=PROJECT,
    ttv_location=LOCATIONS["veo"],
    ttv_bucket="",
    ttv_keyframes_url="",
    ttv_render_url="",
    ttv_finalize_url="",
    ttv_invoker_service_account="",
)


def new_scripted(url: str, *, key: str | None = None, call_seconds: float = CALL_SECONDS) -> PaidVideoBackend:
    return Scripted(url, key or KEY, call_seconds=call_seconds)


@contextmanager
def run_scripted(
    storage_url: str, folder: Path, rates: dict[str, float] | None = None, *, key: str | None = None
) -> Iterator[RunningProvider]:
    with running_provider(
        storage_url, folder / "ledger.jsonl", seconds_per_clip=SECONDS_PER_CLIP, rates=rates, key=key
    ) as running:
        yield running


@contextmanager
def run_google(
    storage_url: str, folder: Path, rates: dict[str, float] | None = None, *, key: str | None = None
) -> Iterator[RunningStandIn]:
    with running_stand_in(
        storage_url, folder / "requests.jsonl", seconds_per_clip=SECONDS_PER_CLIP, rates=rates, key=key
    ) as running:
        yield running


def reached(url: str, location: str, *, is_vertex: bool, key: str | None, call_seconds: float) -> Google:
    """Reach a stand-in as a deployment does; with another key than its own, in the only way left."""
    waits = call_seconds * WAIT_SHARE
    if is_vertex and key:
        options = HttpOptions(
            base_url=url, timeout=round(waits * 1000), retry_options=HttpRetryOptions(attempts=1)
        )
        nobody = Credentials(token=key)  # type: ignore[no-untyped-call]  # google-auth is typed in part
        client = genai.Client(
            enterprise=True, project=PROJECT, location=location, credentials=nobody, http_options=options
        )
        return Google(client, is_vertex=True)
    own_key = "" if is_vertex else (key or GOOGLE_KEY)
    told = {"ttv_google_stand_in": url, "ttv_google_api_key": own_key}
    settings = Settings.model_validate({**dict(SETTINGS), **told})
    return reach(settings, call_seconds=waits, location=location)


GOOGLE_KEY = "stand-in"
"""What a deployment shows a stand-in of Vertex AI; the Gemini API's is the same here."""


def new_google(backend: Callable[..., PaidVideoBackend], name: str, *, is_vertex: bool) -> NewBackend:
    def new(url: str, *, key: str | None = None, call_seconds: float = CALL_SECONDS) -> PaidVideoBackend:
        google = reached(url, LOCATIONS[name], is_vertex=is_vertex, key=key, call_seconds=call_seconds)
        return backend(google, model_of(name).model_id, call_seconds=call_seconds)

    return new


SMALL = ClipRequest(prompt="a boat at dawn", seconds=2, width=320, height=180, fps=24, seed=1)
INTERACTION = "v1_" + "0" * 32
VEO_ID = model_of("veo").model_id
OPERATION = f"projects/{PROJECT}/locations/{LOCATIONS['veo']}/publishers/google/models/{VEO_ID}/operations/"


KINDS: dict[str, Kind] = {
    "scripted": Kind(
        new_scripted,
        run_scripted,
        SMALL,
        unknown=f"operations/{0:032x}",
        odd_names=("operations/../../script", "operations/", "", "x" * 1000),
        says_what_is_billed=True,
        reads_any_length=False,
    ),
    "omni on Vertex AI": Kind(
        new_google(Omni, "omni", is_vertex=True),
        run_google,
        SMALL.evolve(seconds=3, width=640, height=360),
        unknown=INTERACTION,
        odd_names=("", "..", "v1_a/cancel", "x" * 1000),
    ),
    "omni on the Gemini API": Kind(
        new_google(Omni, "omni", is_vertex=False),
        run_google,
        SMALL.evolve(seconds=3, width=640, height=360),
        unknown=INTERACTION,
        odd_names=("", "..", "v1_a/cancel", "x" * 1000),
        hands_out=True,
    ),
    "veo": Kind(
        new_google(Veo, "veo", is_vertex=True),
        run_google,
        SMALL.evolve(seconds=4, width=1280, height=720),
        unknown=f"{OPERATION}{0:032x}",
        odd_names=("", OPERATION, "operations/1", f"{OPERATION}../x", "x" * 1000),
        cancels=False,
    ),
}
