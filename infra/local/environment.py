"""What the parts see of the environment, and the variables a deployment gives its functions.

It starts nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.credentials import service_account_email

LOCATION = "europe-west4"
"""Region in the names of the local queues; nothing is there."""

RENDER_URL = "http://render.local"
"""Where render's tasks go. Only the Cloud Tasks emulator knows it, and picks a free process for each.

Also those that need a GPU, where no process is there for these."""

_INHERITED = (
    *("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
    *("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("CUDA_VISIBLE_DEVICES", "HF_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
_HERE = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Addresses:
    """Where the parts listen: host:port each."""

    firestore: str
    storage: str
    tasks: str
    keyframes: str
    finalize: str


def inherited_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Take over what a program needs to run on this machine, and nothing else.

    A DEBUG, PYTHONPATH or cloud credential of the user's shell thus changes nothing. Traffic to this machine
    is exempt from proxies.
    """
    inherited = {name: environment[name] for name in _INHERITED if name in environment}
    return inherited | without_proxies_here(environment)


def without_proxies_here(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that exempt this machine from proxies, beside what is exempt already."""
    exempt = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    exempt = ",".join([*filter(None, [exempt]), *_HERE])
    return {"NO_PROXY": exempt, "no_proxy": exempt}


def deployment_environment(
    project: str, bucket: str, addresses: Addresses, credentials: Path
) -> dict[str, str]:
    """Build the variables of `shared.settings.Settings`, and those that Google's clients read themselves."""
    return {
        "GOOGLE_CLOUD_PROJECT": project,
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "FIRESTORE_EMULATOR_HOST": addresses.firestore,
        "STORAGE_EMULATOR_HOST": f"http://{addresses.storage}",
        "TTV_LOCATION": LOCATION,
        "TTV_BUCKET": bucket,
        "TTV_KEYFRAMES_URL": f"http://{addresses.keyframes}",
        "TTV_RENDER_URL": RENDER_URL,
        "TTV_RENDER_GPU_URL": RENDER_URL,
        "TTV_FINALIZE_URL": f"http://{addresses.finalize}",
        "TTV_INVOKER_SERVICE_ACCOUNT": service_account_email(project),
        "TTV_TASKS_ENDPOINT": addresses.tasks,
    }
