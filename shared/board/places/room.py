"""Paints a room: walls, floor, a window on the weather, furniture, a lamp. It must not know who is in it."""

from dataclasses import replace

import numpy as np

from shared.board.backdrop import Backdrop, View
from shared.board.canvas import Canvas
from shared.board.colour import RGB, gain, mix, shade, tint
from shared.board.geometry import Points, polygon, rolling, smooth, under
from shared.board.light import Light
from shared.board.places import furniture, land
from shared.board.scene import TimeOfDay
from shared.board.sky import paint_sky
from shared.board.weather import paint_falling

WALL = 0.3
"""Nearness of the back wall."""

FLOOR = -0.16
"""Elevation at which the back wall meets the floor."""

TABLE = 0.42
"""Nearness of the table with the lamp."""

BEHIND_WALL = 0.1
"""How much of the view goes on behind the wall, in picture heights: what a moving camera may discover."""

BEFORE_WALL = 0.36
"""Nearness from which floor and furniture move apart from the wall."""

WINDOW_ROWS = (0.02, 0.37)
"""Bottom and top of the window on the back wall."""

WINDOW_HALF, WINDOW_MIDDLE = 0.295, 0.325
"""Half its width, and how far it is from the middle of the picture, where there is room for that."""

CURTAIN = 0.12
"""How far curtains reach beyond the window."""

WALL_PAINTS: tuple[RGB, ...] = (
    (176, 190, 178),
    (206, 186, 156),
    (160, 178, 194),
    (204, 170, 156),
    (188, 180, 194),
)
FLOORS: tuple[RGB, ...] = ((158, 112, 76), (140, 104, 80), (176, 134, 92))
LAMP_LIGHT: dict[TimeOfDay, float] = {
    TimeOfDay.NIGHT: 1.0,
    TimeOfDay.DUSK: 0.7,
    TimeOfDay.DAWN: 0.0,
    TimeOfDay.DAY: 0.0,
}


def paint_room(backdrop: Backdrop) -> None:
    """Paint the view from the window, the wall it is cut into, then floor and furniture."""
    random = backdrop.random("room")
    side = -1 if backdrop.source_x < 0 else 1
    inside = replace(backdrop, light=indoor_light(backdrop.light))
    wall, floor = WALL_PAINTS[int(random.integers(5))], FLOORS[int(random.integers(3))]
    _paint_outside(backdrop, side)
    backdrop.nearer(WALL)
    _paint_walls(inside, wall)
    _paint_window(inside, side)
    _hang_picture(inside, wall, side)
    backdrop.nearer(BEFORE_WALL)
    _paint_floor(inside, floor)
    _paint_furniture(inside, wall, side)
    _paint_light(inside, side)


def lamp_share(light: Light) -> float:
    """Return how much of the light in a room is lamplight, 0.0-1.0."""
    return LAMP_LIGHT[light.time_of_day]


def indoor_light(light: Light) -> Light:
    """Return the light within four walls: lamps warm it, haze does not reach it."""
    lamp = LAMP_LIGHT[light.time_of_day]
    red, green, blue = light.ambient
    mean = (red + green + blue) / 3
    daylight = tuple(0.05 + 0.85 * (part + mean) / 2 for part in light.ambient)
    warm = (daylight[0] + 0.26 * lamp, daylight[1] + 0.13 * lamp, daylight[2])
    ambient = (warm[0] * light.tone[0], warm[1] * light.tone[1], warm[2] * light.tone[2])
    return replace(light, ambient=ambient, haze_strength=0.0, haze=gain(light.haze, (0.5, 0.5, 0.5)))


def _rect(left: float, bottom: float, right: float, top: float) -> Points:
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])


def _paint_walls(inside: Backdrop, wall: RGB) -> None:
    lit = inside.light.on_place(wall, WALL)
    view = inside.view
    inside.canvas.gradient(
        [(0.0, shade(lit, 0.72)), (0.6, lit), (1.0, shade(lit, 0.94))],
        view.top,
        view.y(FLOOR, WALL) + 2,
        rows=(0, inside.canvas.height),
    )
    panels = [_rect(x, -0.135, x + 0.2, -0.01) for x in np.arange(-2.4, 2.4, 0.24)]
    inside.paint([_rect(-3, FLOOR, 3, 0.0)], WALL, tint(wall, 0.28))
    inside.paint(panels, WALL, tint(wall, 0.18))
    inside.paint([_rect(-3, 0.0, 3, 0.012), _rect(-3, 2 * FLOOR, 3, FLOOR + 0.02)], WALL, tint(wall, 0.46))


