"""Whom the user's reference images show, once there is a plan to compare with. Pure; no picture is opened."""

from shared.domain.job import PlanSummary, ReferenceImage


def shown_by(image: ReferenceImage, plan: PlanSummary | None) -> str | None:
    """Return the name of the character an image shows, as the user wrote it; None: a place or a style.

    One that is said to show somebody whom the plan does not know counts for the whole picture.
    """
    known = plan.characters if plan else ()
    if image.shows and any(character.is_called(image.shows) for character in known):
        return image.shows
    return None
