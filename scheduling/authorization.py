"""Is this EVSE kept for somebody else? The second of the authorization checks (settings)."""

from __future__ import annotations

from collections.abc import Sequence

from scheduling import selectors
from scheduling.selectors import Kept
from scheduling.times import ANNOUNCE_BEFORE
from stations.facts import Decision, Question
from stations.services.authorization import MINTED


def evse_is_not_kept_for_someone_else(questions: Sequence[Question]) -> list[Decision | None]:
    """A refusal where a confirmed reservation of somebody else keeps the EVSE, else None. One query.

    One-time tokens of ours pass: whoever asked for one was checked then.
    """
    asked = [question for question in questions if _is_about_a_place(question)]
    kept = _kept_for_any(asked) if asked else []
    return [_judge(question, kept) if _is_about_a_place(question) else None for question in questions]


def _is_about_a_place(question: Question) -> bool:
    return question.evse_id is not None and question.type != MINTED


def _kept_for_any(asked: Sequence[Question]) -> list[Kept]:
    instants = [question.at for question in asked]
    evse_ids = {question.evse_id for question in asked if question.evse_id is not None}
    return selectors.kept_between(evse_ids=sorted(evse_ids), first_at=min(instants), last_at=max(instants))


def _judge(question: Question, kept: Sequence[Kept]) -> Decision | None:
    here = [reservation for reservation in kept if _keeps(reservation, question)]
    if not here or any(_is_theirs(reservation, question) for reservation in here):
        return None
    return Decision(status="blocked", reason="kept for somebody else")


def _keeps(reservation: Kept, question: Question) -> bool:
    during = reservation.during
    is_near: bool = during.lower - ANNOUNCE_BEFORE <= question.at < during.upper
    return reservation.evse_id == question.evse_id and is_near


def _is_theirs(reservation: Kept, question: Question) -> bool:
    is_driver = question.user_id is not None and reservation.driver_id == question.user_id
    is_token = question.id_token_id is not None and reservation.id_token_id == question.id_token_id
    return is_driver or is_token
