"""No setting is documented in vain, no two parts of the system can read different ones, and none is wrong."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from functions.submit.creation import new_job
from shared.domain.capabilities import (
    BUILT_IN,
    IMAGE_BACKENDS,
    PLANNERS,
    VIDEO_BACKENDS,
    Offer,
    model_of,
)
from shared.domain.errors import InvalidInput
from shared.domain.generation import GenerationConfig, Layer
from shared.settings import Settings, names_weights

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text() for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")
}
READ_AS = {
    "ttv_video_backends": "offer",
    "ttv_image_backends": "offer",
    "ttv_planners": "offer",
    "ttv_model_ids": "model_id",
    "ttv_max_operations": "max_operations",
    "ttv_gpu_speeds": "offer",
    "ttv_gpu_instances": "offer",
    "ttv_job_time_limit_seconds": "offer",
    "ttv_cors_origins": "cors_origins",
    "ttv_cdn_url": "cdn",
    "ttv_cdn_key_name": "cdn",
    "ttv_cdn_key": "cdn",
}
"""Settings that are read through a property."""

BACKENDS = ROOT / "functions/render/video_backends"
"""Only a backend knows the variables with its provider's address and key."""


def readers(pattern: str, *, but: str) -> list[Path]:
    return [path for path, text in SOURCES.items() if re.search(pattern, text) and path.name != but]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_read_by_someone(name: str) -> None:
    assert readers(rf"\.{READ_AS.get(name, name)}\b", but="settings.py")


@pytest.mark.parametrize("name", GenerationConfig.model_fields)
def test_every_field_a_user_may_set_is_read_by_someone(name: str) -> None:
    assert readers(rf"\b(config|self)\.{name}\b", but="representation.py")


def test_the_environment_is_read_in_one_place() -> None:
    found = readers(r"\bos\.environ\b|\bgetenv\b", but="settings.py")
    assert [path for path in found if BACKENDS not in path.parents] == []


def test_all_functions_are_wired_from_the_same_settings() -> None:
    assert [path.name for path in readers(r"\bSettings\.from_environment\b", but="settings.py")] == [
        "wiring.py"
    ]
    assert [path.name for path in readers(r"\.bucket\(", but="")] == ["wiring.py"]


REQUIRED = {
    "GOOGLE_CLOUD_PROJECT": "some-project",
    "TTV_LOCATION": "europe-west4",
    "TTV_BUCKET": "some-bucket",
    "TTV_KEYFRAMES_URL": "https://keyframes.example.com",
    "TTV_RENDER_URL": "https://render.example.com",
    "TTV_FINALIZE_URL": "https://finalize.example.com",
    "TTV_INVOKER_SERVICE_ACCOUNT": "invoker@some-project.iam.gserviceaccount.com",
}
GOOGLE = {
    "TTV_VIDEO_BACKENDS": "animatic, omni, veo",
    "TTV_IMAGE_BACKENDS": "storyboard,nano_banana",
    "TTV_PLANNERS": "rules,gemini",
}
DEFAULTS = '{"model": "omni", "image_model": "nano_banana", "planner": "gemini", "consistency": "anchored"}'


def settings(**environment: str) -> Settings:
    return Settings.from_environment(REQUIRED | environment)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_deployment_without_a_setting_it_needs_does_not_start(missing: str) -> None:
    environment = {name: value for name, value in REQUIRED.items() if name != missing}
    with pytest.raises(ValidationError, match=missing.lower()):
        Settings.from_environment(environment)


def test_unless_told_otherwise_a_deployment_offers_what_is_built_in_and_paid_for_by_nobody() -> None:
    assert settings().offer == Offer(video=("animatic",), image=("storyboard",), planners=("rules",))


