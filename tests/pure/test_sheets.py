"""Tables out of files: whatever a spreadsheet writes is read as it was meant."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.importing import cells, sheets
from stations.importing.cells import NotUnderstood, Stall
from stations.importing.kinds import Field, guess
from stations.importing.sheets import Fault, Unreadable

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")
LETTERS = st.characters(codec="cp1252", exclude_characters="\r\n\0", exclude_categories=["Cc", "Cs"])
CELL = st.text(LETTERS, max_size=12).map(str.strip)
HEAD = st.text("abcdefghij_ ", min_size=1, max_size=10).map(str.strip).filter(bool)


@st.composite
def tables(draw):
    heads = draw(st.lists(HEAD, min_size=2, max_size=6, unique=True))
    row = st.lists(CELL, min_size=len(heads), max_size=len(heads)).filter(any)
    return heads, draw(st.lists(row, min_size=1, max_size=8))


def as_bytes(heads, rows, separator=",", encoding="utf-8", end="\r\n", quoting=csv.QUOTE_MINIMAL) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows([heads, *rows])
    return text.getvalue().encode(encoding)


@given(
    tables(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_spreadsheet_writes_is_read_as_it_was(table, separator, encoding, end, quoting):
    heads, rows = table
    sheet = sheets.read(as_bytes(heads, rows, separator, encoding, end, quoting))
    assert (sheet.columns, sheet.separator) == (tuple(heads), separator)
    wanted = [{head: cell for head, cell in zip(heads, row, strict=True) if cell} for row in rows]
    assert [line.cells for line in sheet.lines] == wanted


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sheet_or_unreadable(data):
    try:
        sheet = sheets.read(data)
    except Unreadable:
        return
    assert all(set(line.cells) <= {*sheet.columns, sheets.MORE} for line in sheet.lines)
    assert "\0" not in json.dumps([line.cells for line in sheet.lines])


@given(tables())
def test_a_list_of_json_objects_is_the_same_table(table):
    heads, rows = table
    objects = [dict(zip(heads, row, strict=True)) for row in rows]
    assert [line.cells for line in sheets.read(json.dumps(objects).encode()).lines] == [
        {head: cell for head, cell in one.items() if cell} for one in objects
    ]


def test_a_quoted_cell_may_hold_separators_quotes_and_line_breaks():
    sheet = sheets.read(b'a;b\n"x; ""y""\nz";1\n;\n2;3\n')
    assert [line.cells for line in sheet.lines] == [{"a": 'x; "y"\nz', "b": "1"}, {"a": "2", "b": "3"}]
    assert [line.number for line in sheet.lines] == [3, 5]


def test_cells_beyond_the_heads_and_heads_without_names_are_told_apart():
    sheet = sheets.read(b"a,,a\n1,2,3,4\n")
    assert sheet.columns == ("a", "#2", "a (2)")
    assert sheet.lines[0].cells == {"a": "1", "#2": "2", "a (2)": "3", sheets.MORE: "4"}


def test_an_ocpi_answer_is_the_list_inside_it():
    sheet = sheets.read(b'{"status_code": 1000, "data": [{"id": "1", "elements": [{"price": 0.30}]}]}')
    assert sheet.lines[0].cells == {"id": "1", "elements": '[{"price":"0.30"}]'}
    assert sheets.read(b'{"id": "7", "elements": [{"a": 1}]}').lines[0].cells["id"] == "7"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"identity,name\n", Fault.EMPTY),
        (b",\n,\n", Fault.EMPTY),
        (b'a,b\n"open,1\n2,3\n', Fault.OPEN_QUOTE),
        (b"[1, 2]", Fault.NO_LIST),
        (b"[{]", Fault.BAD_JSON),
        (b"x" * (sheets.BYTES_AT_MOST + 1), Fault.TOO_LARGE),
        (b"a,b\n" + b"1,2\n" * (sheets.ROWS_AT_MOST + 1), Fault.TOO_MANY_ROWS),
        (b",".join(b"%d" % n for n in range(120)) + b"\n1\n", Fault.TOO_MANY_COLUMNS),
        (b"a,b\n1," + b"x" * 30_000, Fault.TOO_LONG_A_CELL),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_fault(data, fault):
    with pytest.raises(Unreadable) as refused:
        sheets.read(data)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("text", "number"),
    [("52,520008", "52.520008"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("-9.5", "-9.5"),
     ("1 234,5", "1234.5"), ("7", "7")],
)  # fmt: skip
def test_numbers_are_read_with_either_comma(text, number):
    assert cells.decimal(text) == Decimal(number)


@given(st.decimals(-90, 90, places=6))
def test_a_coordinate_is_the_same_with_point_and_comma(number):
    text = f"{number:f}"
    assert cells.decimal(text) == cells.decimal(text.replace(".", ",")) == number


@pytest.mark.parametrize(
    ("text", "watts"),
    [("22", 22_000), ("22 kW", 22_000), ("22000", 22_000), ("22000 W", 22_000), ("3,7kW", 3700),
     ("0.35 MW", 350_000), ("350", 350_000), ("500W", 500)],
)  # fmt: skip
def test_powers_are_read_with_and_without_units(text, watts):
    assert cells.power_w(text) == watts


T2, CCS, CHADEMO = "IEC_62196_T2", "IEC_62196_T2_COMBO", "CHADEMO"


@pytest.mark.parametrize(
    ("text", "stalls"),
    [
        ("2x Type2 22kW | CCS + CHAdeMO 150", [Stall((T2,), 22_000)] * 2 + [Stall((CCS, CHADEMO), 150_000)]),
        ("Type 2", [Stall((T2,))]),
        ('["Type2 11"]', [Stall((T2,), 11_000)]),
        ('[{"connectors": ["CCS"], "max_power": "50 kW"}]', [Stall((CCS,), 50_000)]),
        (
            '[{"connectors":[{"standard":"IEC_62196_T2_COMBO","max_electric_power":150000}]}]',
            [Stall((CCS,), 150_000)],
        ),
    ],
)
def test_stalls_are_read_from_words_and_from_json(text, stalls):
    assert list(cells.stalls(text)) == stalls


@pytest.mark.parametrize(
    ("reader", "text"),
    [(cells.decimal, "x"), (cells.decimal, "nan"), (cells.whole, "1.5"), (cells.power_w, "much"),
     (cells.power_w, "0"), (cells.yes, "perhaps"), (cells.instant, "soon"), (cells.stalls, "warp 9"),
     (cells.stalls, "[]"), (cells.plug, "")],
)  # fmt: skip
def test_what_is_not_understood_is_said_so(reader, text):
    with pytest.raises(NotUnderstood):
        reader(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2027-01-31", datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("31.01.2027", datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-31 12:00:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_its_last_second(text, at):
    assert cells.instant(text) == at


def test_columns_are_guessed_by_what_other_systems_call_them():
    fields = [Field(name="identity", label="", also=("chargeboxid", "id")), Field(name="name", label="")]
    assert guess(fields, ["id", "Charge_Box-ID", "Name"]) == {"identity": "Charge_Box-ID", "name": "Name"}
