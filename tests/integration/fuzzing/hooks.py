"""What schemathesis cannot know by itself: how a picture looks, and which rules no schema can say.

Loaded by schemathesis by the name that `schemathesis.toml` gives.
"""

import base64
import io
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.transport.serialization import Binary

from shared.domain.capabilities import BUILT_IN

RULES_ACROSS_FIELDS: Mapping[str, str] = {
    "seconds": "with shots, their sum; without, what clips of permitted lengths can make up, and what a GPU"
    " of the deployment finishes in time",
    "shots": "all have seconds or none has, of a length that the chosen backend permits; together they are as"
    " long as a video may be",
    "keyframes": "not all go with stop_after",
    "keyframe_position": "only single keyframes have a place to choose",
    "transition": "some keyframes are shared by two shots, which leaves nothing to dissolve",
    "audio": "what the chosen backend can do",
    "consistency": "what the chosen image backend can do",
    "judge_keyframes": "the same",
    "redraw_below": "only with judge_keyframes",
    "lora": "only with a backend that can render with one, which none here can",
    "fallback_models": "others that this deployment offers, which are none",
    "reference_images": "`shows` is a name out of the prompt, and pictures need keyframes",
    "reference_shows": "as many as there are reference_images",
    "initial_image": "it has the shape of the video's size, and pictures need keyframes",
    "input_reference": "the same, and not beside initial_image",
    "after": "a video that exists, and is the caller's",
}
"""Field -> what is asked of it beside its schema."""


OFFERED = [list(names) for names in (BUILT_IN.video, BUILT_IN.image, BUILT_IN.planners)]


def _picture(width: int, height: int) -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(encoded, "PNG")
    return encoded.getvalue()


PICTURES = st.sampled_from([_picture(128, 72), _picture(72, 128), _picture(64, 64)])
"""In the shapes that videos have."""

_AS_TEXT = PICTURES.map(lambda picture: base64.b64encode(picture).decode())

_WORDS = st.text(min_size=1).filter(lambda text: any(unicodedata.category(each)[0] in "LN" for each in text))

schemathesis.openapi.format("words", _WORDS)
schemathesis.openapi.format("binary", PICTURES.map(Binary))
schemathesis.openapi.format("picture", _AS_TEXT)
schemathesis.openapi.format("picture-uri", _AS_TEXT.map(lambda text: f"data:image/png;base64,{text}"))


@schemathesis.hook
def before_load_schema(_context: schemathesis.HookContext, document: dict[str, Any]) -> None:
    """Have the backends chosen that this deployment offers, of all that deployments may.

    Have pictures made where the document wants base64, since no schema could tell them from noise.

    And words where it wants a letter or digit: to break a pattern, schemathesis adds a star, which is no
    offence here. That blank prompts are refused is tested by itself.
    """
    for schema in _schemas(document["components"]["schemas"]):
        if schema.get("examples") in OFFERED:
            schema["enum"] = schema["examples"]
        if schema.get("contentEncoding") == "base64":
            is_uri = schema["pattern"].startswith("^data:")
            schema.clear()
            schema.update(type="string", format="picture-uri" if is_uri else "picture")
        elif schema.get("pattern") == r"[\p{L}\p{N}]":
            del schema["pattern"]
            schema["format"] = "words"


@schemathesis.check
def refuses_valid_data_only_for_rules_across_fields(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Hold every 422 to data that the document permits to the rules that it cannot say."""
    if response.status_code != 422 or not case.meta or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    if problem["code"] == "idempotency_key_reused":
        return
    field, _, _ = (problem["field"] or "").partition(".")
    assert field in RULES_ACROSS_FIELDS, f"the document permits what the API does not: {problem['detail']}"


def _schemas(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    for each in inner:
        yield from _schemas(each)
