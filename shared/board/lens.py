"""What framing and angle do to a picture: where the camera stands, and what that shows. It draws nothing."""

from dataclasses import dataclass, replace
from functools import cache

from shared.board.scene import Angle, Framing


@dataclass(frozen=True)
class Lens:
    """How the camera sees one framing from one angle."""

    horizon: float
    """Row of the horizon, as a share of the height from the top."""
    zoom: float
    """How much larger the foreground is than in a wide picture."""
    softness: int
    """How many times smaller the place is painted: the nearer the camera, the softer what is behind."""
    exposure: float
    """How much brighter figures are shown after dark, the nearer they are."""
    afloat: float
    """Size of a boat that is what the picture is about."""
    haze: float
    """Share of haze on figures, in fog."""
    head: float
    """Height of a head as a share of the picture, roughly: from some size on, faces get features."""
    shows_ground: bool = False
    """Whether the ground that figures stand on is in the picture."""
    is_close: bool = False
    """Whether it shows heads and little else."""


LENSES: dict[Framing, Lens] = {
    Framing.EXTREME_WIDE: Lens(
        horizon=0.52, zoom=0.72, softness=1, exposure=0.1, afloat=0.8, haze=0.3, head=0.02, shows_ground=True
    ),
    Framing.WIDE: Lens(
        horizon=0.6, zoom=1.0, softness=1, exposure=0.06, afloat=1.3, haze=0.2, head=0.05, shows_ground=True
    ),
    Framing.FULL: Lens(
        horizon=0.54, zoom=1.3, softness=2, exposure=0.08, afloat=1.4, haze=0.12, head=0.11, shows_ground=True
    ),
    Framing.MEDIUM: Lens(horizon=0.5, zoom=1.6, softness=2, exposure=0.14, afloat=1.5, haze=0.08, head=0.2),
    Framing.CLOSE_UP: Lens(
        horizon=0.46, zoom=2.1, softness=4, exposure=0.24, afloat=1.8, haze=0.03, head=0.3, is_close=True
    ),
    Framing.DETAIL: Lens(
        horizon=0.44, zoom=2.6, softness=6, exposure=0.28, afloat=2.4, haze=0.0, head=1.0, is_close=True
    ),
}
"""From eye level."""

LOW_HORIZON, LOW_ZOOM = 0.85, 1.15
"""From below: all sky, the ground a mere strip."""

HIGH_HORIZON: dict[Framing, float] = {
    Framing.EXTREME_WIDE: 0.2,
    Framing.WIDE: 0.16,
    Framing.FULL: 0.13,
    Framing.MEDIUM: 0.1,
    Framing.CLOSE_UP: 0.05,
    Framing.DETAIL: 0.03,
}
"""From above: the nearer, the steeper, and nothing but ground in the end."""

HIGH_ZOOM = 1.45
"""From above the ground must reach down to the lower edge."""


@cache
def lens_of(framing: Framing, angle: Angle) -> Lens:
    """Return how the camera sees a framing from an angle."""
    lens = LENSES[framing]
    match angle:
        case Angle.LOW:
            return replace(lens, horizon=LOW_HORIZON, zoom=lens.zoom * LOW_ZOOM)
        case Angle.HIGH:
            return replace(lens, horizon=HIGH_HORIZON[framing], zoom=max(lens.zoom, 1.2) * HIGH_ZOOM)
        case Angle.OVER_SHOULDER:
            return replace(lens, shows_ground=False)
        case Angle.EYE_LEVEL | Angle.BEHIND:
            return lens
