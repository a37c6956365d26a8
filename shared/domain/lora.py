"""A LoRA by its name and strength, as a user writes it and as it is stored. It knows no model and no file."""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.domain.model import Edge, Record
from shared.domain.validation import Money

LORA_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""No dot and no slash: a name never leads anywhere else than to the LoRAs."""


def _named(name: str) -> str:
    if not LORA_NAME.fullmatch(name):
        said = "up to 64 lower-case letters, digits, - and _, a letter or digit first"
        raise PydanticCustomError("lora_name", said)
    return name


LoraName = Annotated[
    str,
    StringConstraints(strict=True),
    AfterValidator(_named),
    WithJsonSchema({"type": "string", "pattern": f"^{LORA_NAME.pattern}$"}),
]


class Lora(Record):
    """An adapter that a model renders with, such as a brand's own look."""

    name: Annotated[str, Field(pattern=f"^{LORA_NAME.pattern}$")]
    """By which the deployment has it."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    """How strongly it acts; 0: not at all."""

    # What a user wrote is an `AskedLora`; what is stored is none, so that equal ones compare equal.
    model_config = Record.model_config | ConfigDict(revalidate_instances="subclass-instances")


class AskedLora(Lora, Edge):
    """The same as a user writes it."""

    model_config = Edge.model_config

    name: LoraName
    weight: Annotated[Money, Field(ge=0, le=2)] = 1.0
