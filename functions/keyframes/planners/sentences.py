"""Divides a prompt into moments: sentences and scene cues, in order. Knows neither characters nor lengths."""

import re
import unicodedata
from dataclasses import dataclass

from shared.board.scene import read_scene
from shared.board.vocabulary import phrases_of

ABBREVIATIONS = frozenset(
    phrases_of("""
        mr, mrs, ms, dr, prof, st, mt, no, vs, etc, jr, sr, capt, sgt, lt, col, gen, rev, e.g, i.e, a.m,
        p.m, int, ext
""")
)
"""A full stop after one of these does not end a sentence."""

WIDE_MARKS = "\u3002\uff01\uff1f"
"""Sentence marks of Chinese and Japanese, which need no space after them."""

MARKER = re.compile(
    rf"""(?P<before>^|[.!?;:{WIDE_MARKS}]\s*|\n\s*)
        (?:(?:scene|shot|panel|part|act|beat)\s*\#?\d{{1,3}}\s*(?:[:.)\-\u2013\u2014]+|\n)
          |\d{{1,2}}\s*[.)](?=\s)
          |[-*\u2022](?=\s))
        \s*
      |(?P<inline>\s)\d{{1,2}}\)\s+""",
    re.IGNORECASE | re.VERBOSE,
)
"""Numbering at the start of a line or sentence: `Scene 2:`, `Shot 3 -`, `1.`, `2)`, a bullet."""

SLUGLINE = re.compile(
    r"(?P<slug>(?:INT|EXT)\b[./ ]*(?:(?:INT|EXT)\b[./ ]*)?[^\n.:]*)(?:[.:\n]\s*|$)(?P<rest>.*)", re.S
)
SCENE_HEADING = re.compile(r"(?<=[.!?])\s+(?=(?:INT|EXT)[./ ])")
SENTENCE_END = re.compile(
    rf"""(?P<mark>[.!?\u2026]+)(?P<closing>["'\u201d\u2019)\]]*)(?=\s|$)|[{WIDE_MARKS}]+[」』]*"""
)
QUOTATION = re.compile(r"\"[^\"\n]{1,400}\"|\u201c[^\u201d\n]{1,400}\u201d")

