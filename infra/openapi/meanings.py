"""Reads the docstrings below attributes, so that what the code says of a field is what its users read.

Knows the shape of Python source, nothing of the API.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from itertools import pairwise


def meanings(documented: type) -> dict[str, str]:
    """Return attribute -> docstring, of a class and of those it inherits from, where there is one."""
    return {name: text for each in reversed(documented.__mro__) for name, text in _below_attributes_of(each)}


def meaning_of(enum: type[Enum]) -> str:
    """Return what an enum stands for and what each of its values does, in Markdown's backticks."""
    said = meanings(enum)
    each = [f"`{member.value}`: {said[name]}" for name, member in enum.__members__.items() if name in said]
    return " ".join([sentence(inspect.getdoc(enum) or ""), *each])


def sentence(text: str) -> str:
    """Return a docstring's text on one line."""
    return " ".join(text.split())


def _below_attributes_of(documented: type) -> Iterator[tuple[str, str]]:
    with suppress(OSError, TypeError):  # built in, or made by a call: there is no source
        source = ast.parse(textwrap.dedent(inspect.getsource(documented)))
        definitions = (node for node in source.body if isinstance(node, ast.ClassDef))
        for attribute, text in pairwise(next(definitions).body):
            match attribute, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(said))),
                ):
                    yield name, sentence(said)
