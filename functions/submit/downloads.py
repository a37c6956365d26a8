"""Where the files of a finished video are to be had: at a signed URL of Cloud CDN, or else of Cloud Storage.

It knows no HTTP.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from shared import wiring
from shared.domain.errors import StoppedAfterKeyframes
from shared.domain.job import Artifact
from shared.domain.naming import download_name

SIGNED_URL_LASTS = timedelta(hours=1)


class Variant(NamedTuple):
    """One of the files."""

    field: str
    """Of Artifact."""
    content_type: str


VARIANTS = {
    "video": Variant("video", "video/mp4"),
    "thumbnail": Variant("thumbnail", "image/jpeg"),
    "spritesheet": Variant("storyboard_sheet", "image/png"),
}
"""As a content request names them."""


class Download(NamedTuple):
    """A file that anyone who has the URL can fetch."""

    url: str
    expires_at: datetime


def download_of(video_id: str, artifact: Artifact, variant: str, *, now: datetime) -> Download:
    """Sign a URL of a file.

    Raises:
        StoppedAfterKeyframes: there is no video, as its owner wanted it.
        ObjectStoreUnavailable: nobody signs now.
    """
    field, content_type = VARIANTS[variant]
    path: str = getattr(artifact, field)
    if not path:
        raise StoppedAfterKeyframes(
            "it stopped after its keyframes; POST .../render makes a video that goes on"
        )
    expires_at, cdn = now + SIGNED_URL_LASTS, wiring.cdn()
    if cdn:
        return Download(cdn.signed_url(path, expires_at=expires_at), expires_at)
    url = wiring.object_store().signed_url(
        path,
        lasts=SIGNED_URL_LASTS,
        filename=download_name(video_id, path),
        content_type=content_type,
    )
    return Download(url, expires_at)
