"""The forms in which Gemini is asked to write plans and other words; gemini_checks looks at what it wrote.

Their docstrings are sent along.
"""

from typing import Annotated

from pydantic import AfterValidator

from functions.keyframes.structured import Line, Written

MAX_NUMBER = 10_000
"""No video has as many seconds or shots. Numbers of thousands of digits could not even be told as a fault."""


def _within_reach(number: int) -> int:
    if abs(number) > MAX_NUMBER:
        raise ValueError(f"no number here is beyond {MAX_NUMBER}")
    return number


Number = Annotated[int, AfterValidator(_within_reach)]


class WrittenCharacter(Written):
    """Someone who must look the same in every shot."""

    name: Line
    """As the story calls them, such as `Mara` or `the old fisherman`; every shot uses exactly this name."""
    description: Line
    """What they look like and wear throughout, without actions, moods, places or names, such as `young woman,
    black bob, long red wool coat`."""


class WrittenShot(Written):
    """One continuous take."""

    number: Number
    """1 for the first, and so on in the order of the story."""
    seconds: Number
    """Length of its clip: one of `clip_seconds`."""
    characters: tuple[Line, ...]
    """Names of the characters in frame, exactly as in the list of characters."""
    camera: Line
    """Framing and movement of the camera, in one sentence."""
    keyframe_prompt: Line
    """What the still shows with which the clip begins: framing, place, light, weather, characters, action."""
    prompt: Line
    """What happens in the clip, in the present tense, beginning with that still."""
    dialogue: Line
    """What is said aloud, with who says it, such as `Mara: We are home.`; empty when nobody speaks."""
    end_keyframe_prompt: Line
    """What the still shows with which the clip ends; empty unless asked for."""
    caption: Line
    """One short line that tells the story of this shot, for the storyboard."""


class WrittenPlan(Written):
    """The whole video before anything is drawn."""

    title: Line
    """Of the video, in a few words."""
    style: Line
    """How every picture looks, in a few words, such as `watercolour, muted colours`; not what it shows."""
    characters: tuple[WrittenCharacter, ...]
    """Everyone who is seen in more than one shot, or matters in one."""
    shots: tuple[WrittenShot, ...]
    """In the order of the story."""


class WrittenWording(Written):
    """A shot in other words."""

    prompt: Line
    """What happens in the clip."""
    keyframe_prompt: Line
    """What the still shows with which it begins."""
    end_keyframe_prompt: Line
    """What the still shows with which it ends; empty if it was empty."""
