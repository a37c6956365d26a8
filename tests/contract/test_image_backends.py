"""What `ImageBackend` promises, kept by every backend; Google's through its real SDK and a real socket."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from PIL import Image

from functions.keyframes.image_backends import ImageBackend, KeyframeRequest
from functions.keyframes.image_backends.nano_banana import NanoBanana
from functions.keyframes.image_backends.storyboard import Storyboard
from infra.local.ports import reserve_port
from infra.local.stand_ins.google_fates import BLOCK_REASONS
from infra.local.stand_ins.request_log import Call, Kind
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from shared.domain.errors import (
    BackendFailed,
    BackendUnavailable,
    OperationFailed,
    QuotaExhausted,
    Refused,
    TTVError,
)
from shared.domain.plan import Character
from shared.google_ai import reach
from shared.references import Reference
from shared.settings import Settings

MARA = Character(name="Mara", description="woman in a red coat")
REQUEST = KeyframeRequest(
    prompt="Wide shot. Mara walks along the harbour at dawn.",
    caption="Mara walks.",
    characters=(MARA,),
    style="watercolour",
    negative_prompt="rain, crowds",
    width=640,
    height=360,
    seed=7,
)
MODEL_ID = "gemini-nano-banana-2.1"
CALL_SECONDS = 20.0
IMPATIENT_SECONDS = 1.0
SERVICES = ("vertex", "gemini")
SIZES = [(640, 360), (1280, 720), (1920, 1080), (720, 1280), (1080, 1920), (720, 720), (1080, 1080)]


@dataclass(frozen=True)
class Google:
    """The stand-in, and backends that draw there."""

    stand_in: RunningStandIn
    is_vertex: bool

    def backend(self, *, call_seconds: float = CALL_SECONDS, url: str = "") -> NanoBanana:
        return nano_banana(url or self.stand_in.url, is_vertex=self.is_vertex, call_seconds=call_seconds)

    def draw(self, directive: str, *references: Reference, call_seconds: float = CALL_SECONDS) -> bytes:
        """Draw once, while this befalls the call."""
        self.stand_in.images([directive])
        return self.backend(call_seconds=call_seconds).draw(REQUEST, references)

    def last(self) -> Call:
        return self.stand_in.requests(Kind.IMAGE)[-1]


def nano_banana(url: str, *, is_vertex: bool, call_seconds: float = CALL_SECONDS) -> NanoBanana:
    settings = Settings(
        google_cloud_project="demo-contract",
        ttv_location="europe-west4",
        ttv_bucket="demo-contract",
        ttv_keyframes_url="",
        ttv_render_url="",
        ttv_finalize_url="",
        ttv_invoker_service_account="",
        ttv_google_stand_in=url,
        ttv_google_api_key="" if is_vertex else "contract-key",
    )
    return NanoBanana(reach(settings, call_seconds=call_seconds, location="global"), MODEL_ID)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIn]:
    nowhere = "http://127.0.0.1:9"  # no clip is asked for
    with running_stand_in(nowhere, tmp_path_factory.mktemp("images") / "requests.jsonl") as running:
        yield running


@pytest.fixture(params=SERVICES)
def google(stand_in: RunningStandIn, request: pytest.FixtureRequest) -> Google:
    stand_in.forget()
    return Google(stand_in, is_vertex=request.param == "vertex")


@pytest.fixture(params=["storyboard", *SERVICES])
def backend(request: pytest.FixtureRequest) -> ImageBackend:
    if request.param == "storyboard":
        return Storyboard()
    stand_in: RunningStandIn = request.getfixturevalue("stand_in")
    stand_in.forget()
    return nano_banana(stand_in.url, is_vertex=request.param == "vertex")


def png(colour: str = "teal", size: tuple[int, int] = (320, 180)) -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG")
    return encoded.getvalue()


SHEET = Reference(picture=png("red"), shows="Mara", is_sheet=True)
GIVEN = Reference(picture=png("green"), shows="Mara")
MOOD = Reference(picture=png("grey"))
BEFORE = Reference(picture=png("blue"), is_keyframe=True)


def opened(drawn: bytes) -> Image.Image:
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.load()
        return picture


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_drawing_is_a_png_of_exactly_the_size_that_was_asked_for(
    backend: ImageBackend, width: int, height: int
) -> None:
    picture = opened(backend.draw(REQUEST.evolve(width=width, height=height), (SHEET, BEFORE)))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (width, height))


def test_a_drawing_shows_something(backend: ImageBackend) -> None:
    drawn = opened(backend.draw(REQUEST, ()))
    assert len(drawn.getcolors(drawn.width * drawn.height) or []) > 10


def test_a_sheet_can_be_drawn(backend: ImageBackend) -> None:
    sheet = backend.draw(REQUEST.evolve(prompt="", caption="", is_sheet=True), ())
    assert opened(sheet).size == (640, 360)


def test_pictures_are_introduced_in_their_order_before_what_is_to_be_drawn(google: Google) -> None:
    references = (SHEET, GIVEN, MOOD, BEFORE)
    google.draw("ok", *references)

    call = google.last()
    assert call.model == MODEL_ID
    assert list(call.images) == [hashlib.sha256(each.picture).hexdigest() for each in references]
    lines = call.prompt.splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == ["Image 1", "Image 2", "Image 3", "Image 4"]
    assert "character sheet of Mara" in lines[0]
    assert "the keyframe before" in lines[3]
    for said in (REQUEST.prompt, MARA.description, REQUEST.style, REQUEST.negative_prompt):
        assert said in call.prompt


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        ((1280, 720), ("16:9", "1K")),
        ((1920, 1080), ("16:9", "2K")),
        ((1080, 1920), ("9:16", "2K")),
        ((720, 720), ("1:1", "1K")),
    ],
)
def test_shape_size_and_seed_are_asked_for(
    google: Google, size: tuple[int, int], asked: tuple[str, str]
) -> None:
    google.backend().draw(REQUEST.evolve(width=size[0], height=size[1]), ())
    said = google.last().settings
    assert said["imageConfig"] == dict(zip(("aspectRatio", "imageSize"), asked, strict=True))
    assert (said["seed"], said["responseModalities"]) == (7, ["IMAGE"])


@pytest.mark.parametrize("reason", BLOCK_REASONS)
def test_a_prompt_that_a_filter_blocks_is_refused_with_the_reason(google: Google, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        google.draw(f"refuse:{reason}")


@pytest.mark.parametrize(
    "reason",
    [
        *("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "MODEL_ARMOR"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE"),
    ],
)
def test_a_picture_that_a_filter_withholds_is_refused_with_the_reason(google: Google, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        google.draw(f"finish:{reason}")


@pytest.mark.parametrize("directive", ["refuse_start", "no_candidates"])
def test_other_refusals_are_refused(google: Google, directive: str) -> None:
    with pytest.raises(Refused):
        google.draw(directive)


@pytest.mark.parametrize("directive", ["text_only", "empty", "finish:OTHER", "finish:MAX_TOKENS"])
def test_an_answer_without_a_picture_may_be_asked_for_anew(google: Google, directive: str) -> None:
    with pytest.raises(OperationFailed):
        google.draw(directive)


@pytest.mark.parametrize("directive", ["no_picture", "tiny", "invalid", "retired"])
def test_what_cannot_be_used_or_asked_fails_for_good(google: Google, directive: str) -> None:
    with pytest.raises(BackendFailed):
        google.draw(directive)


@pytest.mark.parametrize("directive", ["thought", "jpeg", "square"])
def test_a_picture_of_another_kind_or_shape_becomes_ours(google: Google, directive: str) -> None:
    drawn = google.draw(directive)
    picture = opened(drawn)
    assert (picture.format, picture.size, picture.info) == ("PNG", (640, 360), {})


@pytest.mark.parametrize("directive", ["quota:7s", "quota_header:7"])
def test_the_delay_that_is_asked_for_is_told(google: Google, directive: str) -> None:
    with pytest.raises(QuotaExhausted) as raised:
        google.draw(directive)
    assert raised.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    "directive", ["500", "503", "bad_gateway", "gateway_timeout", "drop", "cut_answer", "malformed"]
)
def test_an_outage_is_one_and_the_call_is_sent_once(google: Google, directive: str) -> None:
    before = len(google.stand_in.requests(Kind.IMAGE))
    with pytest.raises(BackendUnavailable):
        google.draw(directive)
    assert len(google.stand_in.requests(Kind.IMAGE)) == before + 1


def test_an_answer_that_does_not_come_is_an_outage_in_time(google: Google) -> None:
    with pytest.raises(BackendUnavailable):
        google.draw("hang", call_seconds=IMPATIENT_SECONDS)


@pytest.mark.parametrize("service", SERVICES)
def test_a_provider_that_is_not_there_is_an_outage(service: str) -> None:
    nowhere = reserve_port()
    backend = nano_banana(f"http://127.0.0.1:{nowhere.number}", is_vertex=service == "vertex")
    with pytest.raises(BackendUnavailable):
        backend.draw(REQUEST, ())
    nowhere.release()


@pytest.mark.parametrize("directive", ["refuse:SAFETY", "text_only", "no_picture", "quota:7s", "503"])
def test_a_failure_says_nothing_of_the_prompt(google: Google, directive: str) -> None:
    with pytest.raises(TTVError) as raised:
        google.draw(directive)
    assert "harbour" not in str(raised.value)
