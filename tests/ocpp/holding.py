"""What this process holds on to, told apart: objects of Python, memory of C, and what the kernel sees."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path
from typing import NamedTuple

_FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")


class _Mallinfo(ctypes.Structure):
    """mallinfo2(3): `uordblks` bytes in use in all arenas, `hblkhd` bytes mapped on their own."""

    _fields_ = [(name, ctypes.c_size_t) for name in (*_FIELDS, "keepcost")]


class Held(NamedTuple):
    """`blocks`: small objects of Python, whoever keeps them. `malloc_bytes`: larger ones, and those of
    parsers, validators and the database's library; 0 where the C library does not tell. `resident_kb`:
    pages in memory, which also hold whatever an allocator keeps for later.
    """

    blocks: int
    malloc_bytes: int
    resident_kb: int

    def __sub__(self, earlier: Held) -> Held:
        return Held(*(now - then for now, then in zip(self, earlier, strict=True)))


def held() -> Held:
    """After a collection, and with what C's allocator has free given back."""
    gc.collect()
    return Held(sys.getallocatedblocks(), _malloc_bytes(), _resident_kb())


def _malloc_bytes() -> int:
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.malloc_trim(0)
        libc.mallinfo2.restype = _Mallinfo
    except (OSError, AttributeError):  # only glibc, since 2.33
        return 0
    told = libc.mallinfo2()
    return int(told.uordblks + told.hblkhd)


def _resident_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
