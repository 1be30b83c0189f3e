"""An import's way: taken in, mapped, judged, confirmed, written in pieces, undone. Permission was checked.

Until it is confirmed nothing but the import's own rows is written. Each piece is one transaction that
writes the things and marks the rows, so that a lost worker costs only time and a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.importing import sheets
from stations.importing.kinds import CHANGED, NEW, UNCHANGED, Importer, Scene, StillNeeded, guess
from stations.models import DataImport, ImportRow
from stations.services.import_judging import fitting, importer_of, judge, refuse, scene_of, take_over

__all__ = ["confirm", "discard", "importer_of", "remap", "run_open", "take_in", "undo"]

PIECE: Final = 500
PREVIEWS_KEPT: Final = timedelta(days=30)
IMPORTS_KEPT: Final = timedelta(days=400)
Status = DataImport.Status
_MARK: Final = """
update stations_importrow r
   set verdict = t.verdict, problem = t.problem, "values" = t."values", changes = t.changes,
       object_id = t.object_id, before = t.before, is_done = t.is_done
  from json_to_recordset(%s) as t(id bigint, verdict text, problem text, "values" jsonb, changes jsonb,
       object_id bigint, before jsonb, is_done boolean)
 where r.id = t.id
"""


class NotNow(RuntimeError):
    """The import is in another state by now: somebody confirmed it, or it has been undone."""


class NothingToDo(ValueError):
    """No row is new or changed."""


# --- until it is confirmed -------------------------------------------------------------------


@transaction.atomic
def take_in(
    *,
    organization: Organization,
    kind: str,
    name: str,
    data: bytes,
    actor: User | None,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> DataImport:
    """Read a file and judge its rows with the columns as guessed. Raises sheets.Unreadable, KeyError."""
    importer = importer_of(kind)
    sheet = sheets.read(data)
    batch = DataImport.objects.create(
        organization=organization,
        kind=kind,
        name=name[:120] or kind,
        encoding=sheet.encoding,
        separator=sheet.separator,
        columns=[column[:200] for column in sheet.columns],
        mapping=fitting(importer, mapping, sheet.columns)
        if mapping
        else guess(importer.fields, sheet.columns),
        options=dict(options or {}),
        created_by=actor,
    )
    judge(batch, [(line.number, line.cells) for line in sheet.lines])
    return batch


@transaction.atomic
def remap(*, batch: DataImport, mapping: Mapping[str, str], options: Mapping[str, Any]) -> None:
    """Judge all rows again with these columns and choices. Raises NotNow."""
    locked = DataImport.objects.select_for_update().filter(pk=batch.pk, status=Status.DRAFT).first()
    if locked is None:
        raise NotNow
    batch.mapping = fitting(importer_of(batch.kind), mapping, batch.columns)
    batch.options = dict(options)
    batch.save(update_fields=["mapping", "options"])
    rows = list(batch.rows.order_by("number").values_list("number", "cells"))
    batch.rows.all().delete()
    judge(batch, rows)


# --- confirmed -------------------------------------------------------------------------------


@transaction.atomic
def confirm(*, batch: DataImport, actor: User | None) -> None:
    """Write what is new and changed, in a job. Raises NotNow, NothingToDo."""
    if not batch.rows.filter(verdict__in=[NEW, CHANGED]).exists():
        raise NothingToDo
    _enter(batch, Status.DRAFT, Status.RUNNING, confirmed_at=clock.now())
    _note(batch, actor, "import.confirm")


@transaction.atomic
def discard(*, batch: DataImport) -> None:
    """Forget a preview. Raises NotNow."""
    if not DataImport.objects.filter(pk=batch.pk, status=Status.DRAFT).exists():
        raise NotNow
    batch.delete()


def _enter(batch: DataImport, source: str, target: str, **more: Any) -> None:
    if not DataImport.objects.filter(pk=batch.pk, status=source).update(status=target, **more):
        raise NotNow
    batch.status = target


def run_open() -> None:
    """Sweep: go on with whatever is not finished."""
    unfinished = DataImport.objects.filter(status__in=[Status.RUNNING, Status.UNDOING])
    for pk in unfinished.order_by("pk").values_list("pk", flat=True):
        run(batch_id=pk)


def run(*, batch_id: int) -> None:
    """Write piece after piece until all is done, or undo. Whoever else does it already is left alone."""
    while _write_piece(batch_id):
        pass
    _undo_all(batch_id)


@transaction.atomic
def _write_piece(batch_id: int) -> bool:
    """The next rows; False when there are none, or somebody else is at it."""
    batch = _locked(batch_id, Status.RUNNING)
    if batch is None:
        return False
    waiting = batch.rows.filter(is_done=False, verdict__in=[NEW, CHANGED])
    rows = list(waiting.order_by("number")[:PIECE])
    if rows:
        _write(importer_of(batch.kind), scene_of(batch), rows)
    else:
        DataImport.objects.filter(pk=batch_id).update(status=Status.COMPLETED, ended_at=clock.now())
    nudge(f"import.{batch_id}", f"org.{batch.organization_id}", f"door.{batch.organization_id}")
    return bool(rows)


def _locked(batch_id: int, status: str) -> DataImport | None:
    free = DataImport.objects.select_for_update(skip_locked=True, of=("self",))
    return free.filter(pk=batch_id, status=status).select_related("organization", "created_by").first()


def _write(importer: Importer, scene: Scene, rows: Sequence[ImportRow]) -> None:
    """All of them in one go; when the database refuses one, in halves until that one is found."""
    try:
        with transaction.atomic():
            _write_now(importer, scene, rows)
    except (IntegrityError, DataError):
        if len(rows) == 1:
            refuse(rows[0], _("Somebody else made the same meanwhile. Import the row again."))
            _mark(rows)
            return
        for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            _write(importer, scene, half)


def _write_now(importer: Importer, scene: Scene, rows: Sequence[ImportRow]) -> None:
    """Judged once more: since the preview the world may have changed."""
    verdicts = importer.compare([row.values for row in rows], scene)
    take_over(rows, verdicts)
    pairs = [pair for pair in zip(rows, verdicts, strict=True) if pair[1].status in (NEW, CHANGED)]
    written = importer.write([verdict for _row, verdict in pairs], scene)
    for (row, _verdict), result in zip(pairs, written, strict=True):
        row.object_id, row.before = result.object_id, result.before
    _mark(rows)


def _mark(rows: Sequence[ImportRow]) -> None:
    """What became of these rows, in one statement: Django's bulk_update takes ten times as long."""
    told = [
        {
            "id": row.pk,
            "verdict": row.verdict,
            "problem": row.problem,
            "values": row.values,
            "changes": row.changes,
            "object_id": row.object_id,
            "before": row.before,
            "is_done": row.verdict in (NEW, CHANGED, UNCHANGED),
        }
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [orjson.dumps(told).decode()])


