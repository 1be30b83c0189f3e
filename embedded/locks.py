"""The lock files, judged: fresh against pyproject.toml, every package hashed, no address in them."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from embedded.places import ROOT


def complaints(folder: Path, project: Path) -> list[str]:
    """What is wrong with the lock files in `folder`; empty when nothing is."""
    return [*_addresses_and_hashes(folder), *_missing(folder, project)]


def _addresses_and_hashes(folder: Path) -> list[str]:
    found = []
    for lock in sorted(folder.glob("*.txt")):
        text = lock.read_text()
        if "://" in text:
            found.append(f"{lock.name} holds an address")
        lines = text.replace("\\\n", " ").splitlines()
        bare = [line for line in lines if line and line[0] not in "# " and "--hash=sha256:" not in line]
        found += [f"{lock.name} pins without a hash: {line.strip()}" for line in bare]
    return found


def _missing(folder: Path, project: Path) -> list[str]:
    described = tomllib.loads(project.read_text())
    wanted = {"run": described["project"]["dependencies"], "test": described["dependency-groups"]["dev"]}
    found = []
    for name, requirements in wanted.items():
        pinned = set(re.findall(r"^([\w.-]+)", (folder / f"{name}.txt").read_text(), re.MULTILINE))
        absent = {_name(requirement) for requirement in requirements} - {_normal(pin) for pin in pinned}
        found += [f"{name}.txt lacks {package}: run ./forecourt lock" for package in sorted(absent)]
    return found


def _name(requirement: str) -> str:
    return _normal(re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    problems = complaints(ROOT / "requirements", ROOT / "pyproject.toml")
    print("\n".join(problems) or "the lock files are fresh, hashed and without addresses")
    sys.exit(1 if problems else 0)