def test_a_deployment_offers_the_backends_that_it_names() -> None:
    assert settings(**GOOGLE).offer == Offer(
        video=("animatic", "omni", "veo"), image=("storyboard", "nano_banana"), planners=("rules", "gemini")
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("TTV_VIDEO_BACKENDS", VIDEO_BACKENDS),
        ("TTV_IMAGE_BACKENDS", IMAGE_BACKENDS),
        ("TTV_PLANNERS", PLANNERS),
    ],
)
@pytest.mark.parametrize("names", ["sora", "animatic,sora", ""])
def test_a_backend_that_does_not_exist_is_refused_at_start_with_those_that_do(
    name: str, known: dict[str, object], names: str
) -> None:
    with pytest.raises(ValidationError, match=f"permitted: {', '.join(known)}"):
        settings(**{name: names})


@pytest.mark.parametrize(
    ("offer", "defaults", "told"),
    [
        ({}, '{"model": "omni"}', "TTV_DEFAULTS: model: 'omni' is not permitted; permitted: animatic"),
        ({}, '{"planner": "gemini"}', "TTV_DEFAULTS: planner: 'gemini' is not permitted; permitted: rules"),
        (GOOGLE, '{"model": "veo", "size": "720x720"}', "TTV_DEFAULTS: size: '720x720' is not permitted"),
        (GOOGLE, '{"model": "veo", "seconds": 7}', "in clips of 4, 6 or 8"),
        (GOOGLE, '{"wings": 2}', "TTV_DEFAULTS: wings: there is no such field"),
        (GOOGLE, '{"consistency": "anchored"}', "TTV_DEFAULTS: consistency"),
    ],
)
def test_defaults_that_cannot_be_made_are_refused_at_start_with_what_is_wrong(
    offer: dict[str, str], defaults: str, told: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        settings(**offer, TTV_DEFAULTS=defaults)


def test_the_defaults_of_a_deployment_show_as_its_own_and_give_way_to_a_request() -> None:
    at = settings(**GOOGLE, TTV_DEFAULTS=DEFAULTS)
    body = {"prompt": "A fox.", "consistency": "sequential"}
    job = new_job(body, owner="o", trace_id="", offered=at.offer, defaults=at.ttv_defaults).job
    assert (job.config.model, job.config.image_model, job.config.planner) == ("omni", "nano_banana", "gemini")
    assert job.config.consistency == "sequential"
    layers = {name: job.config_layers[name] for name in ("model", "planner", "consistency", "fps")}
    assert layers == {
        "model": Layer.FILE,
        "planner": Layer.FILE,
        "consistency": Layer.HTTP,
        "fps": Layer.DEFAULT,
    }


def test_a_request_for_a_backend_that_the_deployment_does_not_offer_is_told_what_it_does() -> None:
    at = settings(TTV_VIDEO_BACKENDS="animatic,omni")
    body = {"prompt": "A fox.", "model": "veo"}
    with pytest.raises(InvalidInput) as refused:
        new_job(body, owner="o", trace_id="", offered=at.offer, defaults=at.ttv_defaults)
    assert (refused.value.field, refused.value.permitted) == ("model", "animatic, omni")


def test_a_model_has_our_id_unless_the_deployment_names_another() -> None:
    at = settings(TTV_MODEL_IDS='{"omni": "gemini-omni-9"}')
    assert at.model_id("omni") == "gemini-omni-9"
    assert at.model_id("veo") == model_of("veo").model_id != ""


def test_so_many_operations_run_at_a_time_as_we_say_unless_the_deployment_says_another_number() -> None:
    at = settings(TTV_MAX_OPERATIONS='{"omni": 3}')
    assert at.max_operations("omni") == 3
    assert at.max_operations("veo") == VIDEO_BACKENDS["veo"].max_operations > 0


@pytest.mark.parametrize("name", ["TTV_MODEL_IDS", "TTV_MAX_OPERATIONS"])
def test_settings_of_a_backend_that_does_not_exist_are_refused_at_start(name: str) -> None:
    with pytest.raises(ValidationError, match="'sora' is no backend; permitted: animatic"):
        settings(**{name: '{"sora": "3"}'})


def test_there_is_no_negative_number_of_operations() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        settings(TTV_MAX_OPERATIONS='{"omni": -1}')


@pytest.mark.parametrize("name", ["TTV_DEFAULTS", "TTV_MODEL_IDS", "TTV_MAX_OPERATIONS"])
@pytest.mark.parametrize("text", ["{", "[]", '"omni"'])
def test_what_is_no_json_object_is_refused_at_start(name: str, text: str) -> None:
    with pytest.raises(ValidationError, match=name.lower()):
        settings(**{name: text})


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8080"])
def test_a_stand_in_is_on_this_machine(url: str) -> None:
    assert settings(TTV_GOOGLE_STAND_IN=url).ttv_google_stand_in == url


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8080",
        "http://127.0.0.1",
        "http://localhost:8080",
        "http://0.0.0.0:8080",
        "http://10.0.0.7:8080",
        "http://127.0.0.1:8080@example.com",
        "http://127.0.0.1:8080/elsewhere",
        "http://example.com:8080",
        "https://generativelanguage.googleapis.com",
    ],
)
def test_nothing_elsewhere_may_stand_in_for_google(url: str) -> None:
    with pytest.raises(ValidationError, match="is not on this machine; permitted: such as http://127"):
        settings(TTV_GOOGLE_STAND_IN=url)


