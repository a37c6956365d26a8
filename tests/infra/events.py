"""Which log lines the functions write, read from their source.

It knows how lines are written: `log.info("a.name", ...)`, or an event that a commit tells, `.tell("a.name")`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from infra.archives import REPOSITORY

FOLDERS = ("shared", "functions")
TELLS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "tell"})


def is_told(event: str, root: Path = REPOSITORY) -> bool:
    """Say whether some line of the functions' code logs this event."""
    return any(pattern.fullmatch(event) for pattern in _patterns(root))


def is_field(name: str, root: Path = REPOSITORY) -> bool:
    """Say whether the functions' code gives anything this name, as lines give names to their fields."""
    return name in _names(root)


@cache
def _trees(root: Path) -> tuple[ast.Module, ...]:
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))]
    return tuple(ast.parse(path.read_text("utf-8")) for path in files)


@cache
def _names(root: Path) -> frozenset[str]:
    """Arguments by keyword, fields of classes, and texts, such as keys of a dict and values of an enum."""
    names: set[str] = set()
    for node in (node for tree in _trees(root) for node in ast.walk(tree)):
        match node:
            case ast.keyword(arg=str() as name) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Constant(value=str() as name):
                names.add(name)
    return frozenset(names)


@cache
def _patterns(root: Path) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for tree in _trees(root) for pattern in _told_in(tree))


def _told_in(tree: ast.Module) -> Iterator[str]:
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    words = {constant for constant in constants if isinstance(constant, str)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TELLS:
            yield from (pattern for said in node.args[:2] if (pattern := _pattern(said, words)))


def _pattern(said: ast.expr, words: set[str]) -> str:
    """A text, or one that is put together of a text and of words of the same module; else nothing."""
    match said:
        case ast.Constant(value=str() as text):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            one_of = "|".join(re.escape(word) for word in sorted(words) if re.fullmatch(r"[a-z_]+", word))
            return "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else f"(?:{one_of})"
                for part in parts
            )
    return ""
