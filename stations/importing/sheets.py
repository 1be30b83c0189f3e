"""A table out of a file, as spreadsheets and programs write them: CSV in several tongues, or JSON. Pure.

Encodings UTF-8 (with or without BOM), UTF-16 with BOM, else Windows-1252; separators `,` `;` tab or `|`,
whichever the head line has most of. JSON is a list of flat objects, or an object with such a list inside;
what is nested stays JSON in its cell.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

BYTES_AT_MOST: Final = 8_000_000
ROWS_AT_MOST: Final = 20_000
COLUMNS_AT_MOST: Final = 100
CELL_CHARS_AT_MOST: Final = 20_000
SEPARATORS: Final = (",", ";", "\t", "|")
MORE: Final = ""
"""The column of cells that stand beyond the last head; a row that has some is not understood."""


class Fault(StrEnum):
    """Why nothing can be read at all."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_LONG_A_CELL = "too_long_a_cell"
    EMPTY = "empty"
    OPEN_QUOTE = "open_quote"
    BAD_JSON = "bad_json"
    NO_LIST = "no_list"


class Unreadable(ValueError):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its line in a CSV file or its place in a list (both from 1), and its texts by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`separator` is empty for JSON."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str
    separator: str


def read(data: bytes) -> Sheet:
    """The table in these bytes. Raises Unreadable."""
    if len(data) > BYTES_AT_MOST:
        raise Unreadable(Fault.TOO_LARGE)
    text, encoding = decode(data)
    text = text.replace("\0", "")
    if not text.strip():
        raise Unreadable(Fault.EMPTY)
    return _json(text, encoding) if text.lstrip()[0] in "[{" else _csv(text, encoding)


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding; every byte string has one."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:  # five bytes have no letter there
        return data.decode("latin-1"), "Latin-1"


# --- CSV -------------------------------------------------------------------------------------


def _csv(text: str, encoding: str) -> Sheet:
    separator = guess_separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, row) for row in _bounded(reader) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        is_long = "field larger" in str(error)
        raise Unreadable(Fault.TOO_LONG_A_CELL if is_long else Fault.OPEN_QUOTE) from error
    if not rows:
        raise Unreadable(Fault.EMPTY)
    columns = _distinct(rows[0][1])
    lines = tuple(Line(number, _named(columns, row)) for number, row in rows[1:])
    return _checked(Sheet(columns, lines, encoding, separator))


def guess_separator(text: str) -> str:
    """The separator that the head line has most of, outside quotes."""
    head = next(line for line in text.splitlines() if line.strip())
    bare = "".join(part for n, part in enumerate(head.split('"')) if n % 2 == 0)
    return max(SEPARATORS, key=bare.count)


def _bounded(rows: Iterable[list[str]]) -> Iterable[list[str]]:
    for number, row in enumerate(rows):
        if number > ROWS_AT_MOST + 1000:  # blank lines do not count, but not for ever
            raise Unreadable(Fault.TOO_MANY_ROWS)
        yield row


def _distinct(heads: list[str]) -> tuple[str, ...]:
    """Heads as they stand; a second one of the same name is told apart."""
    seen: dict[str, int] = {}
    found = []
    for place, head in enumerate(heads, start=1):
        name = head.strip() or f"#{place}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def _named(columns: tuple[str, ...], row: list[str]) -> dict[str, str]:
    named = {column: cell.strip() for column, cell in zip(columns, row, strict=False) if cell.strip()}
    more = [cell for cell in row[len(columns) :] if cell.strip()]
    return named | ({MORE: " ".join(more)} if more else {})


# --- JSON ------------------------------------------------------------------------------------


def _json(text: str, encoding: str) -> Sheet:
    try:
        said = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(Fault.BAD_JSON) from error
    found = [_texts(row) for row in _list_in(said)]
    columns = tuple(dict.fromkeys(name for row in found for name in row))
    return _checked(Sheet(columns, tuple(Line(n, row) for n, row in enumerate(found, 1)), encoding, ""))


def _list_in(said: Any) -> list[Mapping[str, Any]]:
    """The list itself; in an object (OCPI: `data`) its first list of objects, or the object alone."""
    if isinstance(said, Mapping):
        inside = (value for value in said.values() if isinstance(value, list | Mapping) and value)
        lists = [value for value in inside if isinstance(value, list) and isinstance(value[0], Mapping)]
        said = lists[0] if lists and not {"id", "identity", "uid"} & set(said) else [said]
    if not isinstance(said, list) or not all(isinstance(row, Mapping) for row in said):
        raise Unreadable(Fault.NO_LIST)
    return said


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    texts = {str(name).strip(): as_text(value) for name, value in row.items()}
    return {name: text for name, text in texts.items() if name and text}


def as_text(value: Any) -> str:
    """A JSON value as a cell: texts and numbers as they are, what is nested as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | Decimal):
        return str(value).strip()
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def _checked(sheet: Sheet) -> Sheet:
    if not sheet.lines or not sheet.columns:
        raise Unreadable(Fault.EMPTY)
    if len(sheet.lines) > ROWS_AT_MOST:
        raise Unreadable(Fault.TOO_MANY_ROWS)
    if len(sheet.columns) > COLUMNS_AT_MOST:
        raise Unreadable(Fault.TOO_MANY_COLUMNS)
    if any(len(cell) > CELL_CHARS_AT_MOST for line in sheet.lines for cell in line.cells.values()):
        raise Unreadable(Fault.TOO_LONG_A_CELL)
    return sheet
