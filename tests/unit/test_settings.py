"""No setting is documented in vain, and no two parts of the system can read different ones."""

import re
from pathlib import Path

import pytest

from shared.domain.generation import GenerationConfig
from shared.settings import Settings

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
    "ttv_cors_origins": "cors_origins",
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
