"""A stand-in for Google's models with a bucket of its own, and the SDK's clients of both services."""

import base64
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import httpx
import numpy as np
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel

from infra.local.bounded_log import BoundedLog
from infra.local.environment import inherited_environment
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.storage_emulator import create_bucket, find_binary, storage_launch

BUCKET = "demo-stand-in"
OMNI, VEO = "gemini-omni-1.2-flash", "veo-3.1-generate-001"
DRAWS, WRITES = "gemini-nano-banana-2.1", "gemini-3.8-flash"
PATIENCE_SECONDS = 60.0


@contextmanager
def running_storage(folder: Path) -> Iterator[str]:
    """Run Cloud Storage with a bucket, and tell where."""
    objects = folder / "objects"
    objects.mkdir(parents=True)
    port = reserve_port().release()
    guardian = Guardian()
    launch = storage_launch(find_binary(), port, objects, inherited_environment(os.environ))
    process = ChildProcess(launch, BoundedLog(folder / "storage.log"), guardian)
    try:
        process.wait_until_ready(30)
        create_bucket(port, BUCKET, "demo-tests")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()
        guardian.close()


def stored(storage_url: str, uri: str) -> bytes:
    """Return an object by its `gs://` URI."""
    path = quote(uri.removeprefix(f"gs://{BUCKET}/"), safe="")
    with httpx.Client(base_url=storage_url, trust_env=False) as http:
        answer = http.get(f"/storage/v1/b/{BUCKET}/o/{path}", params={"alt": "media"})
    assert answer.status_code == 200, answer.text
    return answer.content


def vertex(
    url: str, *, location: str = "global", token: str = "anything", seconds: float = 60
) -> genai.Client:
    return genai.Client(
        enterprise=True,
        project="demo",
        location=location,
        credentials=Credentials(token=token),  # type: ignore[no-untyped-call]  # google-auth is typed in part
        http_options=_options(url, seconds),
    )


def gemini(url: str, *, key: str = "anything", seconds: float = 60) -> genai.Client:
    return genai.Client(enterprise=False, api_key=key, http_options=_options(url, seconds))


CLIENTS: dict[str, Callable[[str], genai.Client]] = {"vertex": vertex, "gemini": gemini}


def _options(url: str, seconds: float) -> types.HttpOptions:
    once = types.HttpRetryOptions(attempts=1)
    return types.HttpOptions(base_url=url, timeout=round(seconds * 1000), retry_options=once)


def png(colour: str, size: tuple[int, int] = (320, 180)) -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG")
    return encoded.getvalue()


def draw(client: genai.Client, prompt: str, *pictures: bytes, **config: Any) -> types.GenerateContentResponse:  # noqa: ANN401 - the SDK's own
    """Ask for a picture."""
    parts = [types.Part.from_bytes(data=each, mime_type="image/png") for each in pictures]
    settings: dict[str, Any] = {
        "response_modalities": ["IMAGE"],
        "seed": 7,
        "image_config": types.ImageConfig(aspect_ratio="16:9", image_size="1K"),
    }
    return client.models.generate_content(
        model=DRAWS,
        contents=types.Content(role="user", parts=[*parts, types.Part(text=prompt)]),
        config=types.GenerateContentConfig(**settings | config),
    )


def write(client: genai.Client, schema: type[BaseModel], *said: str) -> types.GenerateContentResponse:
    """Ask for a text in a form."""
    config = types.GenerateContentConfig(
        system_instruction="be brief", response_mime_type="application/json", response_schema=schema
    )
    asked = types.Content(role="user", parts=[types.Part(text=each) for each in said])
    return client.models.generate_content(model=WRITES, contents=asked, config=config)


def pictures_in(answer: types.GenerateContentResponse) -> list[bytes]:
    """Return the pictures that are no mere thoughts."""
    parts = answer.parts or []
    return [part.inline_data.data or b"" for part in parts if part.inline_data and not part.thought]


