"""What the user has set, from options and file, checked before anything is started. Knows no service."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from shared.domain.capabilities import GOOGLE, model_of
from shared.domain.errors import InvalidInput
from shared.domain.generation import (
    AskedConfig,
    EffectiveConfig,
    GenerationConfig,
    Layer,
    build_effective_config,
)
from shared.domain.gpu_work import Gpu
from shared.domain.validation import validated
from shared.settings import Settings

if TYPE_CHECKING:
    from infra.local.weights import Weights

KEY = "TTV_GOOGLE_API_KEY"
OF_BACKENDS = (
    *("TTV_PLANNERS", "TTV_IMAGE_BACKENDS", "TTV_VIDEO_BACKENDS", "TTV_DEFAULTS"),
    *("TTV_MODEL_IDS", "TTV_MAX_OPERATIONS", "TTV_GPU_SPEEDS", KEY),
)
"""What the functions of a local stack are told of the user's shell, beside what any program needs."""


def effective(file: Path | None, chosen: Mapping[str, Any]) -> EffectiveConfig:
    """Lay the options over the file's settings, for the built-in backends.

    Raises:
        InvalidInput: the file is no TOML, or a value is not permitted.
    """
    return build_effective_config(base=_read(file) if file else {}, cli=chosen)


def for_a_service(file: Path | None, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the options over the file's settings, for a service that has its own defaults and backends.

    Whether they go together is for the service to say.

    Raises:
        InvalidInput: the file is no TOML, or a field does not exist or cannot have that value anywhere.
    """
    overruling = {name: value for name, value in chosen.items() if value is not None}
    wishes = {**(_read(file) if file else {}), **overruling}
    asked = validated(AskedConfig, wishes).model_dump(mode="json")
    return {name: asked[name] for name in wishes}


def chosen(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that are settings of a video."""
    return {name: value for name, value in options.items() if name in GenerationConfig.model_fields}


def said(config: EffectiveConfig) -> dict[str, Any]:
    """Return the settings that the user has set; the rest is for the service to decide."""
    values = config.config.model_dump(mode="json")
    return {name: values[name] for name, layer in config.layers.items() if layer is not Layer.DEFAULT}


def weights_there(folder: Path | None, gpu: Gpu | None) -> "Weights | None":
    """Return the weights in a folder, with what is to compute with them; None for no folder.

    Raises:
        InvalidInput: it holds none that fit, or torch is not installed, or nobody says what computes.
    """
    from infra.local.weights import Weights

    if folder is None:
        return None
    if gpu is None:
        raise InvalidInput("gpu", None, tuple(Gpu))
    if find_spec("torch") is None:
        raise InvalidInput("weights", str(folder), "none where torch is not installed: docs/backends.md")
    found = Weights(folder, gpu)
    _ = found.backends
    return found


def backends_said(
    environment: Mapping[str, str] = os.environ, *, weights: "Weights | None" = None
) -> dict[str, str]:
    """Return what the user's shell says of the backends that a local stack is to offer.

    Args:
        weights: whose models are offered too.

    Raises:
        InvalidInput: naming the variable; a local stack has no credentials for Vertex AI, so Google's models
            need a key of the Gemini API.
    """
    said = {name: environment[name] for name in OF_BACKENDS if environment.get(name)}
    if weights:
        said |= weights.offering_environment(said.get("TTV_VIDEO_BACKENDS"))
    needed = {name: "none" for name, field in Settings.model_fields.items() if field.is_required()}
    try:
        there = {"ttv_render_gpu_url": "none"} if weights else {}
        told = {name.lower(): value for name, value in said.items()}
        at = Settings.model_validate({**needed, **there, **told})
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        name = str(wrong["loc"][0]).upper() if wrong["loc"] else "TTV_DEFAULTS"
        raise InvalidInput(
            name, None, "see docs/backends.md", because=wrong["msg"].removeprefix("Value error, ")
        ) from None
    backends = (*at.offer.video, *at.offer.image, *at.offer.planners)
    if any(model_of(name).owned_by == GOOGLE for name in backends) and not said.get(KEY):
        raise InvalidInput(
            KEY, None, "a key of the Gemini API", because="a key is needed; or use --stand-ins"
        )
    return said


def check_files(files: Iterable[Path | None]) -> None:
    """Check that what will be made can be saved, before it is made.

    Raises:
        InvalidInput: naming the first path that cannot be written.
    """
    for path in (file or Path("video.mp4") for file in files):
        if path.is_dir() or not os.access(path.parent, os.W_OK):
            raise InvalidInput("output", str(path), "a file in a folder that exists and can be written")


def check_endpoint(endpoint: str, key: str) -> None:
    """Check that a service can be spoken to at all.

    Raises:
        InvalidInput: the endpoint is no URL, or there is no key for it.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("endpoint", endpoint, "a URL such as https://videos.example.com")
    if not key:
        raise InvalidInput("key", key, "the API key of that service, as --key or TTV_API_KEY")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except (ValueError, OSError) as error:
        raise InvalidInput("config", str(file), f"a TOML file; {error}") from error