SCENE_CUE = re.compile(
    r"""(?:\s*[,;:\u2013\u2014]\s*(?:and\s+|but\s+)?|\s+and\s+|\s+but\s+)
        (?=(?:then|suddenly|later|finally|at\ last|afterwards|moments\ later|soon\ after|next)\b)
      |\s*[,;:]?\s*(?:and\s+)?(?=\b(?:meanwhile|cut\ to|smash\ cut|fade\ to|hours\ later|minutes\ later)\b)
      |\s*[;\uff1b]\s*""",
    re.IGNORECASE | re.VERBOSE,
)
TRANSITION = re.compile(
    r"^(?:(?:smash\s+|hard\s+)?cut\s+to|fade\s+(?:in|out|to)|dissolve\s+to)(?:\s+black)?\s*[:,.\u2013\u2014-]*\s*",
    re.IGNORECASE,
)
UNSEEN = frozenset("\u200b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
REQUEST = re.compile(
    r"""^\s*(?:please\s+)?(?:(?:create|make|generate|show|film|produce|render)\s+(?:me\s+)?)?
        (?:an?|the)?\s*(?:\d+[\s-]*seconds?[\s-]+(?:long\s+)?)?(?:(?!(?:an?|the)\s)[\w-]+\s+){0,3}?
        (?:video|film|movie|clip|animation|short|story|trailer)\s+(?:about|of|showing|where|in\s+which|that\s+shows)\s+""",
    re.IGNORECASE | re.VERBOSE,
)
"""`Create a short video about`: spoken to us, and no part of the story."""
ONCE = re.compile(
    r"^\s*(?:once\s+upon\s+a\s+time|long(?:,\s*long)?\s+ago),?\s+(?:there\s+(?:was|lived|were)\s+)?",
    re.IGNORECASE,
)
"""How a fairy tale begins."""

RELATIVE = re.compile(r"(?<=\w)\s+(?:who|that)\s+(?=[a-z]+s\b)")
"""`A film about a robot who paints` is of a robot that paints now."""

FEWEST_WORDS = 2
SETTING_WORDS = 7
"""A clause of at most so many words that names a time and no place sets the scene for the next one."""


@dataclass(frozen=True)
class Moment:
    """What one shot may show."""

    text: str
    """One sentence or clause, with its closing mark."""
    slugline: str = ""
    """`INT. KITCHEN - NIGHT`, where the moment opens a scene that way."""


def clean(prompt: str) -> str:
    """Drop what cannot be seen or stored (control characters, lone surrogates, text direction overrides)."""
    kept = (
        "\n" if character in "\n\r\u2028\u2029\x0b\x0c" else " " if character == "\t" else character
        for character in prompt
        if character in "\n\r\t\u2028\u2029\x0b\x0c"
        or (unicodedata.category(character) not in {"Cc", "Cs", "Cn"} and character not in UNSEEN)
    )
    return re.sub(r"[^\S\n]+", " ", "".join(kept)).strip()


def split_moments(prompt: str) -> tuple[Moment, ...]:
    """Divide a cleaned prompt into moments, in order; empty where it has no letter, digit or symbol."""
    moments: list[Moment] = []
    slugline = ""
    story = ONCE.sub("", REQUEST.sub("", prompt, count=1), count=1)
    if story != prompt:
        story = RELATIVE.sub(" ", story, count=1)
    unnumbered = MARKER.sub(lambda match: f"{(match['before'] or '').rstrip()}\n", story)
    for line in SCENE_HEADING.sub("\n", unnumbered).split("\n"):
        rest = line.strip()
        if match := SLUGLINE.match(rest):
            slugline, rest = match["slug"].strip(" -,"), match["rest"]
        for sentence in split_sentences(rest):
            for clause in split_at_cues(sentence):
                if text := finish(TRANSITION.sub("", clause)):
                    moments.append(Moment(text, slugline))
                    slugline = ""
    if slugline:
        moments.append(Moment(finish(slugline), slugline))
    return tuple(moments)


def split_sentences(line: str) -> list[str]:
    """Divide one line at sentence ends, minding abbreviations, initials, decimals and quotations."""
    quoted = [match.span() for match in QUOTATION.finditer(line)]
    sentences, start = [], 0
    for match in SENTENCE_END.finditer(line):
        if _ends_sentence(line, match, quoted):
            sentences.append(line[start : match.end()].strip())
            start = match.end()
    return [sentence for sentence in [*sentences, line[start:].strip()] if sentence]


def _ends_sentence(line: str, match: re.Match[str], quoted: list[tuple[int, int]]) -> bool:
    if any(start < match.start() and match.end() < end for start, end in quoted):
        return False
    mark, following = match["mark"], line[match.end() :].lstrip()[:1]
    if not mark:
        return True
    goes_on = following.islower()
    if goes_on and (match["closing"] or len(mark) > 1 or mark == "\u2026"):
        return False
    word = re.search(r"[\w.]*$", line[: match.start()])
    last_word = word[0].lower() if word else ""
    initial = len(last_word) == 1 and last_word.isalpha() and last_word != "i" and mark == "."
    return not (mark == "." and (initial or last_word in ABBREVIATIONS) and following)


def split_at_cues(sentence: str) -> list[str]:
    """Divide at semicolons and cues such as `then` or `cut to`; a mere time stays with what follows."""
    clauses: list[str] = []
    start = 0
    for match in SCENE_CUE.finditer(sentence):
        left, right = sentence[start : match.start()], sentence[match.end() :]
        if min(len(left.split()), len(right.split())) >= FEWEST_WORDS and not _only_sets_the_time(left):
            clauses.append(left)
            start = match.end()
    return [*clauses, sentence[start:]]


def _only_sets_the_time(clause: str) -> bool:
    scene = read_scene(clause, hints=False)
    return scene.time_of_day is not None and scene.place is None and len(clause.split()) <= SETTING_WORDS


def finish(text: str) -> str:
    """Begin with a capital and end with a mark; empty where nothing is left to show."""
    text = text.strip().strip(",;:\uff1b \u2013\u2014-").strip()
    if not any(unicodedata.category(character)[0] in "LNS" for character in text):
        return ""
    text = text[0].upper() + text[1:] if text[0].upper() != text[0] and len(text[0].upper()) == 1 else text
    return text if re.search(rf"[.!?\u2026{WIDE_MARKS}][\"'\u201d\u2019)\]」』]*$", text) else f"{text}."
