"""Whether a preview shows what will be made: whoever approves it sees nothing else.

It knows no resource.
"""

from collections.abc import Iterator

from tests.infra.recording import Recording
from tests.infra.wire import Unknown, revealed


def surprises(preview: Recording, made: Recording) -> Iterator[str]:
    """Yield what a preview hides, shows and is not made, or shows otherwise than it is made."""
    shown = {resource.urn: resource for resource in preview.resources}
    for resource in made.resources:
        if resource.urn not in shown:
            yield f"{resource} is not shown"
        elif not _agree(revealed(shown[resource.urn].inputs), revealed(resource.inputs)):
            yield f"{resource} is shown with other inputs"
    for urn in sorted(set(shown) - {resource.urn for resource in made.resources}):
        yield f"{shown[urn]} is shown, but not made"


def _agree(shown: object, made: object) -> bool:
    """Whatever is known beforehand is so afterwards."""
    match shown, made:
        case Unknown(), _:
            return True
        case dict(), dict():
            return set(shown) == set(made) and all(_agree(shown[name], made[name]) for name in shown)
        case list(), list():
            return len(shown) == len(made) and all(map(_agree, shown, made))
        case _:
            return shown == made
