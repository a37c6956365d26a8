"""The two kinds of model: strict at the edges, lenient in storage. Both are frozen.

Neighbouring revisions of the code read each other's documents during a rollout, so what is stored ignores
fields it does not know; what a user writes is refused instead.
"""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    """What both kinds share."""

    def evolve(self, **changes: Any) -> Self:  # noqa: ANN401 - field values; validated below
        """Return a copy with `changes`, validated as a whole.

        pydantic's own `model_copy(update=...)` would accept a bad value or an unknown field.

        Raises:
            AttributeError: a name in `changes` is not a field.
            pydantic.ValidationError: a value does not fit its field.
        """
        unknown = changes.keys() - type(self).model_fields.keys()
        if unknown:
            raise AttributeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_validate({**dict(self), **changes})


class Edge(_Frozen):
    """A model a user fills in: unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Record(_Frozen):
    """A model we store or enqueue: unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
