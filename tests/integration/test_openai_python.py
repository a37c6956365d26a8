"""The real `openai` package for Python against the service as it is shipped: what works there, works here."""

import asyncio
import base64
import json
import secrets
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI
from openai.types import Video
from PIL import Image

from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.domain.job import Stage
from shared.job_store import JobStore
from shared.probe import decode_fully
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api
from tests.unit.drawn_pictures import encoded, quarters

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
"""OpenAI has closed its own service and says so at every call; the client goes on to work with others."""

FRAME_RATE = 24
SCREEN = encoded(quarters(640, 360))
Connect = Callable[[str], OpenAI]


@pytest.fixture(scope="module")
def connect(stack: LocalStack, trust: ssl.SSLContext) -> Iterator[Connect]:
    """Connects with a key. Without retries, so that every answer is seen."""
    with DefaultHttpxClient(verify=trust) as http:
        yield lambda key: OpenAI(
            base_url=f"{stack.url}/v1", api_key=key, http_client=http, max_retries=0, timeout=30
        )


@pytest.fixture(scope="module")
def client(connect: Connect, api_key: str) -> OpenAI:
    return connect(api_key)


@pytest.fixture(scope="module")
def made(client: OpenAI) -> Video:
    """A video made as the client's own documentation makes one."""
    return client.videos.create_and_poll(
        prompt=PROMPT,
        seconds="4",
        size="640x360",  # type: ignore[arg-type]  # the client's types know the sizes of another service
        input_reference=("first.png", SCREEN, "image/png"),
    )


def own(video: Video, name: str) -> object:
    """Return a field that the client's model does not know, but keeps."""
    assert video.model_extra is not None
    return video.model_extra[name]


def test_a_video_is_made_and_followed_to_its_end(client: OpenAI, made: Video) -> None:
    assert (made.status, made.progress, made.error) == ("completed", 100, None)
    assert (made.seconds, made.size, made.model) == ("4", "640x360", "animatic")
    assert made.completed_at is not None
    assert made.created_at <= made.completed_at
    assert made.prompt == PROMPT
    assert own(made, "initial_image") is True
    assert client.videos.retrieve(made.id) == made


