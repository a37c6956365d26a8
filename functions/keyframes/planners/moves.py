"""Chooses how the camera moves within a shot. Writes only the words of the move."""

from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.framing import ON_THE_MOVE, UPWARD, Glimpse
from functions.keyframes.planners.phrases import any_of
from shared.board.scene import Angle, Framing

VIEW_MOVES = {
    View.ESTABLISHING: "Slow push in.",
    View.FACE: "Slow push in.",
    View.DETAIL: "The camera holds still.",
    View.BEHIND: "Slow push in.",
    View.LOW: "Slow tilt up.",
    View.HIGH: "Slow pull back.",
    View.CLOSING: "Slow pull back.",
}

CAMERA_WORDS = any_of("""
    camera, pan, pans, panning, zoom, zooms, zooming, dolly, tilt, tilts, tracking shot, push in, pushes
    in, pull back, pulls back, crane shot, orbit, orbits
""")


def choose_move(glimpse: Glimpse, camera: Camera, *, index: int, shots: int, seed: int) -> str:
    """Choose the camera words of a shot; empty where the text has its own."""
    if CAMERA_WORDS.search(glimpse.text):
        return ""
    side, moving = _side(seed, index), ON_THE_MOVE.search(glimpse.text) is not None
    if camera.angle is Angle.BEHIND and moving:
        return "Tracking shot, following."
    if glimpse.view is not View.ACTION:
        return VIEW_MOVES.get(glimpse.view, f"Slow pan {side}.")
    if index == 0 or camera.framing in {Framing.CLOSE_UP, Framing.DETAIL}:
        return "Slow push in."
    if index == shots - 1:
        return "Slow pull back."
    if camera.angle is Angle.LOW or UPWARD.search(glimpse.text):
        return "Slow tilt up."
    if moving and glimpse.figures:
        return f"Pan {side}, following."
    wide = camera.framing in {Framing.EXTREME_WIDE, Framing.WIDE}
    return f"Slow pan {side}." if wide or not glimpse.figures else "Slow push in."


def move_between(glimpse: Glimpse, start: Camera, end: Camera, *, index: int, seed: int) -> str:
    """Choose the move that leads from one camera to another; empty where the text has its own."""
    if CAMERA_WORDS.search(glimpse.text):
        return ""
    nearer = end.nearer_by(start)
    if nearer == 0:
        return f"Slow pan {_side(seed, index)}."
    return "Slow push in." if nearer > 0 else "Slow pull back."


def _side(seed: int, index: int) -> str:
    return "right" if (seed + index) % 2 else "left"