# --- undone ----------------------------------------------------------------------------------


@transaction.atomic
def undo(*, batch: DataImport, actor: User | None) -> None:
    """Take back all that it made and changed, in a job. Raises NotNow."""
    _enter(batch, Status.COMPLETED, Status.UNDOING, note="")
    _note(batch, actor, "import.undo")


def _undo_all(batch_id: int) -> None:
    """All or nothing: what somebody needs keeps the whole import."""
    with transaction.atomic():
        batch = _locked(batch_id, Status.UNDOING)
        if batch is None:
            return
        try:
            with transaction.atomic():
                _take_back(batch)
        except StillNeeded as needed:
            outcome: dict[str, Any] = {"status": Status.COMPLETED, "note": str(needed)}
        else:
            outcome = {"status": Status.UNDONE, "note": "", "ended_at": clock.now()}
        DataImport.objects.filter(pk=batch_id).update(**outcome)
        nudge(f"import.{batch_id}", f"org.{batch.organization_id}", f"door.{batch.organization_id}")


def _take_back(batch: DataImport) -> None:
    done = list(batch.rows.filter(is_done=True, object_id__isnull=False).order_by("number"))
    made = [row.object_id for row in done if row.verdict == NEW and row.object_id]
    changed = [(row.object_id, row.before) for row in done if row.verdict == CHANGED and row.object_id]
    leftovers = [row.before for row in done if row.verdict == NEW]
    scene = Scene(
        organization=batch.organization, options={**batch.options, "made": leftovers}, actor=batch.created_by
    )
    importer_of(batch.kind).undo(made, changed, scene)


@transaction.atomic
def forget_old() -> None:
    """Sweep: previews that nobody confirmed, and the rows of imports long ago."""
    now = clock.now()
    DataImport.objects.filter(status=Status.DRAFT, created_at__lt=now - PREVIEWS_KEPT).delete()
    ended = DataImport.objects.filter(status__in=[Status.COMPLETED, Status.UNDONE])
    ended.filter(created_at__lt=now - IMPORTS_KEPT).delete()


def _note(batch: DataImport, actor: User | None, action: str) -> None:
    note_action(
        actor=actor,
        organization=batch.organization,
        action=action,
        subject=f"import.{batch.pk}",
        changes={"file": batch.name, "kind": batch.kind, "rows": batch.rows.count()},
    )
    nudge(f"import.{batch.pk}")
