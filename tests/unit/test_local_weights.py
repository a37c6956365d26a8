"""What a local stack offers where weights are on the machine, and what it refuses before it starts."""

from importlib import util
from pathlib import Path

import pytest

from infra.cli import settings
from infra.local.weights import Weights
from shared.domain.errors import InvalidInput
from shared.domain.gpu_work import Gpu
from tests.unit.shelved_weights import lay_preset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for preset in ("ltx", "wan_14b"):
        lay_preset(tmp_path, preset)
    return tmp_path


def test_the_models_are_offered_whose_weights_are_there_and_fit(folder: Path) -> None:
    assert Weights(folder).backends == ("ltx", "wan_14b")
    assert Weights(folder, Gpu.L4).backends == ("ltx",)


@pytest.mark.parametrize(
    ("offered", "together"),
    [(None, "animatic,ltx"), ("animatic,omni", "animatic,omni,ltx"), ("animatic,ltx", "animatic,ltx")],
)
def test_they_are_offered_beside_what_is_offered_anyway(
    folder: Path, offered: str | None, together: str
) -> None:
    told = Weights(folder, Gpu.L4).offering_environment(offered)
    assert told == {"TTV_VIDEO_BACKENDS": together, "TTV_GPU": "l4"}


def test_where_no_weights_are_it_is_told_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="`ttv weights fetch` has put ltx or wan_5b, for the GPU l4"):
        _ = Weights(tmp_path, Gpu.L4).backends


def test_only_the_process_that_renders_with_them_is_told_where_they_are(folder: Path) -> None:
    weights = Weights(folder)
    assert weights.instance_environment == {"TTV_WEIGHTS": str(folder.resolve())}
    assert "TTV_WEIGHTS" not in weights.offering_environment(None)


def test_a_stack_with_weights_is_refused_where_torch_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)
    with pytest.raises(InvalidInput, match="none where torch is not installed"):
        settings.weights_there(folder, Gpu.CPU)
    monkeypatch.setattr(settings, "find_spec", lambda _name: util.find_spec("json"))
    assert settings.weights_there(folder, Gpu.CPU) == Weights(folder)
    assert settings.weights_there(None, None) is None


def test_with_weights_it_is_to_be_said_what_renders_with_them(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="permitted: l4, rtx-pro-6000, cpu"):
        settings.weights_there(folder, None)


def test_what_the_shell_says_of_backends_is_checked_together_with_the_weights(folder: Path) -> None:
    said = settings.backends_said({"TTV_DEFAULTS": '{"model": "ltx"}'}, weights=Weights(folder))
    assert said["TTV_VIDEO_BACKENDS"] == "animatic,ltx,wan_14b"
    with pytest.raises(InvalidInput, match="TTV_DEFAULTS"):
        settings.backends_said({"TTV_DEFAULTS": '{"model": "ltx"}'})
