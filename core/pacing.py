"""Work that many ask for and that need not be done for each of them."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Paced"]


class Paced:
    """`ask` has `work` done soon, on a thread of its own, and not again before `apart_s` have passed.

    What is asked for meanwhile is one more time of work, then. Nothing asked for is forgotten when the
    process ends in an orderly way. `work` must not raise.
    """

    def __init__(self, work: Callable[[], None], *, apart_s: float) -> None:
        self._work: Final = work
        self._apart_s: Final = apart_s
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        self._asked.set()
        if self._thread is None or not self._thread.is_alive():  # never started, or in the parent of a fork
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="paced", daemon=True)
                self._thread.start()
                atexit.register(self._finish)

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._do()
            time.sleep(self._apart_s)

    def _do(self) -> None:
        self._asked.clear()
        self._work()

    def _finish(self) -> None:
        if self._asked.is_set():
            self._do()
