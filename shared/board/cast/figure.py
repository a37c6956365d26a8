"""What a drawn figure tells those who place it. It knows no species."""

from dataclasses import dataclass

from shared.board.sketch import Sketch


@dataclass(frozen=True)
class Figure:
    """A figure facing right, in heights of a grown person, feet at (0, 0)."""

    sketch: Sketch
    head: tuple[float, float]
    """Middle of the head."""
    head_size: float
    """Chin to crown, without hat."""
    waist: float
    """Height at which a medium picture ends."""

    @property
    def top(self) -> float:
        """Height of the highest point, hat and umbrella included."""
        return self.sketch.bounds()[3]

    def mirrored(self) -> "Figure":
        """Return the figure facing left."""
        return Figure(self.sketch.mirrored(), (-self.head[0], self.head[1]), self.head_size, self.waist)
