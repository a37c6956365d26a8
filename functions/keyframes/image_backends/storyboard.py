"""The free image backend: a picture from the board, with a caption strip. It knows no network or clock."""

import io
import zlib
from collections.abc import Sequence

from PIL import PngImagePlugin

from functions.keyframes.image_backends import KeyframeRequest
from shared.board.brief import Brief
from shared.board.caption import draw_strip, strip_height
from shared.board.palette import palettes_of
from shared.board.picture import paint_layers
from shared.board.shot import read_shot
from shared.board.unwanted import read_unwanted
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.layers import add_layers, flatten
from shared.references import Reference

COMPRESSION = zlib.Z_RLE
"""Way of zlib that suits flat colours: as small as level 4, and half the time."""


class Storyboard:
    """Draws keyframes as illustrations with a caption strip. Free, offline, the same bytes every time."""

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        """Return a PNG of exactly `request.width` x `request.height` pixels.

        The lowest rows are the caption; the text chunk `CAPTION_STRIP_KEY` says how many. A caption that
        cannot be written, or that the negative prompt rules out, has neither. May be called from any thread
        and any number of times.

        Args:
            references: their colours dress whom they show, or tone the light. Keyframes among them are
                ignored, since all that is to stay the same comes from words.
        """
        brief = Brief(
            prompt=request.prompt,
            characters=request.characters,
            negative_prompt=request.negative_prompt,
            seed=request.seed,
            palettes=palettes_of(references),
        )
        caption = "" if read_unwanted(request.negative_prompt).writing else request.caption
        strip = strip_height(caption, request.height)
        layers = paint_layers(read_shot(brief), request.width, request.height - strip)
        whole = flatten(layers, (request.width, request.height))
        chunks = PngImagePlugin.PngInfo()
        add_layers(chunks, layers)
        if strip:
            whole.paste(draw_strip(caption, request.width, strip), (0, request.height - strip))
            chunks.add_text(CAPTION_STRIP_KEY, str(strip))
        encoded = io.BytesIO()
        whole.save(encoded, "PNG", pnginfo=chunks, compress_type=COMPRESSION)
        return encoded.getvalue()