def test_what_needs_vertex_ai_is_not_offered_with_a_key_of_the_gemini_api() -> None:
    with pytest.raises(
        ValidationError, match="TTV_VIDEO_BACKENDS: 'veo' needs Vertex AI; TTV_GOOGLE_API_KEY"
    ):
        settings(**GOOGLE, TTV_GOOGLE_API_KEY="k")
    settings(**GOOGLE | {"TTV_VIDEO_BACKENDS": "animatic,omni"}, TTV_GOOGLE_API_KEY="k")


CDN = {
    "TTV_CDN_URL": "https://video.example.com",
    "TTV_CDN_KEY_NAME": "key-1",
    "TTV_CDN_KEY": "nZtRohdNF9m3cKM24IcK4w==",
}


def test_videos_come_from_cloud_storage_unless_the_deployment_names_a_cdn() -> None:
    assert settings().cdn is None
    cdn = settings(**CDN).cdn
    assert cdn is not None
    assert (cdn.url, cdn.key_name, len(cdn.key)) == ("https://video.example.com", "key-1", 16)


@pytest.mark.parametrize("missing", CDN)
def test_a_cdn_is_told_whole_or_not_at_all(missing: str) -> None:
    with pytest.raises(ValidationError, match="permitted: all three, or none"):
        settings(**CDN | {missing: ""})


@pytest.mark.parametrize(
    "wrong", [{"TTV_CDN_URL": "http://a.b"}, {"TTV_CDN_KEY_NAME": "K"}, {"TTV_CDN_KEY": "very-secret"}]
)
def test_a_cdn_that_cannot_be_is_refused_at_start_without_its_key(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="TTV_CDN_URL, TTV_CDN_KEY_NAME or TTV_CDN_KEY: ") as refused:
        settings(**CDN | wrong)
    said = f"{refused.value} {refused.value!r}"
    assert "very-secret" not in said
    assert CDN["TTV_CDN_KEY"] not in said


ON_GPU = {
    "TTV_VIDEO_BACKENDS": "animatic,ltx",
    "TTV_RENDER_GPU_URL": "https://render-gpu.example.com",
    "TTV_GPU": "l4",
}


@pytest.mark.parametrize("missing", ["TTV_RENDER_GPU_URL", "TTV_GPU"])
def test_what_needs_a_gpu_is_offered_only_by_a_deployment_that_has_one(missing: str) -> None:
    at = settings(**ON_GPU)
    assert (at.offer.video, at.offer.gpu, at.backends_on_gpu) == (("animatic", "ltx"), "l4", ("ltx",))
    told = f"'ltx' needs a GPU, and this deployment has none: {missing} is empty"
    with pytest.raises(ValidationError, match=told):
        settings(**ON_GPU | {missing: ""})


