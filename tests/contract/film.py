"""A clip of any video backend, by the same call: rendered here, or by a provider who is paid."""

from pathlib import Path
from typing import NamedTuple, Protocol

from functions.render.video_backends import ClipRequest, Stills, video_backend
from tests.contract.kinds import SMALL
from tests.contract.subject import Subject

FREE = "animatic"


class Clip(NamedTuple):
    """What was asked for, and what was made."""

    asked: ClipRequest
    file: Path


class Film(Protocol):
    """Makes a clip."""

    def __call__(self, stills: Stills) -> Clip:
        """Make it from these keyframes."""
        ...


def rendered_here(folder: Path) -> Film:
    """Return what the free backend makes."""

    def film(stills: Stills) -> Clip:
        file = folder / "clip.mp4"
        video_backend(FREE).render(SMALL, stills, file, lambda _done: None)
        return Clip(SMALL, file)

    return film


def filmed(subject: Subject, folder: Path) -> Film:
    """Return what a provider makes."""

    def film(stills: Stills) -> Clip:
        name = subject.backend().start(subject.request, stills, subject.output)
        return Clip(subject.request, subject.fetch(name, subject.end(name), folder / "clip.mp4"))

    return film
