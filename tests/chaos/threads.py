"""Threads whose failures are not lost: a part of the harness that died quietly would prove nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def running(targets: list[Callable[[], None]], stop: Callable[[], None]) -> Iterator[None]:
    """Run functions beside the block, each in a thread of its own.

    Args:
        stop: called at the end of the block; then every function must return soon.

    Raises:
        BaseExceptionGroup: some of them have raised; all of it is in the group.
    """
    errors: list[BaseException] = []

    def guarded(target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:  # raised again where it is seen
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop()
        for thread in threads:
            thread.join()
    if errors:
        raise BaseExceptionGroup("a part of the harness has failed", errors)
