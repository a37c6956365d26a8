"""Bounds a call to a provider as a whole. It knows neither provider nor HTTP.

Clients bound only each wait for the next bytes, and some neither the resolving of a name nor a sign-in.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Returned = TypeVar("Returned")


def within(seconds: float, call: Callable[[], Returned]) -> Returned:
    """Return what `call` returns, or raise what it raises, within `seconds`.

    Raises:
        TimeoutError: it goes on, on a thread of its own, and nobody will know its result.
    """
    result: Future[Returned] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except BaseException as error:  # raised again where it is awaited
            result.set_exception(error)

    threading.Thread(target=run, name="provider-call", daemon=True).start()
    return result.result(seconds)
