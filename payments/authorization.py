"""May this account charge now? The last of the authorization checks (settings). Our tables only.

Free places and tokens of organizations charge without a card. A person needs a usable card and no
debt; how the money is then held is not asked here (MONEY rule 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payments import selectors
from payments.selectors.standing import standings
from payments.services import pricing
from stations.facts import Decision, Question
from stations.services.authorization import MINTED

NO_CARD: Final = Decision(status="blocked", reason="no usable card")
IN_DEBT: Final = Decision(status="blocked", reason="an earlier charge is unpaid")


def account_can_pay(questions: Sequence[Question]) -> list[Decision | None]:
    """A refusal, or None, for each question; the number of queries does not depend on how many.

    One-time tokens of ours pass, and who has just made a hold for the place. Places and holds are
    looked at only for those who would be refused: nearly always nobody.
    """
    asked = [q for q in questions if q.user_id is not None and q.type != MINTED]
    users = {q.user_id for q in asked if q.user_id is not None}
    refusals = _refusals(users) if users else {}
    doubtful = [q for q in asked if q.user_id in refusals]
    if not doubtful:
        return [None] * len(questions)
    free, held = _free_evses(doubtful), selectors.holds_waiting(users & refusals.keys())
    return [
        None
        if question.type == MINTED or question.evse_id in free or (question.user_id, question.evse_id) in held
        else refusals.get(question.user_id)
        for question in questions
    ]


def _refusals(users: set[int]) -> dict[int | None, Decision]:
    """Who of these people cannot pay, and why."""
    return {
        user_id: IN_DEBT if standing.has_debt else NO_CARD
        for user_id, standing in standings(users).items()
        if standing.has_debt or not standing.has_card
    }


def _free_evses(questions: Sequence[Question]) -> set[int | None]:
    """The asked places where charging costs nothing. An unknown place costs something."""
    evse_ids = {q.evse_id for q in questions if q.evse_id is not None}
    at = max(q.at for q in questions)
    tariffs = pricing.tariffs_for(evse_ids, at)
    return {evse_id for evse_id in evse_ids if pricing.is_free(tariffs.get(evse_id))}
