"""An import's rows, judged: what each would do, or why it cannot be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from django.conf import settings
from django.utils.translation import gettext as _

from core.dotted import resolve
from stations.importing import sheets
from stations.importing.kinds import NEW, PROBLEM, Importer, Problem, Scene, Verdict
from stations.models import DataImport, ImportRow
from stations.services.secrets import hash_secret

SEALED: Final = "hmac-sha256:"


def importer_of(kind: str) -> Importer:
    """Raises KeyError."""
    return cast(Importer, resolve(settings.IMPORTERS[kind]))


def scene_of(batch: DataImport) -> Scene:
    return Scene(organization=batch.organization, options=batch.options, actor=batch.created_by)


def fitting(importer: Importer, mapping: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    names = {field.name for field in importer.fields}
    return {name: column for name, column in mapping.items() if name in names and column in columns}


def judge(batch: DataImport, lines: Sequence[tuple[int, dict[str, str]]]) -> None:
    importer, scene = importer_of(batch.kind), scene_of(batch)
    secret = [batch.mapping.get(field.name, "") for field in importer.fields if field.is_secret]
    rows = [
        ImportRow(batch=batch, number=number, cells=_sealed(cells, secret), verdict=NEW)
        for number, cells in lines
    ]
    parsed = [row for row in rows if _parse(importer, scene, batch.mapping, row)]
    firsts = _firsts(parsed)
    parsed = [row for row in parsed if not _is_double(row, firsts)]
    take_over(parsed, importer.compare([row.values for row in parsed], scene))
    ImportRow.objects.bulk_create(rows, batch_size=2000)


def _sealed(cells: Mapping[str, str], secret: Iterable[str]) -> dict[str, str]:
    """Passwords are not kept as they stand in the file, not even in a preview."""
    hidden = {
        column: SEALED + hash_secret(cells[column])
        for column in secret
        if column in cells and not cells[column].startswith(SEALED)
    }
    return {**cells, **hidden}


def _parse(importer: Importer, scene: Scene, mapping: Mapping[str, str], row: ImportRow) -> bool:
    cells = {field: row.cells[column] for field, column in mapping.items() if column in row.cells}
    try:
        if sheets.MORE in row.cells:
            raise Problem(_("It has more cells than there are columns. Is a text with a separator unquoted?"))
        for field in importer.fields:
            if field.is_required and field.name not in cells:
                raise Problem(_("Nothing stands under “%(field)s”.") % {"field": field.label})
        row.key, row.values = importer.parse(cells, scene)
    except Problem as problem:
        refuse(row, str(problem.words))
        return False
    return True


def _firsts(rows: Iterable[ImportRow]) -> dict[str, int]:
    firsts: dict[str, int] = {}
    for row in rows:
        firsts.setdefault(row.key.casefold(), row.number)
    return firsts


def _is_double(row: ImportRow, firsts: Mapping[str, int]) -> bool:
    first = firsts[row.key.casefold()]
    if first != row.number:
        refuse(row, _("The same stands in line %(line)s already.") % {"line": first})
    return first != row.number


def refuse(row: ImportRow, words: str) -> None:
    row.verdict, row.problem, row.values, row.changes = PROBLEM, words[:300], {}, {}


def take_over(rows: Sequence[ImportRow], verdicts: Sequence[Verdict]) -> None:
    for row, verdict in zip(rows, verdicts, strict=True):
        row.verdict, row.problem = verdict.status, verdict.problem[:300]
        row.values, row.changes = verdict.values or row.values, verdict.changes
