"""Reads the main colours of a picture: of the whole, and of whoever stands before its background.

It recognises nothing: what differs from the picture's edge is taken for the figure, and what is at the top of
that for its head. NumPy and Pillow load with it.
"""

import io
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.board.brief import Palette
from shared.board.colour import RGB, luminance
from shared.domain.errors import MediaCorrupt
from shared.references import Reference

SIDE = 96
"""Pixels of the thumbnail that is looked at."""

COLOURS = 24
"""It is reduced to."""

BACKGROUND_SHARE = 0.03
"""Of the picture's edge: a colour as common there is of the background."""

NEAR = 34
"""Distance in RGB, below which a colour is still that of the background: noise, shadows, a gradient."""

LEAST_FIGURE = 0.03
"""Of the picture: less is no figure, and the middle of the picture is taken instead."""

LEAST_SHARE = 0.12
"""Of a part of the figure: a garment is at least as common; buttons and eyes are not."""

UPRIGHT = 1.35
"""Height over width from which a figure that ends within the picture is one from head to foot."""

WHOLE = (0.19, (0.21, 0.54), (0.6, 0.92))
BUST = (0.45, (0.5, 0.9), (1.0, 1.0))
"""Where the head ends, and from where to where body and legs are: shares of the height, from the top."""

CACHED = 8
"""Pictures: those of one job are read for every keyframe."""

Pixels = NDArray[np.int16]
Mask = NDArray[np.bool_]


def palettes_of(references: Iterable[Reference]) -> tuple[Palette, ...]:
    """Return the palettes of the user's own pictures; keyframes follow from the same words anyway.

    Raises:
        MediaCorrupt: one cannot be decoded.
    """
    return tuple(palette_of(each.picture, each.shows) for each in references if not each.is_keyframe)


@lru_cache(CACHED)
def palette_of(picture: bytes, shows: str | None) -> Palette:
    """Return the palette of an encoded PNG.

    Raises:
        MediaCorrupt: it cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
            thumbnail = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise MediaCorrupt(f"a reference image cannot be decoded: {type(error).__name__}") from error
    thumbnail.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    reduced = thumbnail.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    pixels = np.asarray(thumbnail).astype(np.int16)
    kinds = np.asarray(reduced)
    figure = _figure(pixels, kinds)
    head, body, legs = _parts(figure)
    return Palette(
        shows=shows,
        tones=_tones(pixels, kinds),
        main=_commonest(pixels, kinds, figure) or (128, 128, 128),
        head=_commonest(pixels, kinds, head & ~_skin(pixels)),
        body=_garment(pixels, kinds, body),
        legs=_garment(pixels, kinds, legs),
    )


def _tones(pixels: Pixels, kinds: NDArray[np.uint8]) -> tuple[RGB, RGB, RGB]:
    """Return the commonest colour of each third of the pixels, the darkest third first."""
    brightness = (pixels @ np.array([0.2126, 0.7152, 0.0722])).ravel()
    order = np.argsort(brightness, kind="stable")
    tones: list[RGB] = []
    for third in np.array_split(order, 3):
        mask = np.zeros(brightness.size, dtype=np.bool_)
        mask[third] = True
        tones.append(_commonest(pixels, kinds, mask.reshape(kinds.shape)) or (128, 128, 128))
    dark, middle, bright = sorted(tones, key=luminance)
    return dark, middle, bright


def _figure(pixels: Pixels, kinds: NDArray[np.uint8]) -> Mask:
    """Tell which pixels are no background."""
    figure = np.ones(kinds.shape, dtype=np.bool_)
    for colour in _background(pixels, kinds):
        figure &= np.sqrt(((pixels - colour) ** 2).sum(axis=-1)) > NEAR
    if figure.mean() < LEAST_FIGURE:
        height, width = kinds.shape
        figure[:] = False
        figure[height // 6 :, width // 4 : width - width // 4] = True
    return figure


def _background(pixels: Pixels, kinds: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return the colours common at the top and the upper sides, and those below that go on from them.

    So a sky may change slowly down to the ground, and yet shoulders that reach the edge are of the figure.
    """
    edge = np.zeros(kinds.shape, dtype=np.bool_)
    edge[:2], edge[:, :2], edge[:, -2:] = True, True, True
    upper = edge.copy()
    upper[len(edge) * 3 // 5 :] = False
    counts = np.bincount(kinds[edge], minlength=COLOURS)
    common = np.flatnonzero(counts > BACKGROUND_SHARE * edge.sum())
    means = {kind: pixels[edge & (kinds == kind)].mean(axis=0) for kind in common}
    found = [kind for kind in common if (upper & (kinds == kind)).any()]
    left = [kind for kind in common if kind not in found]
    while joined := [
        kind for kind in left if any(np.linalg.norm(means[kind] - means[known]) < NEAR for known in found)
    ]:
        found += joined
        left = [kind for kind in left if kind not in joined]
    return [means[kind] for kind in found]


def _parts(figure: Mask) -> tuple[Mask, Mask, Mask]:
    """Divide a figure into head, body and legs by height alone."""
    rows = np.flatnonzero(figure.mean(axis=1) > 0.02)
    columns = np.flatnonzero(figure.mean(axis=0) > 0.02)
    if not rows.size or not columns.size:
        rows, columns = np.arange(figure.shape[0]), np.arange(figure.shape[1])
    top, height = int(rows[0]), int(rows[-1] - rows[0] + 1)
    cut_off = rows[-1] >= figure.shape[0] - 2
    whole = not cut_off and height > UPRIGHT * (columns[-1] - columns[0] + 1)
    head, body, legs = WHOLE if whole else BUST
    row = ((np.arange(figure.shape[0]) - top) / height)[:, None]
    return (
        figure & (row < head),
        figure & (row >= body[0]) & (row < body[1]),
        figure & (row >= legs[0]) & (row < legs[1]),
    )


def _garment(pixels: Pixels, kinds: NDArray[np.uint8], part: Mask) -> RGB | None:
    """Return the commonest colour of a part; that of skin only where there is hardly another."""
    clothed = part & ~_skin(pixels)
    return _commonest(pixels, kinds, clothed if clothed.sum() > LEAST_SHARE * part.sum() else part)


def _commonest(pixels: Pixels, kinds: NDArray[np.uint8], mask: Mask) -> RGB | None:
    """Return the mean of the commonest colour and those near it; None where the mask is nearly empty."""
    if mask.sum() < 8:
        return None
    kind = np.bincount(kinds[mask], minlength=COLOURS).argmax()
    centre = pixels[mask & (kinds == kind)].mean(axis=0)
    near = mask & (np.sqrt(((pixels - centre) ** 2).sum(axis=-1)) < NEAR)
    red, green, blue = np.median(pixels[near], axis=0) if near.any() else centre
    return round(float(red)), round(float(green)), round(float(blue))


def _skin(pixels: Pixels) -> Mask:
    """Tell which pixels may be skin: orange hues, neither pale nor saturated, neither black nor white."""
    red, green, blue = (pixels[..., channel].astype(np.float64) for channel in range(3))
    high, low = pixels.max(axis=-1), pixels.min(axis=-1)
    spread = np.maximum(high - low, 1)
    hue = (green - blue) / spread * 60
    saturation = spread / np.maximum(high, 1)
    mask: Mask = (
        (red == high) & (hue > 8) & (hue < 38) & (saturation > 0.18) & (saturation < 0.62) & (high > 70)
    )
    return mask
