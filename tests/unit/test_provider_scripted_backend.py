"""What the scripted backend needs from its environment."""

import pytest

from functions.render.video_backends.scripted import Scripted
from shared.domain.errors import BackendUnavailable

COMPLETE = {"TTV_SCRIPTED_URL": "http://127.0.0.1:8123", "TTV_SCRIPTED_KEY": "secret-key"}


@pytest.mark.parametrize("missing", COMPLETE)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(missing: str, value: str | None) -> None:
    environment = {name: given for name, given in COMPLETE.items() if name != missing}
    if value is not None:
        environment[missing] = value

    with pytest.raises(BackendUnavailable, match=missing):
        Scripted.from_environment(environment)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8123", "ftp://127.0.0.1", "http://", "http://a/b", "http://u:p@a"]
)
def test_an_url_that_cannot_be_the_providers_is_refused(url: str) -> None:
    with pytest.raises(BackendUnavailable):
        Scripted.from_environment(COMPLETE | {"TTV_SCRIPTED_URL": url})


def test_a_key_that_cannot_be_sent_is_refused_and_not_told() -> None:
    with pytest.raises(BackendUnavailable) as raised:
        Scripted.from_environment(COMPLETE | {"TTV_SCRIPTED_KEY": "secret\nkey"})

    assert "secret" not in str(raised.value)
