"""What a planner makes of a prompt: characters, style and shots. Pure data; knows no backend."""

import re
from typing import Annotated

from pydantic import Field

from shared.domain.model import Record


class Character(Record):
    """Someone who must look the same in every shot."""

    name: str
    """As the prompt calls them: `Mara`, or `the old fisherman`."""
    description: str
    """Fixed visual description, repeated in every prompt that shows them: `woman, red coat, black hair`."""

    def is_called(self, words: str) -> bool:
        """Tell whether words may mean them: `Anna`, `the captain` or `Captain Anna Lee`, in any case."""
        said, name, look = (_words(text) for text in (words, self.name, self.description))
        return bool(said) and (said <= name | look or name <= said)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold())) - {"a", "an", "the"}


class Wording(Record):
    """What the backends are told of a shot."""

    prompt: str
    """What happens, for the video backend."""
    keyframe_prompt: str
    """What the still shows, for the image backend: framing, place, light, weather, characters, action."""
    end_keyframe_prompt: str = ""
    """What the still shows that the shot ends with. Only the last shot in mode `pair` has one of its own."""


class GivenShot(Record):
    """A shot as the user has written it, in place of a planner's division of the prompt."""

    prompt: str
    """What happens in it, in words."""
    seconds: Annotated[int, Field(ge=1)] | None = None
    """Length of its clip, in whole seconds; None leaves it to the planner. All shots say it, or none does."""


class PlannedShot(Wording):
    """One continuous take."""

    seconds: Annotated[int, Field(ge=1)]
    """Length of the clip, in whole seconds."""
    caption: str
    """One short line for the storyboard sheet."""
    characters: tuple[str, ...] = ()
    """Names of the characters in frame."""


class Plan(Record):
    """The whole video before anything is drawn. The shots' seconds add up to what was asked."""

    title: str
    style: str = ""
    characters: tuple[Character, ...] = ()
    shots: Annotated[tuple[PlannedShot, ...], Field(min_length=1)]
