"""Draws tails. It must not know the animal they belong to."""

from shared.board.cast.breeds import Breed, Tail
from shared.board.colour import RGB, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch

LINES: dict[Tail, tuple[Pairs, tuple[float, ...]]] = {
    Tail.CURVED: ([(0.0, 0.0), (-0.5, 0.3), (-0.62, 0.95)], (0.045, 0.034, 0.018)),
    Tail.THIN: ([(0.0, 0.0), (-0.45, -0.1), (-0.7, 0.4), (-0.95, 0.75)], (0.034, 0.028, 0.022)),
}
"""Middle lines in tail lengths, and widths."""


def draw_tail(
    sketch: Sketch, breed: Breed, root: tuple[float, float], fur: RGB, *, low: bool = False
) -> None:
    """Draw a tail that grows backwards from `root`; a low one lies on the ground."""
    x, y = root
    size = breed.tail_length
    match breed.tail:
        case Tail.BUSHY:
            _draw_brush(sketch, root, size, fur, rise=0.12 if low else -0.1)
        case Tail.HAIRY if low:
            sketch.stroke(
                [(x + 0.04, y), (x - 0.12, y * 0.6), (x - size * 0.7, 0.03)],
                (0.1, 0.12, 0.03),
                shade(fur, 0.5),
            )
        case Tail.HAIRY:
            hairs: Pairs = [
                (x + 0.04, y + 0.03),
                (x - 0.08, y),
                (x - 0.13, y - size * 0.6),
                (x - 0.1, y - size),
                (x - 0.03, y - size / 2),
            ]
            sketch.blob(hairs, shade(fur, 0.5))
        case Tail.STUB:
            sketch.oval(x - 0.01, y + 0.02, size, size, tint(fur, 0.35))
        case line:
            middle, widths = LINES[line]
            if low:
                middle = [(0.0, 0.0), (-0.3, -0.1), (-0.62, -0.08), (-0.9, 0.06)]
            sketch.stroke([(x + 0.03 + dx * size, y + dy * size) for dx, dy in middle], widths, fur)


def _draw_brush(sketch: Sketch, root: tuple[float, float], size: float, fur: RGB, *, rise: float) -> None:
    """A fox's tail with its pale tip."""
    x, y = root
    end = (x - size * 1.1, y + size * rise * 3)
    brush: Pairs = [
        (x + 0.05, y + 0.02),
        (x - size * 0.4, y + size * rise + 0.05),
        (x - size * 0.9, y + size * rise * 2),
        end,
        (x - size * 0.7, y + size * rise - 0.09),
        (x, y - 0.06),
    ]
    sketch.blob(brush, fur)
    low = (x - size * 0.84, y + size * rise * 1.4 - 0.06)
    sketch.blob([(x - size * 0.86, y + size * rise * 2 + 0.012), end, low], tint(fur, 0.8))
