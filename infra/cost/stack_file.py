"""Reads what matters to the costs from a stack's configuration file. It knows no price."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it ships no type information
from pydantic import ValidationError

from infra.config import Deployment
from infra.cost.scenario import Plant
from shared.domain.errors import InvalidInput

OPTION = "stack_file"
LINE = "\n"


def plant_of(file: Path) -> Plant:
    """Return the deployment that a `Pulumi.<stack>.yaml` describes.

    Raises:
        InvalidInput: it is no such file; it tells what is wrong with it.
    """
    try:
        stack = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(OPTION, str(file), f"a YAML file; {str(error).partition(LINE)[0]}") from error
    deployment = _deployment(file, stack)
    sizes = {service.name: deployment.size_of(service) for service in deployment.services}
    return Plant(
        sizes=sizes,
        gpu=deployment.gpu,
        gpu_speeds=deployment.gpu_speeds,
        cdn=deployment.cdn,
        region=deployment.region,
    )


def _deployment(file: Path, stack: Any) -> Deployment:  # noqa: ANN401 - whatever the file holds
    try:
        told = stack["config"]
        here = {"project": told["gcp:project"], "region": told["gcp:region"]}
        return Deployment.model_validate({**told["ttv:deployment"], **here})
    except (KeyError, TypeError) as error:
        needed = "one with config: gcp:project, gcp:region and ttv:deployment, such as infra/Pulumi.prod.yaml"
        raise InvalidInput(OPTION, str(file), needed) from error
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "ttv:deployment"
        raise InvalidInput(OPTION, str(file), "", because=f"{file}: {where}: {wrong['msg']}") from None
