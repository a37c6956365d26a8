"""Figures: people, robots, animals. They know how someone looks and moves, not where or in what light."""

from shared.board.appearance import Look
from shared.board.cast.animals import draw_animal
from shared.board.cast.birds import draw_bird
from shared.board.cast.figure import Figure
from shared.board.cast.people import draw_person
from shared.board.cast.robots import draw_robot
from shared.board.cast.swimmers import draw_swimmer
from shared.board.pose import Action
from shared.board.wardrobe import Species

__all__ = ["Figure", "draw_figure"]


def draw_figure(look: Look, action: Action, *, detailed: bool) -> Figure:
    """Draw someone facing right.

    Args:
        detailed: whether faces are large enough for features.
    """
    match look.species:
        case Species.PERSON:
            return draw_person(look, action, detailed=detailed)
        case Species.ROBOT:
            return draw_robot(look, action)
        case Species.BIRD:
            return draw_bird(look, action)
        case Species.WHALE | Species.DOLPHIN | Species.SHARK:
            return draw_swimmer(look)
        case _:
            return draw_animal(look, action)
