"""The way to the cloud: the workflow, the targets of make and the documentation fit together."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no type information

from infra.archives import REPOSITORY
from infra.config import Alerts, Budget, Deployment, Limits, Size, Sizes

WORKFLOW = REPOSITORY / ".github" / "workflows" / "deploy.yml"
DEPLOYING = (REPOSITORY / "docs" / "deploy.md").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.fixture
def jobs() -> dict[str, Any]:
    """Return the jobs of the workflow."""
    read: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    return read


def test_the_workflow_tests_as_everybody_does_and_deploys_only_what_passed(jobs: dict[str, Any]) -> None:
    assert {"run": ".ci/run"} in jobs["test"]["steps"]
    assert jobs["deploy"]["needs"] == "test"
    assert "github.event_name == 'push'" in jobs["deploy"]["if"]


def test_the_workflow_holds_no_key(jobs: dict[str, Any]) -> None:
    assert "secrets." not in WORKFLOW.read_text("utf-8")
    for name in ("preview", "deploy"):
        assert jobs[name]["permissions"]["id-token"] == "write"
        [entered] = [
            step for step in jobs[name]["steps"] if "google-github-actions/auth" in step.get("uses", "")
        ]
        assert set(entered["with"]) == {"workload_identity_provider", "service_account"}
    assert "id-token" not in jobs["test"].get("permissions", {})


def test_a_pull_request_of_a_fork_is_given_no_identity(jobs: dict[str, Any]) -> None:
    assert "head.repo.full_name == github.repository" in jobs["preview"]["if"]


def test_every_variable_of_the_workflow_is_documented() -> None:
    named = set(re.findall(r"vars\.([A-Z_]+)", WORKFLOW.read_text("utf-8")))
    assert named
    assert {name for name in named if f"`{name}`" not in DEPLOYING} == set()


def test_every_target_that_is_documented_exists() -> None:
    told = set(re.findall(r"`?make ([a-z-]+)", DEPLOYING)) - {"it"}
    assert {"preview", "deploy"} <= told <= TARGETS


@pytest.mark.parametrize("model", [Deployment, Alerts, Budget])
def test_every_key_of_a_stack_is_documented(model: type[Deployment | Alerts | Budget]) -> None:
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if key not in DEPLOYING] == []


def test_the_parts_of_what_is_documented_as_one_are_named_there_or_in_a_stack() -> None:
    prod = (REPOSITORY / "infra" / "Pulumi.prod.yaml").read_text("utf-8")
    dev = (REPOSITORY / "infra" / "Pulumi.dev.yaml").read_text("utf-8")
    keys = [
        field.alias or name for model in (Limits, Size, Sizes) for name, field in model.model_fields.items()
    ]
    assert [key for key in keys if key not in DEPLOYING + prod + dev] == []
