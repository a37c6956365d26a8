"""Configuration: who wins, who is told no, and what they are told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.capabilities import Offer
from shared.domain.errors import InvalidInput
from shared.domain.generation import GenerationConfig, Layer, build_effective_config

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "seconds": st.none() | st.integers(2, 300),
        "size": st.none() | st.sampled_from(["640x360", "1280x720", "1920x1080"]),
        "seed": st.none() | st.integers(0, 2**31 - 1),
        "overlap": st.none() | st.booleans(),
    },
)

PAID_TOO = Offer(video=("animatic", "scripted"))


@given(base=VALUES, cli=VALUES, http=VALUES)
def test_the_strongest_layer_that_says_something_wins_every_field(
    base: dict[str, Any], cli: dict[str, Any], http: dict[str, Any]
) -> None:
    effective = build_effective_config(base, cli, http)
    layers = [(Layer.HTTP, http), (Layer.CLI, cli), (Layer.FILE, base)]
    for field, default in GenerationConfig().model_dump().items():
        said = [(layer, values[field]) for layer, values in layers if values.get(field) is not None]
        layer, value = (said or [(Layer.DEFAULT, default)])[0]
        assert getattr(effective.config, field) == value
        assert effective.layers[field] is layer


@pytest.mark.parametrize(
    ("field", "value", "permitted"),
    [
        ("size", "1280x721", "640x360, 1280x720, 1920x1080, 720x1280, 1080x1920, 720x720, 1080x1080"),
        ("model", "sora", "animatic"),
        ("planner", "oracle", "rules"),
        ("image_model", "crayon", "storyboard"),
        ("keyframes", "some", "single, pair, chain, none"),
        ("keyframe_position", "end", "first, middle, last"),
        ("transition", "wipe", "cut, crossfade, fade"),
        ("stop_after", "render", "keyframes"),
        ("fps", 60, "24, 25, 30"),
        ("seconds", 1, "2 to 300 with animatic"),
        ("seconds", 301, "2 to 300 with animatic"),
        ("seconds", 2.5, "a whole number"),
        ("seconds", "long", "a whole number"),
        ("seed", -1, "0 or more"),
        ("overlap", "perhaps", "true or false"),
    ],
)
@pytest.mark.parametrize("layer", ["base", "cli", "http"])
def test_a_value_that_is_not_permitted_is_named_with_what_is(
    layer: str, field: str, value: object, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(**{layer: {field: value}})  # type: ignore[arg-type]  # a layer's name
    assert (refused.value.field, refused.value.value, refused.value.permitted) == (field, value, permitted)


@pytest.mark.parametrize(
    ("fallbacks", "field"),
    [
        (("scripted",), "fallback_models.0"),
        (("animatic", "animatic"), "fallback_models.1"),
        (("sora",), "fallback_models.0"),
        (("animatic",) * 6, "fallback_models"),
    ],
)
def test_fallbacks_are_other_backends_each_once(fallbacks: tuple[str, ...], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(
            http={"model": "scripted", "fallback_models": fallbacks},
            offered=PAID_TOO,
        )
    assert refused.value.field == field


PAID_TOO = Offer(video=("animatic", "scripted"))


def test_a_plan_keeps_to_clip_lengths_that_every_fallback_permits() -> None:
    config = build_effective_config(
        http={"model": "scripted", "fallback_models": ("animatic",)},
        offered=PAID_TOO,
    ).config
    assert config.models == ("scripted", "animatic")
    assert config.clip_seconds == tuple(range(2, 11))


def test_an_unknown_field_is_named_with_those_that_exist() -> None:
    with pytest.raises(
        InvalidInput, match=r"secnods: there is no such field; there are the fields seconds, size, fps"
    ):
        build_effective_config(http={"secnods": 8})


def test_a_weaker_layers_bad_value_does_not_matter_when_a_stronger_one_replaces_it() -> None:
    assert build_effective_config(base={"seconds": 10**9}, http={"seconds": 8}).config.seconds == 8


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"keyframes": "pair", "keyframe_position": "last"}, "keyframe_position"),
        ({"keyframes": "none", "keyframe_position": "middle"}, "keyframe_position"),
        ({"keyframes": "chain", "stop_after": "keyframes"}, "keyframes"),
        ({"keyframes": "chain", "transition": "fade"}, "transition"),
        ({"keyframes": "pair", "transition": "crossfade"}, "transition"),
        ({"keyframes": "none", "stop_after": "keyframes"}, "keyframes"),
        ({"model": "scripted", "keyframe_position": "last"}, "keyframe_position"),
        (
            {"model": "animatic", "fallback_models": ("scripted",), "keyframe_position": "middle"},
            "keyframe_position",
        ),
    ],
)
def test_what_a_keyframe_mode_or_a_backend_cannot_do_is_refused(
    wishes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(http=wishes, offered=PAID_TOO)
    assert refused.value.field == field
