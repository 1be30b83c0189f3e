"""Steps of an import, for tests."""

from __future__ import annotations

from stations.models import DataImport
from stations.services import imports


def take(member, text, kind="stations", **more) -> DataImport:
    data = text if isinstance(text, bytes) else text.encode()
    return imports.take_in(
        organization=member.organization, kind=kind, name="file.csv", data=data, actor=member.user, **more
    )


def write(batch) -> DataImport:
    imports.confirm(batch=batch, actor=batch.created_by)
    imports.run_open()
    batch.refresh_from_db()
    return batch


def undo(batch) -> DataImport:
    imports.undo(batch=batch, actor=batch.created_by)
    imports.run_open()
    batch.refresh_from_db()
    return batch


def verdicts(batch) -> list[str]:
    return list(batch.rows.order_by("number").values_list("verdict", flat=True))


def problem(batch) -> str:
    return batch.rows.get(verdict="problem").problem
