"""Foreign addresses: which identity a pattern reads in what a charger dialed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.path_patterns import PRESETS, BadPattern, Dialed, Fault, read_pattern

WORD = st.text("abcXYZ019-_.", min_size=1, max_size=12)


def identity(pattern: str, path: str, query: tuple[tuple[str, str], ...] = ()) -> str:
    steps = tuple(step for step in path.split("/") if step)
    return read_pattern(pattern)[1].identity_in(Dialed("", steps, query))


@pytest.mark.parametrize(
    ("pattern", "path", "named"),
    [
        ("/steve/websocket/CSS/{identity}", "/steve/websocket/CSS/A-1", "A-1"),
        ("/steve/websocket/CSS/{identity}", "/Steve/WebSocket/css/A-1/", "A-1"),
        ("/ocpp/1.6/{identity}", "//ocpp//1.6//CP_1", "CP_1"),
        ("/cpms/acme/EVB-{identity}", "/cpms/acme/evb-P123", "P123"),
        ("/{identity}/ocpp", "/CP 7/ocpp", "CP 7"),
        ("/a%20b/{identity}", "/a b/CP", "CP"),
        ("/ocpp/1.6/{identity}", "/ocpp/1.6", ""),
        ("/ocpp/1.6/{identity}", "/ocpp/1.6/a/b", ""),
        ("/ocpp/1.6/{identity}", "/ocpp/2.0.1/a", ""),
        ("/x/EVB-{identity}-x", "/x/EVB-x", ""),
    ],
)  # fmt: skip
def test_an_identity_is_read_where_the_pattern_has_its_place(pattern, path, named):
    assert identity(pattern, path) == named


def test_an_identity_may_stand_in_the_query():
    query = (("v", "1"), ("chargeBoxId", "CP-9"))
    assert identity("/gateway?chargeboxid={identity}", "/gateway", query) == "CP-9"
    assert identity("/gateway?chargeboxid={identity}", "/gateway") == ""


@pytest.mark.parametrize(
    ("text", "host", "kept"),
    [
        ("wss://Old-Host.example:8443/steve/{identity}/", "old-host.example", "/steve/{identity}"),
        ("ocpp/1.6/{identity}?token=1", "", "/ocpp/1.6/{identity}"),
        (" /{identity} ", "", "/{identity}"),
    ],
)
def test_a_path_or_a_whole_address_can_be_written(text, host, kept):
    found_host, pattern = read_pattern(text)
    assert (found_host, pattern.text) == (host, kept)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/ocpp/1.6/CP-1", Fault.NO_PLACE),
        ("/{identity}/{identity}", Fault.TWO_PLACES),
        ("/" + "x" * 200 + "{identity}", Fault.TOO_LONG),
        ("ftp://host/{identity}", Fault.NOT_A_PATH),
        ("wss://{identity}", Fault.NOT_A_PATH),
        ("/x#{identity}", Fault.NOT_A_PATH),
        ("/x?a=b{identity}", Fault.NOT_A_PATH),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_fault(text, fault):
    with pytest.raises(BadPattern) as refused:
        read_pattern(text)
    assert refused.value.fault is fault


def test_the_presets_are_patterns():
    assert all(read_pattern(text)[1].text == text for _name, text in PRESETS)


@given(st.lists(WORD, max_size=4), WORD, WORD, st.data())
def test_what_is_put_into_the_place_is_read_there(literals, before, identity_, data):
    place = data.draw(st.integers(0, len(literals)))
    steps = [*literals[:place], f"{before}{{identity}}", *literals[place:]]
    _host, pattern = read_pattern("/" + "/".join(steps))
    dialed = tuple(step.replace("{identity}", identity_) for step in steps)
    assert pattern.identity_in(Dialed("", dialed)) == identity_
    assert read_pattern(pattern.text)[1] == pattern
