"""Foreshortens figures that the camera looks up at or down on. It knows neither place nor pixels."""

from dataclasses import replace

import numpy as np

from shared.board.cast.figure import Figure
from shared.board.geometry import Points
from shared.board.scene import Angle
from shared.board.sketch import Shape, Sketch

TAPER = {Angle.LOW: -0.3, Angle.HIGH: 0.34}
"""How much wider the top is than the foot, as a share of the mean width."""

SQUEEZE = {Angle.LOW: 0.2, Angle.HIGH: -0.24}
"""How much taller the lower parts are drawn at the cost of the upper ones; negative: the other way."""


def foreshortened(figure: Figure, angle: Angle) -> Figure:
    """Return the figure as seen from that angle, as tall as before: what is nearer is larger.

    A thing of less than a grown person's height, such as a dog, tapers less.
    """
    top = figure.top
    if angle not in TAPER or top <= 0:
        return figure
    share = min(1.0, top)
    taper, squeeze = TAPER[angle] * share, SQUEEZE[angle] * share

    def bent(points: Points) -> Points:
        rise = np.clip(points[:, 1] / top, -0.2, 1.2)
        x = points[:, 0] * (1 + taper * (rise - 0.5))
        return np.stack([x, points[:, 1] + top * squeeze * rise * (1 - rise)], axis=1)

    head = bent(np.asarray([figure.head, (0.0, figure.waist)]))
    at = figure.head[1] / top
    return replace(
        figure,
        sketch=Sketch([Shape(bent(it.points), it.colour, it.glows) for it in figure.sketch.shapes]),
        head=(float(head[0, 0]), float(head[0, 1])),
        head_size=figure.head_size * (1 + squeeze * (1 - 2 * at)),
        waist=float(head[1, 1]) if figure.waist > 0 else figure.waist,
    )
