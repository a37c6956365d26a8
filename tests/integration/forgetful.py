"""A Firestore that does what it is told, and then does not answer."""

from typing import Any

from google.api_core.exceptions import ServiceUnavailable
from google.cloud import firestore


class Forgetful(firestore.Client):
    """A client whose first commit is carried out but never answered."""

    answers_lost = 1

    def batch(self) -> firestore.WriteBatch:
        return LosingAnswers(self)


class LosingAnswers(firestore.WriteBatch):
    def commit(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the client's own signature
        results = super().commit(*args, **kwargs)
        if self._client.answers_lost:
            self._client.answers_lost -= 1
            raise ServiceUnavailable("the connection broke")  # type: ignore[no-untyped-call]  # no types there
        return results
