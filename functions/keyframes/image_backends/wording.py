"""Words an image model is told: the files in `prompts/`, filled in. Knows no model.

What users and planners wrote is filled in once and never read for further variables.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from functions.keyframes.image_backends import KeyframeRequest
from shared.references import Reference

PROMPTS = Path(__file__).parent / "prompts"


def told(request: KeyframeRequest, *, has_pictures: bool) -> str:
    """Say what is to be drawn. A paragraph about what the request leaves open is left out."""
    style = "" if request.style and request.style in request.prompt else request.style
    values = {
        "prompt": request.prompt,
        "characters": "\n".join(f"{each.name}: {each.description}" for each in request.characters),
        "style": style,
        "negative_prompt": request.negative_prompt,
    }
    paragraphs = _text("sheet" if request.is_sheet else "keyframe").strip().split("\n\n")
    if not has_pictures:
        paragraphs.pop()  # it is about them
    return "\n\n".join(filter(None, (_filled(each, values) for each in paragraphs)))


def introduced(reference: Reference, number: int) -> str:
    """Say what a picture is that the model is given.

    Args:
        number: from 1, in the order of the pictures.
    """
    kind = "character" if reference.shows else "other"
    kind = "keyframe" if reference.is_keyframe else "sheet" if reference.is_sheet else kind
    return Template(_introductions()[kind]).substitute(number=number, shows=reference.shows or "")


def _filled(paragraph: str, values: Mapping[str, str]) -> str:
    template = Template(paragraph)
    return template.substitute(values) if all(map(values.get, template.get_identifiers())) else ""


@cache
def _introductions() -> Mapping[str, str]:
    lines = (line.partition(": ") for line in _text("pictures").splitlines())
    return {kind: words for kind, _, words in lines}


@cache
def _text(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
