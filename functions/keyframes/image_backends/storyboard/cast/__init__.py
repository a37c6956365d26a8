"""Figures: people, robots, animals. They know how someone looks and moves, not where or in what light."""

from functions.keyframes.image_backends.storyboard.appearance import Look
from functions.keyframes.image_backends.storyboard.cast.animals import draw_animal
from functions.keyframes.image_backends.storyboard.cast.birds import draw_bird
from functions.keyframes.image_backends.storyboard.cast.figure import Figure
from functions.keyframes.image_backends.storyboard.cast.people import draw_person
from functions.keyframes.image_backends.storyboard.cast.robots import draw_robot
from functions.keyframes.image_backends.storyboard.cast.swimmers import draw_swimmer
from functions.keyframes.image_backends.storyboard.pose import Action
from functions.keyframes.image_backends.storyboard.wardrobe import Species

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
