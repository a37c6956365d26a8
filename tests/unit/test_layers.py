"""Imports point one way: domain <- adapters <- stage <- functions. The domain touches nothing outside."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = {
    "settings",
    "logs",
    "news",
    "trace",
    "cdn",
    "census_store",
    "documents",
    "firestore_calls",
    "job_queries",
    "job_store",
    "limits",
    "repeats",
    "api_keys",
    "task_queue",
    "object_store",
    "switches",
    "shutdown",
    "probe",
    "h264",
    "typeface",
    "layers",
    "stills",
    "frames",
    "waiting",
    "google_ai",
}
PURE = {
    *(
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "hashlib",
        "re",
        "typing",
        "pydantic",
        "pydantic_core",
    ),
    *("fractions", "itertools", "math", "functools", "string", "reprlib"),
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(folder: str) -> list[Path]:
    found = sorted(ROOT.glob(f"{folder}/**/*.py"))
    assert found, folder
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("path", modules("shared/domain"), ids=str)
def test_the_domain_imports_nothing_but_itself_and_pure_libraries(path: Path) -> None:
    foreign = [
        name
        for name in imports(path)
        if not within(name, "shared.domain") and name.partition(".")[0] not in PURE
    ]
    assert foreign == []


@pytest.mark.parametrize("path", modules("shared"), ids=str)
def test_shared_code_knows_no_function_and_no_infrastructure(path: Path) -> None:
    assert [n for n in imports(path) if within(n, "functions") or within(n, "infra")] == []


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_an_adapter_knows_neither_stage_nor_wiring(name: str) -> None:
    path = ROOT / "shared" / f"{name}.py"
    above = ("shared.assignment", "shared.lease", "shared.stage", "shared.wiring", "shared.http")
    assert [n for n in imports(path) if any(within(n, module) for module in above)] == []


def test_every_shared_module_has_its_place_in_the_layers() -> None:
    top = {path.stem for path in (ROOT / "shared").glob("*.py")} - {"__init__"}
    assert top - ADAPTERS == {"assignment", "references", "lease", "stage", "http", "wiring"}


@pytest.mark.parametrize("stage", ["submit", "keyframes", "render", "finalize"])
def test_a_function_imports_no_other_function(stage: str) -> None:
    others = {"submit", "keyframes", "render", "finalize"} - {stage}
    for path in modules(f"functions/{stage}"):
        crossing = [n for n in imports(path) if any(within(n, f"functions.{other}") for other in others)]
        assert crossing == [], path


def test_only_wiring_builds_clients() -> None:
    builders = (
        "google.cloud.tasks_v2.CloudTasksClient",
        "google.cloud.storage.Client",
        "google.auth.default",
    )
    for path in modules("functions"):
        assert [n for n in imports(path) if n in builders] == [], path