def film(client: genai.Client, *stills: bytes, prompt: str = "a boat at dawn", **changes: Any) -> Any:  # noqa: ANN401 - the SDK's own
    """Ask Omni for a clip of 3 s at 360p, and return the interaction as it begins.

    Args:
        changes: to the format of the response; None leaves a field out.
    """
    delivery = {"delivery": "uri", "gcs_uri": f"gs://{BUCKET}/clips/"} if client.vertexai else {}
    form: dict[str, Any] = {
        "type": "video",
        "aspect_ratio": "16:9",
        "resolution": "360p",
        "duration": "3s",
        **({} if client.vertexai else {"delivery": "uri"}),
        **delivery,
    }
    images = [
        {"type": "image", "mime_type": "image/png", "data": base64.b64encode(still).decode()}
        for still in stills
    ]
    given: Any = [{"type": "text", "text": prompt}, *images]
    wanted: Any = {name: value for name, value in (form | changes).items() if value is not None}
    return client.interactions.create(
        model=OMNI,
        background=True,
        store=True,
        input=given,
        generation_config={"video_config": {"task": "image_to_video" if stills else "text_to_video"}},
        response_format=wanted,
    )


def ended(client: genai.Client, interaction: Any) -> Any:  # noqa: ANN401 - the SDK's own
    """Look at an interaction until it has ended."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while interaction.status == "in_progress":
        assert time.monotonic() < give_up_at, "it never ended"
        time.sleep(0.02)
        interaction = client.interactions.get(interaction.id)
    return interaction


def veo_source(prompt: str = "a boat at dawn", first: bytes | None = None) -> types.GenerateVideosSource:
    return types.GenerateVideosSource(prompt=prompt, image=veo_image(first))


def veo_image(picture: bytes | None) -> types.Image | None:
    return types.Image(image_bytes=picture, mime_type="image/png") if picture else None


def begin_veo(
    client: genai.Client,
    source: types.GenerateVideosSource | None = None,
    **config: Any,  # noqa: ANN401 - the SDK's own
) -> types.GenerateVideosOperation:
    """Ask Veo for a clip of 4 s at 720p."""
    usual: dict[str, Any] = {
        "number_of_videos": 1,
        "duration_seconds": 4,
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "output_gcs_uri": f"gs://{BUCKET}/veo/",
    }
    return client.models.generate_videos(
        model=VEO, source=source or veo_source(), config=types.GenerateVideosConfig(**usual | config)
    )


def ended_veo(client: genai.Client, name: str) -> types.GenerateVideosOperation:
    """Look at an operation, by its name alone, until it has ended."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        operation = client.operations.get(types.GenerateVideosOperation.model_validate({"name": name}))
        if operation.done:
            return operation
        assert time.monotonic() < give_up_at, "it never ended"
        time.sleep(0.02)


def shape_of(clip: bytes) -> tuple[int, int, int, bool]:
    """Return frames, width, height and whether there is sound, which is as long as the picture."""
    with av.open(io.BytesIO(clip), "r") as file:
        sizes = [(frame.width, frame.height) for frame in file.decode(video=0)]
    samples = heard_in(clip).size
    assert not samples or abs(samples / 48_000 - len(sizes) / 24) < 1 / 24
    return len(sizes), *sizes[0], samples > 0


def heard_in(clip: bytes) -> NDArray[np.float32]:
    """Return the samples of the left channel; none where there is no sound."""
    with av.open(io.BytesIO(clip), "r") as file:
        if not file.streams.audio:
            return np.zeros(0, np.float32)
        return np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])


def loudest_hertz(clip: bytes) -> float:
    heard = heard_in(clip)
    return float(np.argmax(np.abs(np.fft.rfft(heard)))) * 48_000 / len(heard)


def first_and_last_colour(clip: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return RGB in the middle of the first and of the last frame."""
    with av.open(io.BytesIO(clip), "r") as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    height, width, _ = frames[0].shape
    return frames[0][height // 2, width // 2], frames[-1][height // 2, width // 2]