def test_native_fields_go_with_extra_body(client: OpenAI, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    shots = [
        {"prompt": "Mara waits at the harbour.", "seconds": 2},
        {"prompt": "Mara goes home.", "seconds": 4},
    ]
    video = client.videos.create(
        prompt=PROMPT,
        seconds="6",  # type: ignore[arg-type]  # nor the lengths
        extra_body={
            "size": "640x360",
            "seed": 7,
            "overlap": True,
            "reword_refused": False,
            "max_cost_usd": 1.5,
            "style": None,
            "shots": json.dumps(shots),
            "metadata": {"scene": "7"},
        },
    )
    config = own(video, "config")
    assert isinstance(config, dict)
    told = {name: config[name]["value"] for name in config if config[name]["set_by"] == "http"}
    assert told == {
        "seconds": 6,
        "size": "640x360",
        "seed": 7,
        "overlap": True,
        "reword_refused": False,
        "max_cost_usd": 1.5,
    }
    assert own(video, "metadata") == {"scene": "7"}
    client.videos.delete(video.id)


def test_lists_in_extra_body_are_refused_with_a_hint(client: OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="one part of JSON text") as refused:
        client.videos.create(prompt=PROMPT, extra_body={"shots": [{"prompt": "Mara waits."}]})
    assert refused.value.param == "shots[][prompt]"


def test_pictures_go_as_bytes_or_in_json(client: OpenAI, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    uri = f"data:image/png;base64,{base64.b64encode(SCREEN).decode()}"
    plain = client.videos.create(prompt=PROMPT, input_reference=SCREEN)
    in_json = client.post(
        "/videos", cast_to=Video, body={"prompt": PROMPT, "input_reference": {"image_url": uri}}
    )
    for video in (plain, in_json):
        assert own(video, "initial_image") is True
        client.videos.delete(video.id)


def test_polling_waits_as_long_as_the_service_asks(
    client: OpenAI, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video = client.videos.create(prompt=PROMPT, seconds="4")
    answer = client.videos.with_raw_response.retrieve(video.id)
    asked = float(answer.headers["openai-poll-after-ms"]) / 1000
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        queues.resume(Stage.KEYFRAMES)
        client.post(f"/videos/{video.id}/cancel", cast_to=Video)

    monkeypatch.setattr(client.videos, "_sleep", sleep)
    assert str(client.videos.poll(video.id).status) == "cancelled"
    assert waits == [asked]


@pytest.mark.parametrize("variant", ["video", "thumbnail", "spritesheet"])
def test_every_variant_is_downloaded_without_handing_the_key_on(
    client: OpenAI, made: Video, variant: str, tmp_path: Path
) -> None:
    answer = client.videos.with_raw_response.download_content(made.id, variant=variant)  # type: ignore[arg-type]  # one of its literals
    assert "authorization" not in answer.http_request.headers
    assert answer.http_response.history[0].status_code == 302
    file = tmp_path / "content"
    answer.parse().write_to_file(file)
    if variant == "video":
        assert decode_fully(file) == 4 * FRAME_RATE
        return
    with Image.open(file) as picture:
        assert picture.format == {"thumbnail": "JPEG", "spritesheet": "PNG"}[variant]
        picture.load()


def test_a_video_is_streamed_to_a_file(client: OpenAI, made: Video, tmp_path: Path) -> None:
    with client.videos.with_streaming_response.download_content(made.id) as content:
        content.stream_to_file(tmp_path / "video.mp4")
    assert decode_fully(tmp_path / "video.mp4") == 4 * FRAME_RATE


def test_a_list_is_walked_page_by_page(connect: Connect, store: JobStore, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    client = connect(create_api_key(store, f"lister-{secrets.token_hex(4)}"))
    ids = [client.videos.create(prompt=PROMPT).id for _ in range(5)]
    page = client.videos.list(limit=2)
    assert (len(page.data), page.has_more, page.last_id) == (2, True, page.data[-1].id)
    assert [video.id for video in page] == ids[::-1]
    assert [video.id for video in client.videos.list(limit=3, order="asc")] == ids
    for video_id in ids:
        client.videos.delete(video_id)
    assert list(client.videos.list()) == []


def test_a_remix_names_what_it_was_made_of(client: OpenAI, made: Video, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    remix = client.videos.remix(made.id, prompt=f"{PROMPT} Snow falls.")
    assert remix.id != made.id
    assert remix.remixed_from_video_id == made.id
    client.videos.delete(remix.id)


def test_a_deleted_video_is_gone(client: OpenAI, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video = client.videos.create(prompt=PROMPT)
    gone = client.videos.delete(video.id)
    assert (gone.id, gone.deleted, gone.object) == (video.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)


JSON = {"Content-Type": "application/json"}
NOBODYS = "video_000000000000000000000000"


@pytest.mark.parametrize(
    ("call", "kind", "code", "param"),
    [
        (lambda c: c.videos.retrieve(NOBODYS), openai.NotFoundError, "not_found", None),
        (
            lambda c: c.videos.create(prompt=PROMPT, seconds="301"),
            *(openai.UnprocessableEntityError, "invalid_value", "seconds"),
        ),
        (
            lambda c: c.videos.create(prompt=PROMPT, extra_body={"max_cost_usd": "much"}),
            *(openai.UnprocessableEntityError, "invalid_value", "max_cost_usd"),
        ),
        (
            lambda c: c.videos.create(prompt=PROMPT, input_reference=b"<svg/>"),
            *(openai.UnprocessableEntityError, "invalid_value", "input_reference"),
        ),
        (
            lambda c: c.post("/videos", cast_to=Video, content=b"{", options={"headers": JSON}),
            *(openai.BadRequestError, "malformed_body", None),
        ),
    ],
    ids=["not found", "too long", "no number", "no picture", "no JSON"],
)
def test_an_error_says_what_is_wrong_and_which_request_it_was(
    client: OpenAI,
    call: Callable[[OpenAI], object],
    kind: type[openai.APIStatusError],
    code: str,
    param: str | None,
) -> None:
    with pytest.raises(kind) as refused:
        call(client)
    assert_told(refused.value, code, param)


def assert_told(error: openai.APIStatusError, code: str, param: str | None = None) -> None:
    assert (error.code, error.param) == (code, param)
    assert error.request_id is not None
    assert error.request_id.startswith("req_")


def test_an_unknown_key_is_an_authentication_error(connect: Connect) -> None:
    with pytest.raises(openai.AuthenticationError, match="unknown or has been revoked") as refused:
        connect("ttv_unknown").videos.list()
    assert_told(refused.value, "invalid_api_key")


def test_what_the_state_does_not_allow_is_a_conflict(client: OpenAI, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video = client.videos.create(prompt=PROMPT)
    with pytest.raises(openai.ConflictError) as refused:
        client.videos.download_content(video.id)
    assert_told(refused.value, "not_ready")
    with pytest.raises(openai.ConflictError) as refused:
        client.videos.remix(video.id, prompt=PROMPT)
    assert_told(refused.value, "illegal_transition")
    client.videos.delete(video.id)


def test_too_much_at_once_is_a_rate_limit_error(
    start_submit: StartSubmit, store: JobStore, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    key = create_api_key(store, f"busy-{secrets.token_hex(4)}")
    url = f"{start_submit(TTV_MAX_RUNNING_VIDEOS='1')}/v1"
    with OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        video = client.videos.create(prompt=PROMPT)
        with pytest.raises(openai.RateLimitError) as refused:
            client.videos.create(prompt=PROMPT)
        assert_told(refused.value, "too_many_running")
        assert int(refused.value.response.headers["Retry-After"]) > 0
        client.videos.delete(video.id)


def test_the_asynchronous_client_does_the_same(
    stack: LocalStack, trust: ssl.SSLContext, api: Api, api_key: str, tmp_path: Path
) -> None:
    async def make() -> None:
        http = DefaultAsyncHttpxClient(verify=trust)
        async with AsyncOpenAI(base_url=f"{stack.url}/v1", api_key=api_key, http_client=http) as client:
            video = await client.videos.create_and_poll(
                prompt=PROMPT,
                seconds="4",
                size="640x360",  # type: ignore[arg-type]  # the client's types know other sizes
                extra_body={"keyframes": "pair", "max_cost_usd": 0.5},
            )
            assert video.status == "completed"
            assert video.id in [each.id async for each in client.videos.list(limit=1)]
            content = await client.videos.download_content(video.id)
            content.write_to_file(tmp_path / "video.mp4")
            await client.videos.delete(video.id)
            with pytest.raises(openai.NotFoundError) as refused:
                await client.videos.retrieve(video.id)
            assert_told(refused.value, "not_found")

    asyncio.run(make())
    assert decode_fully(tmp_path / "video.mp4") == 4 * FRAME_RATE
