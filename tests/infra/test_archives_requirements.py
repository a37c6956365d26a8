"""All that a function can come to import is in its archive or in its requirements.txt.

That these truly install, import and boot alone is for tests/integration/test_archives_boot_alone.py. Here are
the imports, too, that wait until a request needs them, such as those of what `shared/wiring.py` makes.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Set
from functools import cache
from importlib import metadata
from pathlib import PurePosixPath

import pytest

from infra.archives import REQUIREMENTS, STAGES, Variant, files_of

REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
NATIVE = (".so", ".pyd")
WIRING = "shared.wiring"
OURS = ("functions", "shared")
ON_A_GPU = "functions.render.video_backends.diffusers."
"""What only the variant for a GPU ever imports, with all that its own list adds; it is not installed here."""

Files = Mapping[str, bytes]
Import = tuple[str, ...]
"""Names of which one must be a module: `from a import b` may mean `a` or `a.b`."""


def missing(files: Files) -> list[str]:
    """Return each import that nothing satisfies, as `module: name`."""
    modules = set(_modules_of(files)) | sys.stdlib_module_names
    for requirement in REQUIREMENT.findall(files["requirements.txt"].decode()):
        modules |= _installed_modules(requirement)
    return sorted(
        f"{module}: {wanted[0]}"
        for module, imports in _reached(files).items()
        for wanted in imports
        if not any(_is_provided(one, modules) for one in wanted)
    )


def _reached(files: Files) -> Mapping[str, tuple[Import, ...]]:
    """Return the function's own modules and those of `shared` that they lead to, with what they import."""
    sources = {module: files[name] for name, module in _named_modules(files) if name.endswith(".py")}
    own = [module for module in sources if not module.startswith("shared")]
    asked = frozenset(name for module in own for name in _asked_of_wiring(sources[module]))
    reached: dict[str, tuple[Import, ...]] = {}
    ahead = own
    while ahead:
        module = ahead.pop()
        if module in sources and module not in reached:
            is_wiring = module == WIRING
            source = sources[module]
            reached[module] = _used_imports(source, asked) if is_wiring else _imports_of(source)
            ahead += [one for wanted in reached[module] for one in wanted]
    return reached


def _asked_of_wiring(source: bytes) -> list[str]:
    return re.findall(r"\bwiring\.(\w+)", source.decode())


def _used_imports(source: bytes, asked: Set[str]) -> tuple[Import, ...]:
    """Leave out what this function never asks the wiring for."""
    tree = ast.parse(source)
    made = {part.name: part for part in tree.body if isinstance(part, ast.FunctionDef)}
    used: set[str] = set()
    ahead = list(asked)
    while ahead:
        name = ahead.pop()
        if name in made and name not in used:
            used.add(name)
            imported = {one for wanted in _imports(made[name]) for part in wanted for one in part.split(".")}
            names = [node.id for node in ast.walk(made[name]) if isinstance(node, ast.Name)]
            ahead += [one for one in names if one not in imported]
    tree.body = [part for part in tree.body if not isinstance(part, ast.FunctionDef) or part.name in used]
    return tuple(_imports(tree))


@cache
def _imports_of(source: bytes) -> tuple[Import, ...]:
    return tuple(_imports(ast.parse(source)))


def _imports(node: ast.AST) -> Iterator[Import]:
    """Yield all imports, those in functions too, but not those for type checkers alone."""
    match node:
        case ast.Import(names=names):
            yield from ((alias.name,) for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            yield from ((module, f"{module}.{alias.name}") for alias in names)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from _imports(child)


@cache
def _installed_modules(distribution: str) -> Set[str]:
    """An installed distribution's modules; one that is not installed here is for other platforms."""
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return frozenset()
    return frozenset(_modules_of(file.as_posix() for file in files))


def _modules_of(paths: Files | Iterator[str]) -> Iterator[str]:
    return (module for _, module in _named_modules(paths))


def _named_modules(paths: Files | Iterator[str]) -> Iterator[tuple[str, str]]:
    """`a/b.py` and `a/b/__init__.py` are `a.b`; a folder without `__init__.py` is no module."""
    for path in paths:
        pure = PurePosixPath(path)
        if pure.suffix in (".py", *NATIVE):
            yield path, ".".join((*pure.parent.parts, pure.name.partition(".")[0])).removesuffix(".__init__")


def _is_provided(wanted: str, modules: Set[str]) -> bool:
    """Our own modules are looked up exactly; what is inside of another's module is not looked into."""
    if wanted.partition(".")[0] in OURS:
        return wanted in modules
    parts = wanted.split(".")
    return any(".".join(parts[:length]) in modules for length in range(1, len(parts) + 1))


def _missing_anywhere(files: Files) -> list[str]:
    """Leave out what is missing without a GPU and in the list of the variant for one."""
    lists = (files[REQUIREMENTS], files_of("render", variant=Variant.GPU)[REQUIREMENTS])
    plain, gpu = (set(REQUIREMENT.findall(text.decode())) for text in lists)
    added = tuple(f": {name}" for name in gpu - plain)
    return [one for one in missing(files) if not (one.startswith(ON_A_GPU) and any(a in one for a in added))]


@pytest.mark.parametrize("stage", STAGES)
def test_every_import_is_in_the_archive_or_in_its_requirements(stage: str) -> None:
    assert not _missing_anywhere(files_of(stage))


@pytest.mark.parametrize(
    ("stage", "requirement", "found"),
    [
        ("finalize", "av", "functions.finalize.join: av"),
        ("submit", "google-cloud-storage", "shared.wiring: google.cloud.storage"),
        ("keyframes", "google-genai", "shared.google_ai: google"),
        ("render", "google-cloud-tasks", "shared.wiring: google.cloud"),
    ],
)
def test_a_requirement_that_is_missing_is_found(stage: str, requirement: str, found: str) -> None:
    files = files_of(stage)
    without = files["requirements.txt"].replace(f"\n{requirement}==".encode(), b"\nother==")

    assert found in missing({**files, "requirements.txt": without})


def test_a_module_that_the_archive_lacks_is_found() -> None:
    files = files_of("render")
    strays = {
        "functions/render/stray.py": b"def late():\n    import infra.archives\n    import shared.gone\n"
    }

    assert _missing_anywhere({**files, **strays}) == [
        "functions.render.stray: infra.archives",
        "functions.render.stray: shared.gone",
    ]
