"""What the README promises is there, as the service is shipped, over every version of HTTP."""

import json
import re

import pytest

from infra.archives import REPOSITORY
from infra.local.stack import LocalStack
from tests.integration.edges import VERSIONS, ask

README = (REPOSITORY / "README.md").read_text()
DOCUMENTED = sorted(set(re.findall(r"`(GET|POST|DELETE) (/[^\s`?]*)", README)))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_route_is_there_as_shipped(
    stack: LocalStack, api_key: str, version: str, method: str, path: str
) -> None:
    nobody = "video_000000000000000000000000"
    request = (method, path.replace("{id}", nobody), [("authorization", f"Bearer {api_key}")])
    answer = ask(version, stack.processes["edge"].port, stack.certificate, *request)
    if "{id}" in path:
        assert nobody in json.loads(answer.body)["detail"], answer
    else:
        assert answer.status in (200, 403, 415), answer  # 403: /metrics needs a key of another scope
