"""What a drawn figure tells those who place it. It knows no species."""

from dataclasses import dataclass, replace

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
    from_behind: bool = False
    is_thing: bool = False
    """Whether it is no character: its `head` is its middle."""

    @property
    def top(self) -> float:
        """Height of the highest point, hat and umbrella included."""
        return self.sketch.bounds()[3]

    @property
    def chin(self) -> float:
        """Height of the lower end of the head."""
        return self.head[1] - self.head_size / 2

    def mirrored(self) -> "Figure":
        """Return the figure facing left."""
        return replace(self, sketch=self.sketch.mirrored(), head=(-self.head[0], self.head[1]))