def test_a_model_that_does_not_fit_on_the_gpu_cannot_be_offered() -> None:
    large = ON_GPU | {"TTV_VIDEO_BACKENDS": "animatic,wan_14b"}
    with pytest.raises(ValidationError, match="'wan_14b' does not fit on l4; permitted in TTV_GPU: rtx-pro"):
        settings(**large)
    assert settings(**large | {"TTV_GPU": "rtx-pro-6000"}).offer.gpu == "rtx-pro-6000"


@pytest.mark.parametrize(
    ("variable", "value", "permitted"),
    [
        ("TTV_GPU", "h100", "permitted: l4, rtx-pro-6000, cpu, or nothing"),
        ("TTV_GPU_SPEEDS", '{"animatic": {"1280x720": 1}}', "permitted: ltx, wan_5b, wan_14b"),
        ("TTV_GPU_SPEEDS", '{"ltx": {"1920x1080": 1}}', "permitted: 640x360, 1280x720"),
        ("TTV_GPU_SPEEDS", '{"ltx": {"1280x720": 0}}', "greater than 0"),
        ("TTV_GPU_INSTANCES", "0", "greater than or equal to 1"),
        ("TTV_WEIGHTS", "models", "permitted: such as /models"),
        ("TTV_WEIGHTS_CACHE", "/tmp/models", "TTV_WEIGHTS is empty"),  # noqa: S108 - a name only
        ("TTV_WEIGHTS_BUCKET", "models", "TTV_WEIGHTS is empty"),
    ],
)
def test_what_is_told_of_gpus_and_weights_is_checked(variable: str, value: str, permitted: str) -> None:
    with pytest.raises(ValidationError, match=permitted):
        settings(**ON_GPU | {variable: value})


def test_measured_speeds_take_the_place_of_ours() -> None:
    at = settings(**ON_GPU, TTV_GPU_SPEEDS='{"ltx": {"1280x720": 22.5}}')
    assert at.offer.gpu_speeds == {"ltx": {"1280x720": 22.5}}


def test_what_is_offered_comes_with_the_time_that_there_is_for_it() -> None:
    at = settings(**ON_GPU, TTV_GPU_INSTANCES="3", TTV_JOB_TIME_LIMIT_SECONDS="3600").offer
    assert (at.gpu_instances, at.time_limit_seconds) == (3, 3600)
    assert settings().offer == BUILT_IN, "one instance and two hours, unless it is told otherwise"


def test_defaults_that_never_end_in_time_are_refused_at_start() -> None:
    slow = ON_GPU | {"TTV_VIDEO_BACKENDS": "wan_5b", "TTV_DEFAULTS": '{"model": "wan_5b"}'}
    with pytest.raises(ValidationError, match=r"TTV_DEFAULTS: seconds: 24 .* as one l4 finishes within"):
        settings(**slow)
    assert settings(**slow, TTV_GPU_INSTANCES="2").offer.gpu_instances == 2


def test_whether_there_are_weights_can_be_told_without_all_other_settings() -> None:
    assert [names_weights(each) for each in ({}, {"TTV_WEIGHTS": ""}, {"TTV_WEIGHTS": "/w"})] == [
        False,
        False,
        True,
    ]


def test_a_key_is_in_no_text_that_could_be_logged() -> None:
    at = settings(TTV_GOOGLE_API_KEY="very-secret")
    assert at.ttv_google_api_key.get_secret_value() == "very-secret"
    assert "very-secret" not in f"{at} {at!r} {at.model_dump()} {at.model_dump_json()}"


def test_a_key_is_not_in_what_is_said_of_another_setting_that_is_wrong() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(TTV_DEFAULTS='{"wings": 2}', TTV_GOOGLE_API_KEY="very-secret")
    assert "very-secret" not in f"{refused.value} {refused.value!r}"
