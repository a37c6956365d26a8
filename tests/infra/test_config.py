"""What a stack may be told, and what is refused before anything is made."""

import pytest
from pydantic import ValidationError

from infra.archives import REPOSITORY
from infra.config import GPU_SIZES, Deployment, Gpu
from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT
from shared.settings import Settings
from tests.infra.program import DEPLOYMENT, STACKS, config_of

TOLD = {
    "project": "a-project",
    "region": "europe-west4",
    "queueRegion": "europe-west1",
    "domain": "video.example.com",
    "alerts": {"emails": ["oncall@example.com"]},
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_stacks_as_committed_are_permitted(stack: str) -> None:
    config = config_of(REPOSITORY / "infra", stack)
    told = config[DEPLOYMENT]
    assert isinstance(told, dict)
    cloud = {"project": config["gcp:project"], "region": config["gcp:region"]}
    assert Deployment.model_validate({**told, **cloud}).services[-1] is SUBMIT


@pytest.mark.parametrize(
    ("told", "where", "what"),
    [
        ({"domian": "video.example.com"}, "domian", "not permitted"),
        ({"sizes": {"submitt": {}}}, "sizes.submitt", "not permitted"),
        ({"domain": "https://video.example.com"}, "domain", "pattern"),
        ({"domain": "video"}, "domain", "pattern"),
        ({"project": "A_Project"}, "project", "pattern"),
        ({"alerts": {"emails": []}}, "alerts.emails", "at least 1"),
        ({"alerts": {"emails": ["nobody"]}}, "alerts.emails.0", "pattern"),
        ({"alerts": {"emails": ["a@b.c"], "waitingMinutes": 0}}, "alerts.waitingMinutes", "greater"),
        ({"gpu": "h100"}, "gpu", "'none', 'l4' or 'rtx-pro-6000'"),
        ({"gpu": "l4", "region": "europe-north1"}, "", "europe-west4"),
        ({"queueRegion": None}, "", "queueRegion is needed"),
        ({"queueRegion": "Europe"}, "queueRegion", "pattern"),
        ({"geminiApi": True}, "", "none of Google's models"),
        (
            {"sizes": {"render": {"cpu": 3, "memoryGib": 4, "maxInstances": 1}}},
            "sizes.render",
            "1, 2, 4, 6, 8",
        ),
        ({"sizes": {"submit": {"cpu": 1, "memoryGib": 8, "maxInstances": 1}}}, "sizes.submit", "4 at most"),
        ({"sizes": {"renderGpu": {"cpu": 8, "memoryGib": 32, "maxInstances": 1}}}, "", "gpu is none"),
        ({"weightsCache": {"medium": "disk", "gib": 48}}, "", "weightsCache is given, but gpu is none"),
        ({"gpu": "l4", "weightsCache": "/models"}, "weightsCache", "valid dictionary"),
        ({"gpu": "l4", "weightsCache": {"medium": "tape", "gib": 48}}, "weightsCache.medium", "'disk' or"),
        ({"gpu": "l4", "weightsCache": {"medium": "disk", "gib": 9}}, "weightsCache.gib", "equal to 10"),
        ({"gpu": "l4", "weightsCache": {"medium": "memory", "gib": 32}}, "", "31 at most, or medium disk"),
        (
            {"sizes": {"submit": {"cpu": 1, "memoryGib": 1, "minInstances": 3, "maxInstances": 2}}},
            "sizes.submit",
            "more than maxInstances 2",
        ),
        ({"budget": {"billingAccount": "mine", "usdPerMonth": 1}}, "budget.billingAccount", "pattern"),
        ({"videoBackends": ["sora"]}, "ttv_video_backends", "animatic"),
        ({"defaults": {"model": "veo"}}, "", "TTV_DEFAULTS"),
        ({"defaults": {"modell": "animatic"}}, "", "TTV_DEFAULTS"),
        ({"videoBackends": ["animatic", "veo"], "geminiApi": True}, "", "needs Vertex AI"),
        ({"corsOrigins": ["example.com"]}, "ttv_cors_origins", "no origin"),
        ({"logLevel": "warning"}, "logLevel", "'debug' or 'info'"),
        ({"alerts": {"emails": [f"{n}@b.cc" for n in range(6)]}}, "alerts.emails", "at most 5"),
        ({"limits": {"runningVideos": 0}}, "limits.runningVideos", "greater"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_permitted(
    told: dict[str, object], where: str, what: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Deployment.model_validate({**TOLD, **told})
    [first, *_] = refused.value.errors()
    assert ".".join(map(str, first["loc"])) == where
    assert what in str(refused.value)


def test_every_variable_told_is_a_setting_of_the_functions() -> None:
    told = Deployment.model_validate(TOLD).settings
    assert {name.lower() for name in told} <= Settings.model_fields.keys()


def test_settings_arrive_as_they_were_said() -> None:
    said = {
        "videoBackends": ["animatic", "omni"],
        "defaults": {"model": "omni", "seconds": 12},
        "maxOperations": {"omni": 7},
        "limits": {"usdPerMonth": 12.5, "requestsPerMinute": 99},
        "corsOrigins": ["https://a.example", "https://b.example"],
    }
    told = Deployment.model_validate({**TOLD, **said}).settings
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    later = {name.upper(): "later" for name in required}
    understood = Settings.from_environment({**later, **told})
    assert understood.offer.video == ("animatic", "omni")
    assert understood.ttv_defaults == {"model": "omni", "seconds": 12}
    assert understood.max_operations("omni") == 7
    assert (understood.ttv_usd_per_month, understood.ttv_requests_per_minute) == (12.5, 99)
    assert understood.cors_origins == ("https://a.example", "https://b.example")


def test_the_functions_are_told_where_the_queues_are() -> None:
    assert Deployment.model_validate(TOLD).settings["TTV_LOCATION"] == "europe-west1"
    here = {**TOLD, "region": "us-central1", "queueRegion": None}
    assert Deployment.model_validate(here).settings["TTV_LOCATION"] == "us-central1"


def test_without_a_gpu_there_is_no_service_for_one() -> None:
    assert Deployment.model_validate(TOLD).services == (KEYFRAMES, RENDER, FINALIZE, SUBMIT)


@pytest.mark.parametrize("gpu", [Gpu.L4, Gpu.RTX_PRO_6000])
def test_with_a_gpu_the_same_function_is_served_twice(gpu: Gpu) -> None:
    deployment = Deployment.model_validate({**TOLD, "gpu": gpu})
    assert deployment.services == (KEYFRAMES, RENDER, RENDER_GPU, FINALIZE, SUBMIT)
    assert RENDER.stage == RENDER_GPU.stage
    assert deployment.size_of(RENDER_GPU) == GPU_SIZES[gpu]


@pytest.mark.parametrize(
    ("told", "instances"),
    [
        ({}, 1),
        ({"gpu": "l4"}, GPU_SIZES[Gpu.L4].max_instances),
        ({"gpu": "l4", "sizes": {"renderGpu": {"cpu": 8, "memoryGib": 32, "maxInstances": 7}}}, 7),
    ],
)
def test_the_functions_are_told_how_many_clips_the_gpus_render_at_a_time(
    told: dict[str, object], instances: int
) -> None:
    deployment = Deployment.model_validate({**TOLD, **told})
    assert deployment.settings["TTV_GPU_INSTANCES"] == str(instances)
    assert RENDER_GPU.concurrency == 1, "or each instance would have two clips in hand"


def test_google_is_called_only_where_its_models_are_offered() -> None:
    assert not Deployment.model_validate(TOLD).calls_google
    assert Deployment.model_validate({**TOLD, "planners": ["rules", "gemini"]}).calls_google
