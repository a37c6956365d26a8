"""What the contact sheet shows: sections of pictures, each with a label and the words it is drawn from."""

from dataclasses import dataclass

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.rules import RulesPlanner
from shared.board.brief import Brief
from shared.board.inventory import LARGE, SMALL
from shared.board.scene import Angle, Framing, Place, TimeOfDay, Weather
from shared.board.wardrobe import HELD, HeldKind, Species
from shared.domain.plan import Character

SEED = 7
STORY = (
    "At dawn, Mara, a young woman in a red coat, walks along the harbour with her small white dog. "
    "She finds a letter on a bench. Rain begins to fall as Mara reads the letter. "
    "She meets Tom, an old fisherman with a yellow hat, in a warm café and they talk. "
    "At night the rain has stopped; Mara looks up at the lighthouse. Mara, Tom and the dog walk away home."
)
STORY_SECONDS = 44

MARA = Character(name="Mara", description="young woman in a red coat")
TOM = Character(name="Tom", description="old fisherman with a grey beard and a blue jacket")
LILY = Character(name="Lily", description="little girl in a yellow dress")
BOLT = Character(name="Bolt", description="small rusty robot")
FOUR = (MARA, TOM, LILY, BOLT)
IN_HAND = 16
"""Things shown in hand; others stand by themselves."""
REACHING_FAR = frozenset(
    {HeldKind.UMBRELLA, HeldKind.BALLOON, HeldKind.KITE, HeldKind.SUITCASE, HeldKind.SWORD}
)
"""Too long for a medium picture."""
SEEN_ELSEWHERE = frozenset({"lighthouse", "tree", "pine", "house", "door"})

OTHER_LIGHT = (
    "forest at dawn, fog",
    "mountains at dusk, snow",
    "desert at night",
    "village at night",
    "kitchen at night, rain",
)

LANDSCAPE, SQUARE, PORTRAIT = (16, 9), (1, 1), (9, 16)


@dataclass(frozen=True)
class Cell:
    """One picture."""

    label: str
    prompt: str
    cast: tuple[Character, ...] = ()
    shape: tuple[int, int] = LANDSCAPE
    """Width to height."""

    @property
    def brief(self) -> Brief:
        """What the board is told."""
        return Brief(prompt=self.prompt, characters=self.cast, seed=SEED)


@dataclass(frozen=True)
class Section:
    """Pictures of one kind."""

    title: str
    cells: tuple[Cell, ...]


def sections() -> tuple[Section, ...]:
    """Everything, in the order of the page; the same every time."""
    return (
        Section("Places", _places()),
        Section("Times of day and weathers", _lights()),
        Section("Framings", tuple(_seen(Camera(framing)) for framing in Framing) + _mixed()),
        Section("Camera angles", _angles()),
        Section("Four characters together", _together()),
        Section("In hand", _in_hand()),
        Section("Things", _things()),
        Section("Who else can play", _species()),
        Section("A whole story, as it is planned", _story()),
    )


def _places() -> tuple[Cell, ...]:
    by_day = tuple(Cell(it, f"Wide shot, {it} by day.", (MARA,)) for it in Place)
    return by_day + tuple(Cell(it, f"Wide shot, {it}.", (MARA,)) for it in OTHER_LIGHT)


def _lights() -> tuple[Cell, ...]:
    times = tuple(Cell(it, f"Wide shot, harbour at {it}, clear sky.", (MARA,)) for it in TimeOfDay)
    return times + tuple(Cell(it, f"Wide shot, city by day, {it}.", (MARA,)) for it in Weather)


def _seen(camera: Camera, where: str = "field by day", doing: str = "They talk.") -> Cell:
    return Cell(camera.in_words(), f"{camera.in_words()}, {where}. {doing}", (MARA, TOM))


def _mixed() -> tuple[Cell, ...]:
    return (
        _seen(Camera(Framing.EXTREME_WIDE, Angle.HIGH), "mountains at dawn", "They walk."),
        Cell("extreme close-up of a thing", "Extreme close-up, room. The key fills the frame."),
    )


def _angles() -> tuple[Cell, ...]:
    return (
        _seen(Camera(Framing.WIDE, Angle.LOW), "city by day"),
        _seen(Camera(Framing.MEDIUM, Angle.LOW), "field at dusk"),
        _seen(Camera(Framing.WIDE, Angle.HIGH), "city by day"),
        _seen(Camera(Framing.FULL, Angle.HIGH), "beach by day"),
        _seen(Camera(Framing.MEDIUM, Angle.OVER_SHOULDER), "room at night"),
        _seen(Camera(Framing.CLOSE_UP, Angle.OVER_SHOULDER), "harbour at dawn"),
        _seen(Camera(Framing.WIDE, Angle.BEHIND), "desert at dusk", "They walk."),
        _seen(Camera(Framing.FULL, Angle.BEHIND), "forest by day", "They walk."),
    )


def _together() -> tuple[Cell, ...]:
    framings = (Framing.WIDE, Framing.FULL, Framing.MEDIUM, Framing.CLOSE_UP)
    wide = tuple(Cell(it, f"{Camera(it).in_words()}, beach by day.", FOUR) for it in framings)
    tall = tuple(
        Cell(f"{it}, {name}", f"{Camera(it).in_words()}, beach by day.", FOUR, shape)
        for name, shape in (("portrait", PORTRAIT), ("square", SQUARE))
        for it in (Framing.MEDIUM, Framing.CLOSE_UP)
    )
    return wide + tall


def _in_hand() -> tuple[Cell, ...]:
    kinds = [kind for kind in HELD if kind is not HeldKind.STICK][:IN_HAND]
    return tuple(
        Cell(
            kind,
            f"{'Full' if kind in REACHING_FAR else 'Medium'} shot, field by day. Mara holds a {kind}.",
            (MARA,),
        )
        for kind in kinds
    )


def _things() -> tuple[Cell, ...]:
    shown = {kind.value for kind in [*HELD][: IN_HAND + 1]} | SEEN_ELSEWHERE
    keys = [key for key in (*LARGE, *SMALL) if key not in shown]
    return tuple(Cell(key, f"Full shot, {_where(key)} by day. A {key} is there.", (LILY,)) for key in keys)


def _where(key: str) -> str:
    return "beach" if key == "boat" else "field"


def _species() -> tuple[Cell, ...]:
    kinds = [kind for kind in Species if kind is not Species.PERSON]
    return tuple(
        Cell(
            kind,
            f"Full shot, beach by day. The {kind} is there.",
            (Character(name=f"the {kind}", description=kind),),
        )
        for kind in kinds
    )


def _story() -> tuple[Cell, ...]:
    request = PlanRequest(prompt=STORY, seconds=STORY_SECONDS, clip_seconds=tuple(range(2, 11)), seed=SEED)
    plan = RulesPlanner().plan(request)
    known = {character.name: character for character in plan.characters}
    return tuple(
        Cell(shot.caption, shot.keyframe_prompt, tuple(known[name] for name in shot.characters))
        for shot in plan.shots
    )
