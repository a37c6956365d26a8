"""What a picture is to show, in words and plain colours. It knows neither jobs nor files."""

from shared.board.colour import RGB
from shared.domain.model import Record
from shared.domain.plan import Character


class Palette(Record):
    """The main colours of a picture that the user gave."""

    shows: str | None = None
    """Name of the character it shows, as the user wrote it; None: a place or a style."""
    tones: tuple[RGB, RGB, RGB]
    """Of the whole picture: the commonest colour of its darkest, middle and brightest third."""
    main: RGB
    """The commonest colour of whoever stands before the background."""
    head: RGB | None = None
    """Likewise at the top of them, skin apart: hair, most likely."""
    body: RGB | None = None
    """Likewise in the middle: the upper garment."""
    legs: RGB | None = None
    """Likewise below that; None where the picture does not reach down there."""

    def shows_character(self, character: Character) -> bool:
        """Tell whether it shows that character."""
        return self.shows is not None and character.is_called(self.shows)


class Brief(Record):
    """One picture to paint."""

    prompt: str
    """Framing, place, light, weather, characters, action."""
    characters: tuple[Character, ...] = ()
    """Those in frame, in the order the plan introduced them."""
    negative_prompt: str = ""
    """What is not to be shown, with commas between."""
    seed: int
    """Shared by all pictures of a job: it chooses what no words say."""
    palettes: tuple[Palette, ...] = ()
    """Of the pictures that all pictures of the job are to agree with."""

    def palette_of(self, character: Character) -> Palette | None:
        """Return the colours of the first picture that shows a character."""
        return next((each for each in self.palettes if each.shows_character(character)), None)

    @property
    def style(self) -> tuple[Palette, ...]:
        """The palettes that are for the whole picture."""
        return tuple(each for each in self.palettes if each.shows is None)
