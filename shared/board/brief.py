"""What a picture is to show, in words. It knows neither jobs nor files."""

from shared.domain.model import Record
from shared.domain.plan import Character


class Brief(Record):
    """One picture to paint."""

    prompt: str
    """Framing, place, light, weather, characters, action."""
    characters: tuple[Character, ...] = ()
    """Those in frame, in the order the plan introduced them."""
    seed: int
    """Shared by all pictures of a job: it chooses what no words say."""
