"""Where the camera stands for one shot, in the terms of film. It chooses nothing."""

from dataclasses import dataclass, replace

from shared.board.scene import Angle, Framing

FRAMING_NAMES = {
    Framing.EXTREME_WIDE: "extreme wide shot",
    Framing.WIDE: "wide shot",
    Framing.FULL: "full shot",
    Framing.MEDIUM: "medium shot",
    Framing.CLOSE_UP: "close-up",
    Framing.DETAIL: "extreme close-up",
}
BEFORE = {Angle.LOW: "low-angle ", Angle.HIGH: "high-angle ", Angle.OVER_SHOULDER: "over-the-shoulder "}
AFTER = {Angle.BEHIND: " from behind"}

FROM_FAR_TO_NEAR = tuple(Framing)


@dataclass(frozen=True)
class Camera:
    """How much a shot takes in, and from where."""

    framing: Framing
    angle: Angle = Angle.EYE_LEVEL

    def in_words(self) -> str:
        """`Low-angle medium shot`, `Full shot from behind`."""
        words = f"{BEFORE.get(self.angle, '')}{FRAMING_NAMES[self.framing]}{AFTER.get(self.angle, '')}"
        return f"{words[0].upper()}{words[1:]}"

    def nearer_by(self, other: "Camera") -> int:
        """How many steps this one is nearer than another; negative where it is farther off."""
        return FROM_FAR_TO_NEAR.index(self.framing) - FROM_FAR_TO_NEAR.index(other.framing)

    def stepped_back(self) -> "Camera":
        """One step farther off, where all whom it shows can be seen to the end."""
        framing = FROM_FAR_TO_NEAR[max(0, FROM_FAR_TO_NEAR.index(self.framing) - 1)]
        return replace(self, framing=Framing.MEDIUM if framing is Framing.CLOSE_UP else framing)
