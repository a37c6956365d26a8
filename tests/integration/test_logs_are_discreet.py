"""What no process may log: prompts, keys, signed URLs."""

from infra.local.stack import LocalStack
from tests.integration.service import Api

MARK = "Zyxomma"
"""A name that stands nowhere but in the prompt of this test."""


def test_no_process_logs_a_prompt_a_key_or_a_signed_url(stack: LocalStack, api: Api, api_key: str) -> None:
    video_id = api.create(prompt=f"{MARK} walks along the harbour. {MARK} rests.", seconds=4)
    api.finished(video_id)
    signed = api.http.get(f"/v1/videos/{video_id}/content").headers["Location"]
    api.http.post("/v1/videos", json={"prompt": MARK, "size": MARK})
    logs = {path.name: path.read_text(errors="replace") for path in stack.folder.logs.glob("*.log")}
    assert any(video_id in text for text in logs.values())
    secrets = {"prompt": MARK, "key": api_key, "signature": signed.partition("X-Goog-Signature=")[2][:40]}
    assert all(secrets.values())
    leaks = [
        (name, what) for name, text in logs.items() for what, secret in secrets.items() if secret in text
    ]
    assert leaks == []
