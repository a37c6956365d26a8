"""Writes what submit serves of itself, or tells whether what is committed is what would be written.

`python -m infra.openapi` writes; with `--check` it writes nothing.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from functions.submit.app import app
from functions.submit.pages import PUBLISHED
from infra.archives import REPOSITORY
from infra.openapi.document import document
from infra.openapi.page import page


def document_now() -> dict[str, Any]:
    """Return the document as the code has it."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return document(app, version=project["version"])


def published() -> dict[Path, str]:
    """Return path -> text of every file that submit serves of itself."""
    described = document_now()
    return {
        PUBLISHED / "openapi.json": json.dumps(described, indent=1, ensure_ascii=False) + "\n",
        PUBLISHED / "docs.html": page(described),
    }


def stale() -> list[Path]:
    """Return the files that are not what would be written."""
    return [
        path for path, text in published().items() if not path.is_file() or path.read_text("utf-8") != text
    ]


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(prog="python -m infra.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file would change")
    if parser.parse_args().check:
        if outdated := stale():
            names = ", ".join(str(path.relative_to(REPOSITORY)) for path in outdated)
            sys.exit(f"not what the models say any more: {names}. `make openapi` writes them anew.")
        return
    PUBLISHED.mkdir(exist_ok=True)
    for path, text in published().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
