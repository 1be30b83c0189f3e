"""The demo's first start takes a while: it says how far it is."""

from __future__ import annotations

from datetime import timedelta

from demo.progress import Progress

HOUR = timedelta(hours=1)


def test_a_line_every_few_seconds_with_the_time_that_is_left():
    clock, said = [0.0], []
    progress = Progress(said.append, now_s=lambda: clock[0])
    for hour in range(1, 25):
        clock[0] += 2.5
        progress.tell("played", hour * HOUR, 24 * HOUR)
    assert said[0] == "played: 8 %, about 55 s to go"
    assert said[-1] == "played: 100 %"
    assert len(said) == 12


def test_a_short_piece_of_work_is_said_once_at_its_end():
    said = []
    progress = Progress(said.append, now_s=lambda: 0.0)
    for done in range(1, 4):
        progress.tell("cards", done, 3)
    progress.tell("nothing", 0, 0)
    assert said == ["cards: 100 %", "nothing: 100 %"]
