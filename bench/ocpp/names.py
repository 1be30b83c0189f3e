"""Who the bench's stations are: their identity, password and tag, the same in every process."""

from __future__ import annotations

import hashlib


def identity(number: int) -> str:
    return f"BENCH-{number:05d}"


def password(number: int) -> str:
    """128 bits that look random and are the same in every process."""
    return hashlib.sha256(f"bench password {number}".encode()).hexdigest()[:32]


def tag(number: int) -> str:
    """One card per station: nobody charges in two places."""
    return f"BENCHTAG{number:05d}"