def _window(view: View, side: int) -> tuple[float, float]:
    """Return left and right end of the window in a room whose light comes from that side.

    In a narrow picture it is narrower, and nearer to the middle, so that most of it is seen.
    """
    half = min(WINDOW_HALF, view.reach * 0.62)
    middle = side * min(WINDOW_MIDDLE, max(0.0, view.reach - half - CURTAIN))
    return middle - half, middle + half


def _paint_outside(outside: Backdrop, side: int) -> None:
    """Paint the view from the window as a small picture of its own that goes on behind the wall."""
    view, light = outside.view, outside.light
    (left, right), (low, high) = _window(view, side), WINDOW_ROWS
    x0, x1 = (round(view.x(x, WALL)) for x in (left, right))
    y0, y1 = (round(view.y(y, WALL)) for y in (high, low))
    around = round(BEHIND_WALL * view.height)
    pane = Canvas(max(8, x1 - x0) + 2 * around, max(8, y1 - y0) + 2 * around)
    framed = View(max(8, x1 - x0), max(8, y1 - y0), horizon=0.78, zoom=1.0, pan=0.0, left=around, top=around)
    scenery = replace(
        outside,
        canvas=pane,
        view=framed,
        source_x=0.22 * side,
        light=replace(light, source_elevation=min(0.4, light.source_elevation + 0.12)),
    )
    paint_sky(scenery)
    for nearness, base, colour in ((0.05, 0.12, (112, 140, 140)), (0.3, -0.02, (92, 124, 96))):
        hills = base + 0.06 * rolling(land.ACROSS, outside.random(f"view {base}"), roughness=0.45)
        scenery.paint([under(land.ACROSS, hills, -0.6)], nearness, colour, mist=0.3, covered=True)
    paint_falling(scenery, outside.random("window weather"), coarse=0.6)
    outside.canvas.gradient([(0.0, light.haze), (1.0, light.haze)], 0, 1, rows=(0, outside.canvas.height))
    outside.canvas.image.paste(pane.image, (x0 - around, y0 - around))


def _paint_window(inside: Backdrop, side: int) -> None:
    """Cut the window into the wall, and hang curtains."""
    (left, right), (low, high) = _window(inside.view, side), WINDOW_ROWS
    frame = inside.light.on_place((238, 232, 220), WALL)
    inside.fill([_rect(left - 0.026, low - 0.026, right + 0.026, high + 0.026)], WALL, shade(frame, 0.95))
    inside.canvas.cut([inside.pixels(_rect(left, low, right, high), WALL)])
    middle = (left + right) / 2
    bars = [_rect(middle - 0.008, low, middle + 0.008, high), _rect(left, low + 0.21, right, low + 0.223)]
    inside.fill(bars, WALL, frame)
    inside.fill([_rect(left - 0.05, low - 0.045, right + 0.05, low - 0.022)], WALL, tint(frame, 0.1))
    _paint_curtains(inside, left, right, low, high)


def _paint_curtains(inside: Backdrop, left: float, right: float, low: float, high: float) -> None:
    cloth = ((150, 74, 66), (74, 104, 112), (168, 130, 76))[int(inside.random("curtains").integers(3))]
    inside.paint([_rect(left - 0.14, high + 0.05, right + 0.14, high + 0.062)], WALL, (92, 70, 54))
    for edge, out in ((left, -1), (right, 1)):
        a, b = edge + out * 0.11, edge - out * 0.035
        drape = smooth(
            [
                (a, high + 0.05),
                (b, high + 0.05),
                (edge - out * 0.01, 0.16),
                (edge + out * 0.05, 0.1),
                (b - out * 0.01, low - 0.1),
                (a, low - 0.1),
            ]
        )
        inside.paint([drape], WALL, cloth)
        folds = [
            polygon(
                [(x, high + 0.04), (x + 0.008, high + 0.04), (x + 0.012, low - 0.09), (x + 0.004, low - 0.09)]
            )
            for x in (a - out * 0.03, a - out * 0.07)
        ]
        inside.paint(folds, WALL, shade(cloth, 0.8))


