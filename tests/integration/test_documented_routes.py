"""What the README promises is there, as the service is shipped."""

import re

import pytest

from infra.archives import REPOSITORY
from tests.integration.service import Api

README = (REPOSITORY / "README.md").read_text()
DOCUMENTED = sorted(set(re.findall(r"`(GET|POST|DELETE) (/[^\s`?]*)", README)))


@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_route_is_there_as_shipped(api: Api, method: str, path: str) -> None:
    nobody = "video_000000000000000000000000"
    answer = api.http.request(method, path.replace("{id}", nobody))
    if "{id}" in path:
        assert nobody in answer.json()["detail"], answer.text
    else:
        assert answer.status_code in (200, 415), answer.text
