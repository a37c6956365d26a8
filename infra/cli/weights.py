"""`ttv weights`: prepares the weights of open models for a deployment with GPUs, and checks them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from functions.render.video_backends.diffusers.presets import PRESETS
from infra.cli.console import end, err, out
from infra.cli.exits import Exit
from infra.weights.errors import HubClientMissing, HubRefused, HubUnreachable, WeightsError
from shared.domain.errors import InvalidInput, Unavailable

STAGING = Path(".local/weights")

app = typer.Typer(no_args_is_help=True, help="Prepare weights of open models for GPUs: for operators.")

PresetName = Annotated[str, typer.Argument(metavar="PRESET", help=f"{', '.join(PRESETS)}.")]
Into = Annotated[str, typer.Option(metavar="PATH|gs://BUCKET", help="Where the deployment reads weights.")]


@app.command()
def check(
    root: Annotated[
        str,
        typer.Option(
            metavar="PATH|gs://BUCKET", envvar="TTV_WEIGHTS", help="Where the deployment reads weights."
        ),
    ],
    presets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PRESET]...", help="Only those; all that are there if none."),
    ] = None,
) -> None:
    """Compare weights with their checksums; end with 3 if any is missing or corrupt. Changes nothing."""
    with _explained():
        for preset in presets or []:
            _permit(preset)
        from infra.weights.preparing import check as checked_on  # Cloud Storage's client takes 0.3 s to load
        from infra.weights.shelves import shelf_at

        found = checked_on(shelf_at(root), presets or [])
        for each in found:
            for fault in each.faults:
                out.print(f"{each.name}: {fault}")
            if not each.faults:
                out.print(f"{each.name}: ok: {each.told}")
        if remedies := [each.told for each in found if each.faults]:
            end(Exit.FAILED, "\n".join(remedies))
        if not found:
            end(Exit.FAILED, f"there are no weights in {root}: `ttv weights fetch` puts them there")


@app.command()
def fetch(
    preset: PresetName,
    into: Into,
    revision: Annotated[
        str | None, typer.Option(help="Commit on the hub; the preset's own if left out.")
    ] = None,
    staging: Annotated[
        Path, typer.Option(help="Folder with room for all of it, for what is on the way.", file_okay=False)
    ] = STAGING,
) -> None:
    """Fetch a preset's weights from the Hugging Face hub. Run again, it goes on with what is missing."""
    with _explained():
        _permit(preset)
        from infra.weights.hub import Hub
        from infra.weights.preparing import Origin
        from infra.weights.preparing import fetch as fetched
        from infra.weights.shelves import shelf_at

        chosen = PRESETS[preset]
        err.print("; ".join(filter(None, (f"{chosen.repository}: {chosen.licence}", chosen.hurdle))))
        origin = Origin(preset, chosen.repository, revision or chosen.revision)
        manifest = fetched(origin, Hub(), shelf_at(into), staging, err.print)
        out.print(f"{preset} {manifest.revision}")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A LoRA, as safetensors.")],
    into: Into,
    name: Annotated[
        str | None, typer.Option(help="What videos call it; the file's name if left out.")
    ] = None,
) -> None:
    """Add a LoRA, such as a brand's own, to those that videos can name."""
    with _explained():
        from infra.weights.preparing import add_lora
        from infra.weights.shelves import shelf_at

        called = file.stem if name is None else name
        entry = add_lora(file, called, shelf_at(into))
        out.print(f"{called} {entry.sha256}")


def _permit(preset: str) -> None:
    if preset not in PRESETS:
        raise InvalidInput("preset", preset, tuple(PRESETS))


@contextmanager
def _explained() -> Iterator[None]:
    """End with the exit code that says what went wrong."""
    from google.api_core.exceptions import GoogleAPICallError  # here: the other commands need none of it
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (InvalidInput, HubClientMissing) as error:
        end(Exit.BAD_INPUT, str(error))
    except (HubUnreachable, Unavailable) as error:
        end(Exit.UNREACHABLE, str(error))
    except HubRefused as error:
        end(Exit.REFUSED, str(error))
    except GoogleAuthError as error:
        end(Exit.REFUSED, f"no credentials: `gcloud auth application-default login` makes some ({error})")
    except GoogleAPICallError as error:  # no such bucket, or no permission
        end(Exit.REFUSED, f"{type(error).__name__}: {error}")
    except WeightsError as error:
        end(Exit.FAILED, str(error))
    except OSError as error:
        end(Exit.FAILED, f"{error.filename or ''}: {error.strerror}")
    except KeyboardInterrupt:
        end(Exit.INTERRUPTED, "stopped; run it again to go on")
