"""Writes what is read of a plan: prompts, captions, title and style. Chooses nothing of what is shown."""

import re
from collections.abc import Sequence

from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.casting import CastText
from functions.keyframes.planners.character_words import BASE_ACTIONS, FINITE_ACTIONS
from functions.keyframes.planners.characters import MOST_TOGETHER, Figure, Mention
from functions.keyframes.planners.continuity import Setting
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.phrases import any_of
from functions.keyframes.planners.sentences import split_sentences
from shared.board.inventory import find_thing
from shared.board.scene import read_scene
from shared.board.vocabulary import phrases_of

LONGEST_CAPTION = 90
"""Characters; one line under a storyboard panel."""
LONGEST_TITLE = 50

VIEW_NOTES = {
    View.FACE: "{who} fills the frame.",
    View.DETAIL: "{what} the frame.",
    View.SIDE: "Seen from the side.",
}
"""What the framing and angle do not say already."""

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
    are, that, while, over, through, into, along, who, small, old, young, little, tiny, out, off, up
"""
"""Words a title cannot end on."""

_STYLE = any_of(STYLES)
_STYLE_FILLER = any_of(STYLE_FILLERS)
_WEAK_ENDINGS = frozenset(phrases_of(WEAK_ENDINGS))
_AROUND_A_TITLE = " ,.;:!?\u3002\u2026"
_CLAUSE_END = re.compile(
    r"[,;:]?\s+(?:and|but|while|when|until|as|before|after|because|then)\s|[,;:\u2013\u2014]\s"
)
_PHRASE_END = re.compile(
    r"\s(?:with|in|on|at|to|from|by|for|over|through|into|along|across|under|near|behind|beside|between|of|towards?"
    r"|around|past|above|below|against|who|that|where)\s"
)
_FRAMING_OPENING = re.compile(
    r"^(?:an?\s+)?(?:(?:extreme|tight|medium|very|low[\s-]angle|high[\s-]angle|over[\s-]the[\s-]shoulder)\s+)*"
    r"(?:close[\s-]?up|wide\s+view|(?:wide|medium|establishing|long|close|mid|full|aerial|drone|detail|insert|crane)"
    r"[\s-]+shot|(?:aerial|bird['\u2019]?s[\s-]eye)\s+view|(?:low|high)[\s-]angle|over[\s-]the[\s-]shoulder|macro)"
    r"\s*(?:shot\s*)?(?:from\s+behind\s*)?(?:of|on|:|,|-|\u2013|\u2014)+\s*",
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
        words = listed(
            [figures[index].in_words() if index in due else figures[index].name for index in mention.figures]
        )
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
        if not mention.replaceable or (raw and not _says_more_than_names(raw, mention, figures)):
            continue
        parts += [text[position : mention.start], listed([figures[index].name for index in mention.figures])]
        position = mention.end
        if not raw:
            parts.append(f" {text[position : position + 1].lower()}")
            position += 1
    return capital("".join([*parts, text[position:]]))


def _says_more_than_names(raw: str, mention: Mention, figures: Sequence[Figure]) -> bool:
    told = [figures[index] for index in mention.figures]
    if not all(figure.named for figure in told) or len(raw.split()) < 2:
        return False
    return len(told) == 1 or any(figure.name in raw for figure in told)


def heading(camera: Camera, setting: Setting) -> str:
    """`Low-angle medium shot, harbour at dusk, rain.`"""
    return f"{', '.join(filter(None, (camera.in_words(), setting.in_words())))}."


def going_on(setting: Setting, *, moved: bool) -> str:
    """How a clip begins that the last frame of another one opens: without a cut, so without a framing."""
    opening = "Without a cut the take moves on" if moved else "Without a cut the take goes on"
    return f"{', '.join(filter(None, (opening, setting.in_words())))}."


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


def note_of(view: View, who: str, text: str) -> str:
    """One sentence on how this view shows the moment; empty for the plain action."""
    _, thing = find_thing(text)
    what = f"The {thing} fills" if thing else f"The eyes of {who} fill" if who else "One small detail fills"
    return VIEW_NOTES.get(view, "").format(who=capital(who) or "One small detail", what=what)


def caption_of(text: str) -> str:
    """One line of at most 90 characters, cut at a word. It tells the story and never the camera's work."""
    return shorten(capital(text.rstrip(" .。")), LONGEST_CAPTION)


def title_of(text: str) -> str:
    """The story's first sentence, or as much of it as fits: up to a clause's end, else a phrase's."""
    sentence = next(iter(split_sentences(without_framing(_LEADING_TIME.sub("", text)))), "")
    whole = " ".join(sentence.split()).strip(_AROUND_A_TITLE)
    if len(whole) > LONGEST_TITLE:
        whole = _cut(whole, _CLAUSE_END) or _cut(whole, _PHRASE_END) or _cut_at_word(whole)
    return capital(whole.strip(_AROUND_A_TITLE)) or "Untitled"


def _cut(text: str, ends: re.Pattern[str]) -> str:
    """The longest beginning that fits a title, ends where `ends` says, and tells what somebody does."""
    for match in reversed(list(ends.finditer(text, 0, LONGEST_TITLE + 1))):
        words = text[: match.start()].lower().split()
        acts = any(word in FINITE_ACTIONS | BASE_ACTIONS for word in words[1:])
        if acts and words[-1] not in _WEAK_ENDINGS:
            return text[: match.start()]
    return ""


def _cut_at_word(text: str) -> str:
    words = shorten(text, LONGEST_TITLE).rstrip("\u2026").split()
    while len(words) > 1 and words[-1].lower().strip(",.;") in _WEAK_ENDINGS:
        words.pop()
    return " ".join(words)


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
