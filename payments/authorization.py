"""May this account charge now? The last of the authorization checks (settings). Our tables only.

Free places and tokens of organizations charge without a card. A person needs a usable card and no
debt; how the money is then held is not asked here (MONEY rule 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payments import selectors
from payments.services import pricing
from stations.facts import Decision, Question
from stations.services.authorization import MINTED

NO_CARD: Final = Decision(status="blocked", reason="no usable card")
IN_DEBT: Final = Decision(status="blocked", reason="an earlier charge is unpaid")


def account_can_pay(questions: Sequence[Question]) -> list[Decision | None]:
    """A refusal, or None, for each question; the number of queries does not depend on how many.

    One-time tokens of ours pass, and who has just made a hold for the place.
    """
    asked = [q for q in questions if q.user_id is not None and q.type != MINTED]
    if not asked:
        return [None] * len(questions)
    free = _free_evses(asked)
    paying = {q.user_id for q in asked if q.user_id is not None and q.evse_id not in free}
    held = selectors.holds_waiting(paying)
    with_card, in_debt = selectors.users_with_card(paying), selectors.debts(paying)
    return [
        None if (question.user_id, question.evse_id) in held else _judge(question, free, with_card, in_debt)
        for question in questions
    ]


def _judge(
    question: Question, free: set[int | None], with_card: set[int], in_debt: set[int]
) -> Decision | None:
    if question.user_id is None or question.type == MINTED or question.evse_id in free:
        return None
    if question.user_id in in_debt:
        return IN_DEBT
    return None if question.user_id in with_card else NO_CARD


def _free_evses(questions: Sequence[Question]) -> set[int | None]:
    """The asked places where charging costs nothing. An unknown place costs something."""
    evse_ids = {q.evse_id for q in questions if q.evse_id is not None}
    at = max(q.at for q in questions)
    tariffs = pricing.tariffs_for(evse_ids, at)
    return {evse_id for evse_id in evse_ids if pricing.is_free(tariffs.get(evse_id))}