def _paint_floor(inside: Backdrop, floor: RGB) -> None:
    light, view = inside.light, inside.view
    top = view.y(FLOOR, WALL)
    inside.canvas.gradient(
        [(0.0, light.on_place(shade(floor, 0.86), 1)), (1.0, light.on_place(tint(floor, 0.06), 1))],
        top,
        view.bottom,
        rows=(top, inside.canvas.height),
    )
    scale, below = view.height, inside.canvas.height
    lines = []
    for i in np.arange(-22, 23):
        x_far, x_near = view.x(i * 0.11, WALL), view.x(i * 0.24, 1.0)
        x_near = x_far + (x_near - x_far) * (below - top) / (view.bottom - top)
        lines.append(
            polygon(
                [
                    (x_far, top),
                    (x_far + scale * 0.0015, top),
                    (x_near + scale * 0.003, below),
                    (x_near, below),
                ]
            )
        )
    inside.canvas.fill(lines, light.on_place(shade(floor, 0.72), 1), alpha=0.7)
    rug = ((160, 70, 62), (70, 96, 118), (186, 150, 98))[int(inside.random("rug").integers(3))]
    for size, colour in ((1.0, rug), (0.86, tint(rug, 0.4)), (0.8, shade(rug, 0.92))):
        outline = polygon(
            [
                (-0.5 * size, -0.285 + 0.055 * size),
                (0.5 * size, -0.285 + 0.055 * size),
                (0.66 * size, -0.285 - 0.075 * size),
                (-0.66 * size, -0.285 - 0.075 * size),
            ]
        )
        inside.paint([outline], 0.6, colour)


def _table(view: View, side: int) -> float:
    """Return where the table with the lamp stands: in the picture, or so that the lamp's light is."""
    return view.within(side * 0.8, TABLE, clear=0.1)


def _hang_picture(inside: Backdrop, wall: RGB, side: int) -> None:
    """Hang a picture on the other side of the window, if there is room for all of it."""
    beside = min(-0.22, min(side * end for end in _window(inside.view, side)) - CURTAIN - 0.12)
    if beside > 0.09 - inside.view.reach:
        inside.put(furniture.picture(wall), side * beside, 0.12, WALL, size=0.2)


def _paint_furniture(inside: Backdrop, wall: RGB, side: int) -> None:
    wood = shade(WALL_PAINTS[1], 0.62)
    books = inside.random("books")
    inside.put(furniture.bookcase(books, wood), -side * 0.78, FLOOR - 0.008, WALL, size=0.4)
    lit = inside.light.lamps_lit
    chair = furniture.armchair(((76, 110, 106), (150, 92, 70), (92, 96, 132))[int(books.integers(3))])
    for sketch, x, near, size in (
        (furniture.side_table(wood, lit=lit), _table(inside.view, side), TABLE, 0.36),
        (furniture.plant(), side * 1.12, 0.46, 0.42),
        (chair if side < 0 else chair.mirrored(), -side * 1.0, 0.56, 0.38),
    ):
        low = FLOOR - 0.36 * (near - WALL)
        inside.pool(x, low, near, size * 0.5)
        inside.put(sketch, x, low, near, size=size)


def _paint_light(inside: Backdrop, side: int) -> None:
    light = inside.light
    lamp = LAMP_LIGHT[light.time_of_day]
    if lamp:
        x, near = _table(inside.view, side), TABLE
        y = FLOOR - 0.36 * (near - WALL) + 0.36 * 0.92
        inside.shine(x, y, near, 1.0, (255, 178, 92), 0.55 * lamp)
        inside.shine(x, y, near, 0.28, (255, 226, 170), 0.6 * lamp)
        return
    left, right = _window(inside.view, side)
    slide = -0.3 * side
    near_y = -0.4
    patch = polygon(
        [
            (left + slide, FLOOR - 0.03),
            (right + slide, FLOOR - 0.03),
            (right + slide * 2.4, near_y),
            (left + slide * 2.4, near_y),
        ]
    )
    strength = 0.3 if light.sun > 0.5 else 0.12
    pixels = inside.pixels(patch, 0.5)
    inside.canvas.fill(
        [pixels], mix(light.key, light.sky[2], 0.3), alpha=strength, blur=inside.view.height * 0.008
    )
