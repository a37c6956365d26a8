"""The free image backend: a picture from the board, with a caption strip. It knows no network or clock."""

import io
from collections.abc import Sequence

from PIL import Image, PngImagePlugin

from functions.keyframes.image_backends import KeyframeRequest
from shared.board.brief import Brief
from shared.board.caption import draw_strip, strip_height
from shared.board.picture import paint
from shared.board.shot import read_shot
from shared.domain.naming import CAPTION_STRIP_KEY

COMPRESSION = 4
"""zlib level: beyond it the file hardly shrinks and the time doubles."""


class Storyboard:
    """Draws keyframes as illustrations with a caption strip. Free, offline, the same bytes every time."""

    def draw(self, request: KeyframeRequest, references: Sequence[bytes]) -> bytes:
        """Return a PNG of exactly `request.width` x `request.height` pixels.

        The lowest rows are the caption; the text chunk `CAPTION_STRIP_KEY` says how many. A caption that
        cannot be written has neither. May be called from any thread and any number of times.

        Args:
            references: ignored, since looks come from descriptions; the previous keyframe comes last.
        """
        brief = Brief(prompt=request.prompt, characters=request.characters, seed=request.seed)
        strip = strip_height(request.caption, request.height)
        whole = Image.new("RGB", (request.width, request.height))
        whole.paste(paint(read_shot(brief), request.width, request.height - strip), (0, 0))
        chunks = PngImagePlugin.PngInfo()
        if strip:
            whole.paste(draw_strip(request.caption, request.width, strip), (0, request.height - strip))
            chunks.add_text(CAPTION_STRIP_KEY, str(strip))
        encoded = io.BytesIO()
        whole.save(encoded, "PNG", pnginfo=chunks, compress_level=COMPRESSION)
        return encoded.getvalue()
