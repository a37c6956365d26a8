"""Writes what is read of a plan: prompts, captions, title and style. Chooses nothing of what is shown."""

import re
from collections.abc import Sequence

from functions.keyframes.planners.casting import CastText
from functions.keyframes.planners.character_words import words_of
from functions.keyframes.planners.characters import MOST_TOGETHER, Figure
from functions.keyframes.planners.continuity import Setting
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.phrases import any_of
from functions.keyframes.scene import Framing, read_scene

LONGEST_CAPTION = 90
"""Characters; one line under a storyboard panel."""
TITLE_WORDS = 6

FRAMING_NAMES = {Framing.WIDE: "Wide shot", Framing.MEDIUM: "Medium shot", Framing.CLOSE_UP: "Close-up"}
VIEW_NOTES = {
    View.ESTABLISHING: "Seen from far off.",
    View.FACE: "{who} fills the frame.",
    View.DETAIL: "One small detail fills the frame.",
    View.BEHIND: "Seen from behind.",
    View.LOW: "Seen from a low angle.",
    View.SIDE: "Seen from the side.",
    View.HIGH: "Seen from above.",
    View.CLOSING: "Seen from further and further away.",
}
VIEW_CAPTIONS = {
    View.FACE: "Close on {who}",
    View.DETAIL: "A detail",
    View.BEHIND: "{who} from behind",
    View.LOW: "{who} from below",
    View.SIDE: "{who} from the side",
    View.HIGH: "{who} from above",
    View.CLOSING: "Pulling away from {who}",
}

STYLES = """
    watercolour, watercolor, oil painting, film noir, noir, anime, manga, cinematic, pixar, studio
    ghibli, ghibli, claymation, stop motion, stop-motion, pixel art, cartoon, comic book, documentary,
    black and white, sepia, vintage, photorealistic, realistic, hyperrealistic, 3d animation, 2d
    animation, cel shaded, cel-shaded, low poly, pencil sketch, charcoal, ink wash, woodcut, ukiyo-e,
    impressionist, surreal, cyberpunk, steampunk, vaporwave, gothic, paper cutout, paper-cut, storybook,
    children's book, retro, silent film, minimalist, flat design, art deco, fantasy art, line art,
    pastel, super 8, 35mm film, found footage, wes anderson style
"""
STYLE_FILLERS = """
    in, the, a, an, of, style, styled, look, looks, like, animation, animated, film, movie, video,
    painting, art, drawing, 4k, 8k, hd, uhd, highly, ultra, very, detailed, high, quality, lighting,
    mood, tone, color, colors, colour, colours, aesthetic, as, and, with, resolution, beautiful, please,
    render, rendered, illustration, short, slow, warm, cold, soft, dramatic, epic, vivid, muted, palette
"""
"""Words that say nothing of what happens, beside a style."""
WEAK_ENDINGS = """
    a, an, the, and, or, but, with, of, in, on, at, to, from, by, for, his, her, their, its, as, is,
    are, that, while, over, through, into, along, who, small, old, young, little, tiny
"""
"""Words a title cannot end on."""

_STYLE = any_of(STYLES)
_STYLE_FILLER = any_of(STYLE_FILLERS)
_WEAK_ENDINGS = frozenset(words_of(WEAK_ENDINGS))
_FRAMING_OPENING = re.compile(
    r"^(?:an?\s+)?(?:(?:extreme|tight|medium|very)\s+)?"
    r"(?:close[- ]?up|wide\s+view|(?:wide|medium|establishing|long|close|mid)[\s-]+shot)"
    r"\s*(?:shot\s*)?(?:of|on|:|,|-|\u2013|\u2014)+\s*",
    re.IGNORECASE,
)
_LEADING_TIME = re.compile(r"^(?:at|in|on|by|during|one|once)\b[^,.;]{0,30}[,;]\s*", re.IGNORECASE)


def shown_figures(cast_text: CastText) -> tuple[int, ...]:
    """Those a shot shows, in order of appearance, at most as many as keep their likeness."""
    return cast_text.figures[:MOST_TOGETHER]


def with_descriptions(cast_text: CastText, figures: Sequence[Figure]) -> str:
    """The text with each shown figure's fixed description at its first appearance."""
    shown = set(shown_figures(cast_text))
    written: set[int] = set()
    parts, position, text = [], 0, cast_text.text
    for mention in cast_text.mentions:
        due = [index for index in mention.figures if index in shown and index not in written]
        raw = text[mention.start : mention.end]
        if not due or not mention.replaceable:
            continue
        written.update(due)
        if len(due) == 1 and not figures[due[0]].named and figures[due[0]].description in raw:
            continue
        words = listed([figures[index].in_words() for index in due])
        parts.append(text[position : mention.start])
        parts.append(capital(words) if not parts[-1].strip() or raw[:1].isupper() else words)
        position = mention.end
        if not raw:
            parts.append(f" {text[position : position + 1].lower()}")
            position += 1
    described = "".join([*parts, text[position:]])
    missing = [figures[index].in_words() for index in shown_figures(cast_text) if index not in written]
    return f"{described} In frame: {listed(missing)}." if missing else described


