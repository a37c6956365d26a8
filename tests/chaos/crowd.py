"""All clients of a run: a bounded number, each of which takes the next order once its last one is over."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.chaos.client import Client
from tests.chaos.orders import Order
from tests.chaos.threads import running
from tests.chaos.told import Told

CLIENTS = 12
"""As many jobs are under way at a time."""

LAST_LOOKS = 20
"""Tries of the last look at a job."""


class Crowd:
    """Threads of clients.

    Args:
        url: of submit.
        api_key: of the owner of all orders.
    """

    def __init__(self, url: str, api_key: str, orders: Sequence[Order]) -> None:
        self.tolds = [Told(order) for order in orders]
        """What each order's client was told, in the order of the orders."""
        self._url, self._api_key = url, api_key
        self._waiting: queue.SimpleQueue[Told] = queue.SimpleQueue()
        for told in self.tolds:
            self._waiting.put(told)
        self._over: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._given_up = threading.Event()

    @property
    def done(self) -> int:
        """How many orders are over."""
        return self._over.qsize()

    def cancel(self, video_id: str) -> None:
        """Let the client of a video cancel it, if it is not over. Returns at once."""
        for told in self.tolds:
            if told.video_id == video_id:
                told.is_to_cancel = True

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let clients follow their orders within the block; at its end those that are left are given up.

        Raises:
            BaseExceptionGroup: clients have crashed.
        """
        with running([self._follow_all] * CLIENTS, self._given_up.set):
            yield

    def look_once_more(self) -> None:
        """Ask how every video stands that was accepted, until there is an answer."""
        client = Client(self._url, self._api_key, threading.Event())
        for told in self.tolds:
            if told.video_id:
                next((True for _ in range(LAST_LOOKS) if client.look(told).is_video), False)
        client.close()

    def _follow_all(self) -> None:
        client = Client(self._url, self._api_key, self._given_up)
        try:
            while not self._given_up.is_set():
                told = self._waiting.get_nowait()
                client.follow(told)
                self._over.put(told)
        except queue.Empty:
            return
        finally:
            client.close()
