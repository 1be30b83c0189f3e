"""Is one identity nearly another? What a tired hand types instead of what stands on the sheet. Pure."""

from __future__ import annotations

from typing import Final

NEAR: Final = 2
"""So many letters may be wrong, missing or too many."""
SHORTEST: Final = 4
"""Of fewer letters everything is nearly everything."""


def is_near(one: str, other: str) -> bool:
    """The same but for case and marks, with at most two slips, or with something before or after it."""
    left, right = _bare(one), _bare(other)
    if left == right:
        return bool(left)
    if min(len(left), len(right)) < SHORTEST:
        return False
    return left in right or right in left or _distance(left, right) <= NEAR


def _bare(identity: str) -> str:
    return "".join(char for char in identity.upper() if char.isalnum())


def _distance(left: str, right: str) -> int:
    """Levenshtein's: letters to change, to add or to leave out."""
    if abs(len(left) - len(right)) > NEAR:
        return NEAR + 1
    row = list(range(len(right) + 1))
    for n, a in enumerate(left, 1):
        above, row[0] = row[0], n
        for m, b in enumerate(right, 1):
            above, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, above + (a != b))
    return row[-1]