def without_descriptions(cast_text: CastText, figures: Sequence[Figure]) -> str:
    """The text with mere names where it describes them: `Mara walks`, for captions and titles."""
    parts, position, text = [], 0, cast_text.text
    for mention in cast_text.mentions:
        raw = text[mention.start : mention.end]
        described = len(mention.figures) == 1 and figures[mention.figures[0]].named and len(raw.split()) > 1
        if not mention.replaceable or (raw and not described):
            continue
        parts += [text[position : mention.start], listed([figures[index].name for index in mention.figures])]
        position = mention.end
        if not raw:
            parts.append(f" {text[position : position + 1].lower()}")
            position += 1
    return capital("".join([*parts, text[position:]]))


def heading(framing: Framing, setting: Setting) -> str:
    """`Wide shot, harbour at dusk, rain.`"""
    return f"{', '.join(filter(None, (FRAMING_NAMES[framing], setting.in_words())))}."


def without_framing(text: str) -> str:
    """Drop an opening such as `Close-up of`, which the heading says already."""
    rest = _FRAMING_OPENING.sub("", text)
    return capital(rest) if rest.strip(" .") else text


def without_leading_time(text: str, setting: Setting) -> str:
    """Drop an opening `At dawn,` where the heading says so already."""
    match = _LEADING_TIME.match(text)
    scene = read_scene(match[0]) if match else None
    says_no_more = scene and scene.place is None and scene.weather is None
    if match and scene and says_no_more and scene.time_of_day and scene.time_of_day is setting.time_of_day:
        return capital(text[match.end() :])
    return text


def note_of(view: View, who: str) -> str:
    """One sentence on how this view shows the moment; empty for the plain action."""
    return VIEW_NOTES.get(view, "").format(who=capital(who) or "One small detail")


def caption_of(view: View, text: str, who: str, setting: Setting) -> str:
    """One line of at most 90 characters, cut at a word."""
    words = VIEW_CAPTIONS.get(view, "").format(who=who) if who else ""
    words = words or text
    if view is View.ESTABLISHING and setting.in_words():
        words = capital(setting.in_words())
    return shorten(capital(words.rstrip(" .。")), LONGEST_CAPTION)


def title_of(text: str) -> str:
    """A few words of the story's first sentence."""
    whole = without_framing(_LEADING_TIME.sub("", text)).split()
    words = whole[:TITLE_WORDS]
    if len(whole) > len(words) > 2 and words[-2].lower() in _WEAK_ENDINGS:
        words = words[:-2]
    while len(words) > 1 and words[-1].lower().strip(",.;") in _WEAK_ENDINGS:
        words.pop()
    return shorten(capital(" ".join(words).strip(" ,.;:!?。")) or "Untitled", LONGEST_CAPTION)


def style_of(prompt: str) -> str:
    """The styles a prompt names, in its order: `watercolour, anime`; empty where it names none."""
    return ", ".join(dict.fromkeys(match[0].lower() for match in _STYLE.finditer(prompt)))


def only_names_a_style(text: str) -> bool:
    """Tell whether a sentence says how the film looks and nothing of what happens."""
    rest = _STYLE_FILLER.sub("", _STYLE.sub("", text))
    return _STYLE.search(text) is not None and not re.search(r"\w", rest)


def without_style_tail(text: str) -> str:
    """Drop closing words such as `, cinematic, 4k, highly detailed`, which the style says already."""
    *parts, last = text.rstrip(".").split(", ")
    while parts and not re.search(r"\w", _STYLE_FILLER.sub("", _STYLE.sub("", last))):
        last = parts.pop()
    kept = ", ".join([*parts, last])
    return text if kept == text.rstrip(".") else f"{kept}."


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def capital(text: str) -> str:
    """The text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def shorten(text: str, longest: int) -> str:
    """Cut at a word and say so with an ellipsis; a single endless word is cut anywhere."""
    if len(text) <= longest:
        return text
    cut = text[:longest].rpartition(" ")[0].rstrip(" ,;:.") or text[: longest - 1]
    return f"{cut[: longest - 1]}\u2026"
