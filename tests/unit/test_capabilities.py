"""The tables of what backends can do: complete, consistent, and each with its source."""

from datetime import date

import pytest

from shared.domain import capabilities
from shared.domain.capabilities import (
    BUILT_IN,
    EVERYTHING,
    IMAGE_BACKENDS,
    PLANNERS,
    SIZES,
    VIDEO_BACKENDS,
    Consistency,
    KeyframeMode,
    Offer,
    model_of,
)
from shared.domain.errors import InvalidInput
from shared.domain.generation import MAX_SECONDS, GenerationConfig, build_effective_config
from shared.domain.gpu_work import GPU_WORK

GOOGLE = Offer(
    video=("animatic", "omni", "veo"), image=("storyboard", "nano_banana"), planners=("rules", "gemini")
)
EVERY = (*VIDEO_BACKENDS, *IMAGE_BACKENDS, *PLANNERS)


@pytest.mark.parametrize("backend", EVERY)
def test_every_backend_says_who_says_so_and_when(backend: str) -> None:
    source = model_of(backend).source
    assert source.told_by
    assert date(2026, 1, 1) <= source.as_of <= date(2026, 11, 23)


def test_no_two_backends_of_any_kind_have_the_same_name() -> None:
    assert len(EVERY) == len(set(EVERY))


@pytest.mark.parametrize("backend", EVERY)
def test_what_is_reached_at_a_provider_costs_money_and_what_is_built_in_does_not(backend: str) -> None:
    model = model_of(backend)
    is_ours = backend in GPU_WORK  # to render on, though not the model
    assert (model.paid or is_ours) == (model.api != "built in")
    assert bool(model.model_id) == (model.owned_by != "ttv")
    assert (model.owned_by == capabilities.GOOGLE) == (model.paid and backend != "scripted")


@pytest.mark.parametrize("backend", VIDEO_BACKENDS)
def test_lengths_are_ascending_and_sizes_are_such_as_we_can_join(backend: str) -> None:
    can = VIDEO_BACKENDS[backend]
    for mode in can.keyframes:
        lengths = can.clip_seconds_in(mode)
        assert list(lengths) == sorted(set(lengths))
        assert lengths[0] >= 1
        assert lengths[-1] <= MAX_SECONDS
    assert set(can.sizes) <= set(SIZES)
    assert can.audio


@pytest.mark.parametrize("backend", [name for name, can in VIDEO_BACKENDS.items() if can.paid])
def test_a_paid_call_is_waited_for_longer_than_its_answer_and_its_clip_usually_take(backend: str) -> None:
    can = VIDEO_BACKENDS[backend]
    assert can.poll_seconds > 0
    assert 0 < can.call_seconds < can.settles_seconds
    assert can.usual_seconds < can.settles_seconds


def test_between_two_pictures_a_clip_of_omni_is_shorter() -> None:
    omni = VIDEO_BACKENDS["omni"]
    assert omni.clip_seconds_in(KeyframeMode.SINGLE)[-1] == 15
    assert omni.clip_seconds_in(KeyframeMode.PAIR)[-1] == 10
    asked = {"model": "omni", "keyframes": "pair"}
    assert build_effective_config(http=asked, offered=GOOGLE).config.clip_seconds == tuple(range(3, 11))


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'sora' is no backend; permitted: animatic, scripted, omni, veo"):
        model_of("sora")


def test_every_deployment_offers_what_is_built_in_and_can_make_its_defaults_of_it() -> None:
    for kind in ("video", "image", "planners"):
        assert set(getattr(BUILT_IN, kind)) <= set(getattr(EVERYTHING, kind))
    assert build_effective_config(offered=BUILT_IN).config == GenerationConfig()


@pytest.mark.parametrize(
    ("field", "backend", "permitted"),
    [
        ("model", "veo", "animatic"),
        ("image_model", "nano_banana", "storyboard"),
        ("planner", "gemini", "rules"),
    ],
)
def test_a_backend_that_a_deployment_does_not_offer_is_refused_with_those_it_does(
    field: str, backend: str, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(http={field: backend})
    assert (refused.value.field, refused.value.permitted) == (field, permitted)
    build_effective_config(http={field: backend}, offered=GOOGLE)


@pytest.mark.parametrize(
    ("wishes", "field", "permitted"),
    [
        ({"model": "veo", "size": "640x360"}, "size", "1280x720, 1920x1080, 720x1280, 1080x1920"),
        ({"model": "omni", "size": "720x720"}, "size", "640x360, 1280x720, 1920x1080, 720x1280, 1080x1920"),
        ({"model": "omni", "fps": 30}, "fps", "24"),
        ({"model": "veo", "seconds": 7}, "seconds", "4 to 300 with veo, in clips of 4, 6 or 8"),
        ({"model": "omni", "keyframe_position": "last"}, "keyframe_position", "first"),
        ({"audio": True}, "audio", "false"),
        ({"consistency": "anchored"}, "consistency", "sequential"),
        ({"judge_keyframes": True}, "judge_keyframes", "false with image_model: storyboard"),
        (
            {"image_model": "nano_banana", "redraw_below": 0.5},
            "redraw_below",
            "only with judge_keyframes: true",
        ),
    ],
)
def test_what_a_backend_cannot_do_is_refused_before_anything_is_paid(
    wishes: dict[str, object], field: str, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(http=wishes, offered=GOOGLE)
    assert (refused.value.field, refused.value.permitted) == (field, permitted)


def test_yes_and_no_are_spelt_in_messages_as_they_are_sent() -> None:
    with pytest.raises(InvalidInput, match="audio: true is not permitted; permitted: false"):
        build_effective_config(http={"audio": True})
    with pytest.raises(InvalidInput, match="keyframes: 'some' is not permitted; permitted: single, pair,"):
        build_effective_config(http={"keyframes": "some"})


def test_what_draws_with_references_keeps_characters_alike_in_every_way() -> None:
    for backend in IMAGE_BACKENDS.values():
        assert (Consistency.ANCHORED in backend.consistency) == (backend.references > 0)
        assert backend.can_be_judged == (backend.references > 0)
