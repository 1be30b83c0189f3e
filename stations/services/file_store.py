"""Files on disk, below FILES_ROOT: written in pieces, named by us, never changed.

What a file is called outside never becomes part of a path.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings

from core import clock

CHUNK_BYTES: Final = 256 * 1024
UNFINISHED: Final = ".part"
ABANDONED_AFTER: Final = timedelta(days=1)


class TooLarge(ValueError):
    """More bytes than the limit; nothing was kept."""


class Empty(ValueError):
    """Not a single byte; nothing was kept."""


class Written(NamedTuple):
    """A file on disk: its path below FILES_ROOT, its length, and its SHA-256 in hex."""

    stored_as: str
    size_bytes: int
    sha256: str


def root() -> Path:
    return Path(settings.FILES_ROOT)


def path_of(stored_as: str) -> Path:
    return root() / stored_as


def write(folder: str, chunks: Iterable[bytes], *, limit_bytes: int) -> Written:
    """Stream `chunks` into a new file of `folder`. Raises TooLarge, Empty."""
    stored_as = f"{folder}/{uuid.uuid4().hex}"
    final = path_of(stored_as)
    final.parent.mkdir(parents=True, exist_ok=True)
    unfinished = final.with_suffix(UNFINISHED)
    try:
        size, digest = _copy(chunks, unfinished, limit_bytes)
        unfinished.rename(final)
    finally:
        unfinished.unlink(missing_ok=True)
    return Written(stored_as, size, digest)


def _copy(chunks: Iterable[bytes], to: Path, limit_bytes: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with to.open("xb") as target:
        for chunk in chunks:
            size += len(chunk)
            if size > limit_bytes:
                raise TooLarge(limit_bytes)
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if not size:
        raise Empty
    return size, digest.hexdigest()


def remove(stored_as: str) -> None:
    """Let go of the file; it may be gone already."""
    with suppress(OSError):
        path_of(stored_as).unlink()


def pieces(path: Path, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `start`, in pieces."""
    left = path.stat().st_size - start if length is None else length
    with path.open("rb") as source:
        source.seek(start)
        while left > 0 and (piece := source.read(min(CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece


def strays(known: set[str]) -> list[str]:
    """Files that no row knows and that are a day old: a crash between disk and table leaves them."""
    base, limit = root(), clock.now() - ABANDONED_AFTER
    found = (path for path in base.glob("*/*") if path.is_file() and _changed_at(path) < limit)
    return [name for path in found if (name := path.relative_to(base).as_posix()) not in known]


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=clock.now().tzinfo)
