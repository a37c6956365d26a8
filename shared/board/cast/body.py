"""Proportions and joints of an upright body in a pose. It knows neither clothes nor colours."""

from dataclasses import dataclass

import numpy as np

from shared.board.appearance import Look
from shared.board.pose import Pose
from shared.board.wardrobe import Age

Joint = tuple[float, float]


@dataclass(frozen=True)
class Limb:
    """Three joints: shoulder, elbow, hand; or hip, knee, ankle."""

    root: Joint
    middle: Joint
    end: Joint

    @property
    def joints(self) -> list[Joint]:
        """Return all three."""
        return [self.root, self.middle, self.end]


@dataclass(frozen=True)
class Body:
    """Where everything is: x forwards, y up, in the person's own height."""

    head_size: float
    hip: Joint
    torso: float
    """From hip to shoulder."""
    leg: float
    """From hip to ankle."""
    shoulder_half: float
    waist_half: float
    hip_half: float
    near_leg: Limb
    far_leg: Limb
    near_arm: Limb
    far_arm: Limb


ANKLE = 0.035


def body_of(look: Look, pose: Pose) -> Body:
    """Work out the joints of a body in a pose. Arms are relative to the hip, before the torso leans."""
    child = look.age is Age.CHILD
    head_size = 0.2 if child else 0.15
    shoulder_height = 1 - head_size - (0.028 if child else 0.042)
    leg = shoulder_height * 0.585 - ANKLE
    torso = shoulder_height - leg - ANKLE
    half = (0.1 if look.feminine else 0.118) * look.breadth * (0.98 if child else 1.0)
    spread = 0.030 * look.breadth
    near_thigh, near_shin, far_thigh, far_shin = (share * leg / 2 for share in pose.shown)
    near = _limb((-spread, 0.0), pose.near_leg, near_thigh, near_shin)
    far = _limb((spread, 0.0), pose.far_leg, far_thigh, far_shin)
    lowest = min(near.end[1], far.end[1])
    hip = (0.0, ANKLE - lowest)
    arm = torso * 0.53
    return Body(
        head_size=head_size,
        hip=hip,
        torso=torso,
        leg=leg,
        shoulder_half=half,
        waist_half=half * (0.66 if look.feminine and not child else 0.84) * (0.5 + look.breadth / 2),
        hip_half=half * (0.92 if look.feminine else 0.86),
        near_leg=_moved(near, hip),
        far_leg=_moved(far, hip),
        near_arm=_limb((-half * 0.84, torso - 0.043), pose.near_arm, arm, arm * 0.92),
        far_arm=_limb((half * 0.82, torso - 0.041), pose.far_arm, arm, arm * 0.92),
    )


def _limb(root: Joint, angles: tuple[float, float], upper: float, lower: float) -> Limb:
    middle = _reach(root, angles[0], upper)
    return Limb(root, middle, _reach(middle, angles[1], lower))


def _reach(start: Joint, degrees: float, length: float) -> Joint:
    angle = np.radians(degrees)
    return (float(start[0] + length * np.sin(angle)), float(start[1] - length * np.cos(angle)))


def _moved(limb: Limb, by: Joint) -> Limb:
    root, middle, end = ((x + by[0], y + by[1]) for x, y in limb.joints)
    return Limb(root, middle, end)
