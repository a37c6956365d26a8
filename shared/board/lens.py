"""What each framing does to a picture: where the camera stands, and what that shows. It draws nothing."""

from dataclasses import dataclass

from shared.board.scene import Framing


@dataclass(frozen=True)
class Lens:
    """How the camera sees one framing."""

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
    Framing.WIDE: Lens(
        horizon=0.6, zoom=1.0, softness=1, exposure=0.0, afloat=1.3, haze=0.2, head=0.05, shows_ground=True
    ),
    Framing.MEDIUM: Lens(horizon=0.5, zoom=1.6, softness=2, exposure=0.14, afloat=1.5, haze=0.08, head=0.2),
    Framing.CLOSE_UP: Lens(
        horizon=0.46, zoom=2.1, softness=4, exposure=0.24, afloat=1.8, haze=0.03, head=0.3, is_close=True
    ),
}
