"""Paced work: soon, seldom, and never forgotten."""

from __future__ import annotations

import threading
import time

from core.pacing import Paced


def test_what_is_asked_for_often_is_done_seldom_and_once_more_at_the_end():
    done: list[float] = []
    last = threading.Event()

    def work() -> None:
        done.append(time.monotonic())
        if len(done) == 2:
            last.set()

    paced = Paced(work, apart_s=0.2)
    for _ in range(100):
        paced.ask()
        time.sleep(0.001)
    assert last.wait(10)
    time.sleep(0.3)
    assert len(done) == 2
    assert done[1] - done[0] >= 0.2


def test_what_is_asked_for_is_done_before_the_process_ends():
    done: list[int] = []
    paced = Paced(lambda: done.append(1), apart_s=60)
    paced.ask()
    while not done:
        time.sleep(0.01)
    paced.ask()
    paced._finish()
    assert len(done) == 2
