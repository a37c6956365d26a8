"""`ttv keys` on a running deployment: what it makes opens the API, until it is revoked."""

import secrets
from collections.abc import Callable

import httpx
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from infra.cli.exits import Exit
from infra.cli.main import app
from infra.local.clients import api_keys
from infra.local.stack import LocalStack
from shared.api_keys import KeyLimits
from shared.domain.naming import api_key_id

Keys = Callable[..., Result]
Logged = list[dict[str, object]]


@pytest.fixture
def logged() -> Logged:
    return []


@pytest.fixture
def keys(stack: LocalStack, logged: Logged) -> Keys:
    """Runs `ttv keys` with the stack's variables, or others, as its environment."""

    def run(*arguments: str, environment: dict[str, str] = stack.environment) -> Result:
        with capture_logs() as lines:
            result = CliRunner().invoke(app, ["keys", *arguments], env=environment)
        logged.extend({**line} for line in lines)
        return result

    return run


@pytest.fixture
def apart(stack: LocalStack) -> dict[str, str]:
    """A deployment of this test's own, with no keys but its own."""
    return stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"}


def succeeded(result: Result) -> str:
    assert result.exit_code == Exit.OK, result.output
    return result.stdout


def status(stack: LocalStack, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{stack.submit_url}/v1/videos", headers=headers, timeout=20).status_code


def test_a_key_opens_the_api_and_no_more_once_it_is_revoked(stack: LocalStack, keys: Keys) -> None:
    key = succeeded(keys("create", "a customer")).strip()
    assert key.startswith("ttv_")
    assert len(key) == len("ttv_") + 43  # 256 bits
    revoked_unseen = succeeded(keys("create", "a customer")).strip()
    assert status(stack, key) == 200
    for _ in range(2):
        succeeded(keys("revoke", revoked_unseen))
    assert status(stack, revoked_unseen) == 401


def test_a_list_tells_all_about_keys_but_the_keys(keys: Keys, apart: dict[str, str]) -> None:
    asked = ("--creations-per-minute", "7", "--running-videos", "3", "--usd-per-month", "12.5")
    limited = succeeded(keys("create", "zoe", "--name", "laptop", *asked, environment=apart)).strip()
    plain = succeeded(keys("create", "adam", "--scope", "metrics", environment=apart)).strip()
    succeeded(keys("revoke", api_key_id(plain)[:12], environment=apart))
    listed = succeeded(keys("list", environment=apart))
    assert limited not in listed
    assert plain not in listed
    first, second = (line for line in listed.splitlines() if "adam" in line or "zoe" in line)
    assert all(each in first for each in (api_key_id(plain)[:12], "metrics"))
    assert all(each in second for each in (api_key_id(limited)[:12], "laptop", "videos", "7", "3", "12.5"))
    last_cells = [line.rstrip(" │").split()[-1] for line in (first, second)]
    assert [cell == "-" for cell in last_cells] == [False, True]
    found = api_keys(apart).find(api_key_id(limited))
    assert found is not None
    assert found.limits == KeyLimits(
        creations_per_minute=7, running_videos=3, usd_micros_per_month=12_500_000
    )


def test_what_is_done_to_keys_is_told_and_kept_and_no_key_is(
    keys: Keys, apart: dict[str, str], logged: Logged
) -> None:
    made = keys("create", "a customer", "--name", "laptop", environment=apart)
    key = succeeded(made).strip()
    digits = api_key_id(key)[:12]
    revoked = keys("revoke", digits, environment=apart)
    (stored,) = api_keys(apart).all()
    assert stored.created_at
    assert stored.revoked_at
    assert stored.revoked_at > stored.created_at
    assert f"key.created: {digits} of a customer" in made.stderr
    assert f"key.revoked: {digits} of a customer" in revoked.stderr
    assert key not in str(logged) + made.stderr + revoked.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("revoke", "ttv_unknown"), "there is no key"),
        (("revoke", "ffffffffffff"), "there is no key ffffffffffff"),
        (("revoke", "fff"), "12 or more digits"),
        (("revoke", "not digits!!"), "12 or more digits"),
        (("create", " "), "printable text"),
        (("create", "a", "--running-videos", "0"), "running-videos"),
        (("create", "a", "--scope", "all"), "all"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_permitted(
    keys: Keys, arguments: tuple[str, ...], message: str
) -> None:
    result = keys(*arguments)
    assert (result.exit_code, message in result.stderr) == (Exit.BAD_INPUT, True), result.output
