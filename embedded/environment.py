"""The virtual environment: made on first use from hash-pinned lock files, renewed when they change."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from embedded.places import ROOT, Unavailable

VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin" / "python"
LOCKS: Final = ROOT / "requirements"
IS_NEW_ENOUGH: Final = "import sys; sys.exit(sys.version_info < (3, 11))"
COVERS: Final = {"run": ("run",), "test": ("test", "run")}  # what a lock file brings along

DISK_FULL: Final = "The disk is full: make room and run it again."
SENTENCES: Final = (
    (
        ("no space left", "errno 28", "disk quota"),
        DISK_FULL,
    ),
    (
        ("do not match the hashes", "hash mismatch", "hashes do not match"),
        "A download does not match its pinned hash (broken or changed on the way): run it again.",
    ),
    (
        (
            "name resolution",
            "failed to fetch",
            "failed to download",
            "connection",
            "timed out",
            "network",
            "retrying",
            "error sending request",
            "dns error",
            "no matching distribution",
            "proxy",
        ),
        "A package could not be downloaded: check the network and pip's index, then run it again.",
    ),
    (
        ("permission denied", "errno 13", "read-only file system"),
        "This user may not write to the clone: run it as its owner.",
    ),
)


def prepare(lock: str) -> None:
    """Make sure `.venv` holds what `requirements/<lock>.txt` pins. Two at once take turns."""
    if _is_current(lock):
        return
    with _alone():
        if not _is_current(lock):
            _make_venv()
            _install(lock)


def _is_current(lock: str) -> bool:
    stamp = _stamp(lock)
    return stamp.exists() and stamp.read_text() == _fingerprint(lock) and PYTHON.exists()


def _stamp(lock: str) -> Path:
    return VENV / f".forecourt-{lock}"


def _fingerprint(lock: str) -> str:
    content = (LOCKS / f"{lock}.txt").read_bytes()
    return hashlib.sha256(content + platform.machine().encode()).hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        turn = (ROOT / "var" / "install.lock").open("w")
    except OSError as problem:
        raise Unavailable(explain(str(problem))) from problem
    with turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another ./forecourt is making the environment; waiting for it.")
            fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _make_venv() -> None:
    if PYTHON.exists() and _quietly([PYTHON, "-c", IS_NEW_ENOUGH]).returncode == 0:
        return
    say("Making .venv (first use).")
    made = _quietly([sys.executable, "-m", "venv", "--clear", VENV])
    if made.returncode != 0:
        _give_up(
            made.stdout,
            "Python cannot make a virtual environment: install its venv module (Debian: python3-venv).",
        )


def _install(lock: str) -> None:
    say(f"Installing the packages of requirements/{lock}.txt, checked by hash; about a minute on first use.")
    failed = ""
    for installer in _installers():
        done = _quietly([*installer, "--require-hashes", "-r", LOCKS / f"{lock}.txt"])
        if done.returncode == 0:
            for name in COVERS[lock]:
                _stamp(name).write_text(_fingerprint(name))
            return
        failed = done.stdout
        if explain(failed) == DISK_FULL:  # another installer would only take longer to find it full
            break
    _give_up(failed, "The packages could not be installed")


def _installers() -> Iterator[list[str | Path]]:
    """uv is quick; but it does not read pip's configuration, so where only pip knows the index, pip does."""
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if os.environ.get("FORECOURT_INSTALLER") != "pip" and (uv := _find_uv(pip)):
        yield [uv, "pip", "install", "-q", "--python", PYTHON]
    _quietly([PYTHON, "-m", "ensurepip"])
    yield pip


def _find_uv(pip: list[str | Path]) -> Path | None:
    beside = VENV / "bin" / "uv"
    if found := shutil.which("uv", path=f"{beside.parent}{os.pathsep}{os.environ.get('PATH', '')}"):
        return Path(found)
    done = _quietly([*pip, "--require-hashes", "-r", LOCKS / "uv.txt"])
    return beside if done.returncode == 0 and beside.exists() else None


def _quietly(argv: list[str | Path]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "UV_HTTP_TIMEOUT": os.environ.get("UV_HTTP_TIMEOUT", "60")}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(part) for part in argv],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def _give_up(said: str, otherwise: str) -> None:
    log = ROOT / "var" / "install.log"
    try:
        log.write_text(said)
    except OSError as problem:
        said += str(problem)
    raise Unavailable(explain(said, otherwise))


def explain(said: str, otherwise: str = "") -> str:
    """One sentence for what an installer or the system said; the whole of it is in var/install.log."""
    lowered = said.lower()
    for words, sentence in SENTENCES:
        if any(word in lowered for word in words):
            return sentence
    lines = said.strip().splitlines() or ["it said nothing"]
    return otherwise if otherwise.endswith(".") else f"{otherwise or 'It failed'}: {lines[-1].strip()}"


def say(words: str) -> None:
    """Tell the person at the terminal."""
    print(f"forecourt: {words}", flush=True)


COMPILE: Final = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"),
    *("--upgrade", "--quiet", "--custom-compile-command", "./forecourt lock"),
)
SOURCES: Final = {
    "run": ["pyproject.toml"],
    "test": ["pyproject.toml", "--group", "dev", "-c", "requirements/run.txt"],
    "uv": ["requirements/uv.in"],
}


def relock() -> None:
    """Renew the lock files from pyproject.toml: every platform, every hash, no address."""
    uv = _find_uv([PYTHON, "-m", "pip", "install", "-q"])
    if uv is None:
        raise Unavailable("Renewing the lock files needs uv, and it could not be installed.")
    for name, sources in SOURCES.items():
        target = f"requirements/{name}.txt"
        done = _quietly([uv, "pip", "compile", *COMPILE, *sources, "-o", target])
        if done.returncode != 0:
            _give_up(done.stdout, f"{target} could not be renewed")
