"""Where a server may live: which account runs it, and which directory it can use."""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LONGEST_SOCKET_DIRECTORY = 107 - len("/pg/s/.s.PGSQL.5432")
UNPRIVILEGED = ("postgres", "nobody")


class Unavailable(Exception):
    """A server cannot run here; the message is one sentence for a person."""


class Account(NamedTuple):
    """The numeric user and group that own a server process and its files."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """The account PostgreSQL must run as; None means "as we are" (only root has to change)."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Unavailable("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody.")


def reachable(path: Path) -> bool:
    """May any account of this machine read the way down to `path`?"""
    existing = [place for place in (path, *path.parents) if place.is_dir()]
    return all(place.stat().st_mode & 0o001 for place in existing)


def usable(directory: Path) -> bool:
    """Is the name short enough for a Unix socket (107 bytes), and open to the server's account?"""
    short = len(os.fsencode(directory)) <= LONGEST_SOCKET_DIRECTORY
    return short and (server_account() is None or reachable(directory))


def state_directory(name: str) -> Path:
    """The lasting home of one system (`demo`, `up`): var/ in the clone, or outside when that cannot serve.

    A clone below a private home, or with a very long path, cannot hold the sockets; then a directory
    named after the clone in /var/tmp does.
    """
    if chosen := os.environ.get("FORECOURT_STATE"):
        return Path(chosen).resolve() / name
    inside = ROOT / "var" / name
    if usable(inside):
        return inside
    key = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
    return Path("/var/tmp") / f"forecourt-{os.geteuid()}-{key}" / name  # noqa: S108 - made 0755 and checked for its owner


def make_private(directory: Path) -> Path:
    """Make `directory` (and what leads to it) ours; refuse one that somebody else put there before us."""
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    for place in (directory, directory.parent):
        if os.geteuid() != 0 and place.stat().st_uid not in (os.geteuid(), 0):
            raise Unavailable(
                f"{place} belongs to another user; set FORECOURT_STATE to a directory of yours."
            )
    directory.chmod(0o711)
    return directory


def throwaway_directory() -> Path:
    """A fresh, short directory for servers that live as long as one test run."""
    bases = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - mkdtemp makes it ours
    for base in bases:
        if base.is_dir() and os.access(base, os.W_OK) and usable(base / "forecourt-12345678"):
            directory = Path(tempfile.mkdtemp(prefix="forecourt-", dir=base))
            directory.chmod(0o711)
            return directory
    raise Unavailable("No temporary directory with a short path is open to the database server.")
