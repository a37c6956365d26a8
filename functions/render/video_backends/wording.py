"""What a provider's model is told of a clip, in one text. It knows no provider, and sends nothing."""

from functions.render.video_backends import ClipRequest
from shared.domain.capabilities import Capabilities
from shared.domain.errors import BackendFailed


def worded(request: ClipRequest, *, says_what_is_unwanted: bool = False) -> str:
    """Return the prompt, with what of the characters and the style it does not say by itself.

    Args:
        says_what_is_unwanted: the model has no other way to be told.
    """
    told = request.prompt.casefold()
    parts = [request.prompt]
    parts += [
        f"{each.name}: {each.description}."
        for each in request.characters
        if each.description and each.description.casefold() not in told
    ]
    if request.style and request.style.casefold() not in told:
        parts.append(f"Style: {request.style}.")
    if request.negative_prompt and says_what_is_unwanted:
        parts.append(f"Not to be seen: {request.negative_prompt}.")
    return "\n".join(parts)


def check_prompt(request: ClipRequest, capabilities: Capabilities) -> None:
    """Refuse a prompt that is too long, before anything is sent.

    Raises:
        BackendFailed: it names both lengths.
    """
    length = len(worded(request, says_what_is_unwanted=True))
    if length > capabilities.prompt_characters:
        raise BackendFailed(
            f"the shot's prompt has {length} characters with its characters and style;"
            f" permitted are {capabilities.prompt_characters}"
        )
