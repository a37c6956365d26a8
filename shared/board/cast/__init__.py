"""Figures: people, robots, animals. They know how someone looks and moves, not where or in what light."""

from shared.board.appearance import Look
from shared.board.cast.animals import draw_animal
from shared.board.cast.birds import draw_bird
from shared.board.cast.figure import Figure
from shared.board.cast.people import draw_person, draw_person_from_behind
from shared.board.cast.rears import draw_animal_from_behind
from shared.board.cast.robots import draw_robot
from shared.board.cast.swimmers import draw_swimmer
from shared.board.pose import ON_FOOT, POSES_FROM_BEHIND, Action
from shared.board.wardrobe import Species

__all__ = ["Figure", "draw_figure"]


def draw_figure(look: Look, action: Action, *, detailed: bool, from_behind: bool = False) -> Figure:
    """Draw someone facing right, or facing away from us.

    Args:
        detailed: whether faces are large enough for features.
        from_behind: show their back; birds, and those who sleep or swim, have none to show.
    """
    if from_behind and action in POSES_FROM_BEHIND:
        return _draw_from_behind(look, action)
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


def _draw_from_behind(look: Look, action: Action) -> Figure:
    match look.species:
        case Species.PERSON:
            return draw_person_from_behind(look, action)
        case Species.ROBOT:
            return draw_robot(look, action, from_behind=True)
        case Species.BIRD:
            return draw_bird(look, action)
        case Species.WHALE | Species.DOLPHIN | Species.SHARK:
            return draw_swimmer(look)
        case _:
            return draw_animal_from_behind(look, striding=action in ON_FOOT)
