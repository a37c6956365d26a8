"""Google's models as their documentation describes them, and what each refuses. It knows no wire format.

These tables are the stand-in's own on purpose: were they those of the product, a wrong entry there would be
believed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SMALLEST_SEED, LARGEST_SEED = -(2**31), 2**31 - 1
"""Seeds are int32."""


class Unacceptable(Exception):
    """What was asked for is nothing that the model takes: 400 INVALID_ARGUMENT, with these words."""


@dataclass(frozen=True)
class WritingModel:
    """Takes texts and pictures, and answers with text."""


@dataclass(frozen=True)
class DrawingModel:
    """Takes texts and pictures, and answers with a picture."""

    most_pictures: int
    has_sizes: bool = True
    """Whether `imageSize` can be asked for."""


@dataclass(frozen=True)
class FilmingModel:
    """Takes a text and pictures, and begins an operation that ends with a clip."""

    is_veo: bool
    seconds: tuple[int, ...]
    pair_seconds: tuple[int, ...]
    """Between a first and a last picture."""
    reference_seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    most_references: int
    can_be_silent: bool


Model = WritingModel | DrawingModel | FilmingModel

OMNI = FilmingModel(
    is_veo=False,
    seconds=tuple(range(3, 16)),
    pair_seconds=tuple(range(3, 11)),
    reference_seconds=tuple(range(3, 16)),
    resolutions=("360p", "720p", "1080p", "4k"),
    most_references=3,
    can_be_silent=False,
)
VEO = FilmingModel(
    is_veo=True,
    seconds=(4, 6, 8),
    pair_seconds=(4, 6, 8),
    reference_seconds=(8,),
    resolutions=("720p", "1080p"),
    most_references=3,
    can_be_silent=True,
)

MODELS: Mapping[str, Model] = {
    "gemini-3.8-flash": WritingModel(),
    "gemini-nano-banana-2.1": DrawingModel(most_pictures=14),
    "gemini-3-pro-image": DrawingModel(most_pictures=14),
    "gemini-3.1-flash-lite-image": DrawingModel(most_pictures=14),
    "gemini-2.5-flash-image": DrawingModel(most_pictures=3, has_sizes=False),
    "gemini-omni-1.2-flash": OMNI,
    "veo-3.1-generate-001": VEO,
}
"""Every other id answers 404, as a retired one does."""

CLIP_SIDES: Mapping[str, tuple[int, int]] = {
    "360p": (640, 360),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}
"""Longer and shorter side in pixels."""

CLIP_RATIOS = ("16:9", "9:16")

PICTURE_SIDES: Mapping[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
"""Width and height at 1K, in pixels; others are multiples."""

PICTURE_SCALES: Mapping[str, int] = {"1K": 1, "2K": 2, "4K": 4}


def demand(condition: object, message: str) -> None:
    """Refuse what is asked for unless a condition holds.

    Raises:
        Unacceptable: it does not.
    """
    if not condition:
        raise Unacceptable(message)


def check_seed(seed: int | None) -> None:
    """Check a seed.

    Raises:
        Unacceptable: it is no int32.
    """
    demand(seed is None or SMALLEST_SEED <= seed <= LARGEST_SEED, f"seed {seed} is out of range")


def check_seconds(
    model: FilmingModel, seconds: int, *, has_first: bool, has_last: bool, references: int
) -> None:
    """Check the length of a clip.

    Raises:
        Unacceptable: the model makes none so long from such pictures.
    """
    permitted = model.seconds
    if has_first and has_last:
        permitted = model.pair_seconds
    elif references:
        permitted = model.reference_seconds
    demand(
        seconds in permitted,
        f"Unsupported output video duration {seconds} seconds, supported durations are {list(permitted)}",
    )


def clip_size(model: FilmingModel, resolution: str, ratio: str) -> tuple[int, int]:
    """Return width and height of a clip in pixels.

    Raises:
        Unacceptable: the model makes none of that resolution or ratio.
    """
    demand(resolution in model.resolutions, f"Unsupported resolution {resolution!r}")
    demand(ratio in CLIP_RATIOS, f"Unsupported aspect ratio {ratio!r}")
    longer, shorter = CLIP_SIDES[resolution]
    return (longer, shorter) if ratio == "16:9" else (shorter, longer)


def picture_size(model: DrawingModel, ratio: str, size: str) -> tuple[int, int]:
    """Return width and height of a picture in pixels.

    Args:
        size: such as `1K`; empty: none was asked for.

    Raises:
        Unacceptable: the model makes none of that size or ratio.
    """
    demand(ratio in PICTURE_SIDES, f"Unsupported aspect ratio {ratio!r}")
    demand(not size or model.has_sizes, "imageSize is not supported by this model")
    demand(not size or size in PICTURE_SCALES, f"Unsupported image size {size!r}")
    width, height = PICTURE_SIDES[ratio]
    scale = PICTURE_SCALES[size or "1K"]
    return width * scale, height * scale
