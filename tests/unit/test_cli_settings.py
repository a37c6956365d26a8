"""What the command line sends of what its user has set, and what it checks by itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli import settings
from infra.cli.exits import Exit
from infra.cli.main import app
from infra.cli.options import lora
from shared.domain.errors import InvalidInput


def test_a_service_is_sent_what_was_said_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "video.toml"
    file.write_text('seconds = 9\nconsistency = "anchored"\nfallback_models = ["veo"]\n')
    said = settings.for_a_service(
        file, {"model": "omni", "seconds": 12, "size": None, "judge_keyframes": False}
    )
    assert said == {
        "seconds": 12,
        "consistency": "anchored",
        "fallback_models": ["veo"],
        "model": "omni",
        "judge_keyframes": False,
    }


def test_what_goes_with_a_services_own_defaults_is_for_the_service_to_say() -> None:
    wishes = {"consistency": "anchored", "judge_keyframes": True, "redraw_below": 0.5, "audio": True}
    assert settings.for_a_service(None, wishes) == wishes
    with pytest.raises(InvalidInput, match="consistency"):
        settings.effective(None, wishes)


@pytest.mark.parametrize(
    ("wishes", "field"),
    [({"redraw_below": 1.5}, "redraw_below"), ({"wings": 2}, "wings"), ({"seed": -1}, "seed")],
)
def test_what_no_service_takes_is_refused_before_one_is_asked(wishes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        settings.for_a_service(None, wishes)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "omni"), "model: 'omni' is not permitted; permitted: animatic"),
        (("--planner", "gemini"), "planner: 'gemini' is not permitted; permitted: rules"),
        (("--image-model", "nano_banana"), "permitted: storyboard"),
        (("--judge-keyframes",), "judge_keyframes: true is not permitted"),
        (("--redraw-below", "0.5"), "only with judge_keyframes: true"),
        (("--consistency", "anchored"), "permitted: sequential"),
        (("--audio",), "audio: true is not permitted; permitted: false"),
    ],
)
def test_a_stack_that_would_be_started_cannot_do_more_than_what_is_built_in(
    tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = CliRunner().invoke(app, ["create", "A fox.", "--folder", str(tmp_path), *options])
    assert (done.exit_code, told in done.stderr) == (Exit.BAD_INPUT, True), done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was started"


KEY = {"TTV_GOOGLE_API_KEY": "shown-to-nobody"}


def test_a_local_stack_is_told_what_the_shell_says_of_backends_and_nothing_else() -> None:
    said = {"TTV_VIDEO_BACKENDS": "animatic,omni", **KEY}
    assert settings.backends_said({**said, "TTV_BUCKET": "mine", "HOME": "/", "TTV_DEFAULTS": ""}) == said
    assert settings.backends_said({}) == {}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"TTV_PLANNERS": "rules,gemini"}, "TTV_GOOGLE_API_KEY: a key is needed; or use --stand-ins"),
        ({"TTV_PLANNERS": "nobody"}, "TTV_PLANNERS: .*permitted: rules, gemini"),
        ({"TTV_VIDEO_BACKENDS": "animatic,veo", **KEY}, "veo"),
        ({"TTV_DEFAULTS": "{", **KEY}, "TTV_DEFAULTS"),
        ({"TTV_DEFAULTS": '{"model": "omni"}', **KEY}, "TTV_DEFAULTS.*omni"),
    ],
)
def test_backends_that_a_local_stack_cannot_offer_are_refused_before_it_starts(
    said: dict[str, str], wrong: str
) -> None:
    with pytest.raises(InvalidInput, match=wrong) as refused:
        settings.backends_said(said)
    assert "shown-to-nobody" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sent"),
    [("brand-x", {"name": "brand-x", "weight": 1.0}), ("brand-x:0.8", {"name": "brand-x", "weight": 0.8})],
)
def test_an_adapter_is_named_with_or_without_its_weight(text: str, sent: dict[str, object]) -> None:
    said = settings.chosen({"lora": lora(text), "prompt": "a boat"})
    assert settings.for_a_service(None, said) == {"lora": sent}


def test_an_adapter_that_cannot_be_is_refused_before_a_service_is_asked() -> None:
    with pytest.raises(InvalidInput, match=r"lora\.weight: 'much' is not permitted; permitted: a number"):
        settings.for_a_service(None, {"lora": lora("brand-x:much")})
