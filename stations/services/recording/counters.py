"""The station's message counter (2.x `seqNo`): which messages of a transaction are missing.

It may start anywhere; complete means every number from the first seen to the last (OCPP 2.0.1,
E01 and E07). An absurd jump is kept to LONGEST_GAP, so that no row grows without end.
"""

from __future__ import annotations

from typing import Final

LONGEST_GAP: Final = 1000


def count_sql(seq_no: str) -> str:
    """Assignments for a session `s` that has seen the message `seq_no` (an SQL expression or null)."""
    return f"""
         missing_seq_nos = case
           when {seq_no} is null or s.last_seq_no is null then s.missing_seq_nos
           when {seq_no} > s.last_seq_no then s.missing_seq_nos || array(
             select generate_series(greatest(s.last_seq_no + 1, {seq_no} - {LONGEST_GAP}), {seq_no} - 1)::int)
           when {seq_no} < s.first_seq_no then array(
             select generate_series({seq_no} + 1, least(s.first_seq_no - 1, {seq_no} + {LONGEST_GAP}))::int)
             || s.missing_seq_nos
           else array_remove(s.missing_seq_nos, {seq_no}::int) end,
         first_seq_no = least(s.first_seq_no, {seq_no}),
         last_seq_no = greatest(s.last_seq_no, {seq_no})"""
