"""May this account charge now? The last of the authorization checks (settings). Our tables only.

Free places and tokens of organizations charge without a card. A person needs a usable card, or enough paid
in ahead, and no debt; or a company on whose account she charges. How the money is then held
is not asked here (MONEY rule 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from payments import selectors
from payments.selectors.prices import Asked, Payer
from payments.selectors.standing import OPEN, USED_UP, Standing, standings
from payments.services import pricing
from stations.facts import Decision, Question
from stations.services.authorization import MINTED

NO_CARD: Final = Decision(status="blocked", reason="no usable card")
IN_DEBT: Final = Decision(status="blocked", reason="an earlier charge is unpaid")
NO_ACCOUNT: Final = Decision(status="blocked", reason="on no account of this network")
LIMIT_USED_UP: Final = Decision(status="blocked", reason="the company's limit for this month is used up")


def account_can_pay(questions: Sequence[Question]) -> list[Decision | None]:
    """A refusal, or None, for each question; the number of queries does not depend on how many.

    One-time tokens of ours pass, and who has just made a hold for the place. Places and holds are
    looked at only for those who would be refused: nearly always nobody.
    """
    refusals = _refusals([q for q in questions if q.type != MINTED and (q.user_id or q.id_token_id)])
    doubtful = [q for q in questions if q in refusals]
    if not doubtful:
        return [None] * len(questions)
    free = _free(doubtful)
    held = selectors.holds_waiting({q.user_id for q in doubtful if q.user_id is not None})
    return [
        None
        if _asked(question) in free or (question.user_id, question.evse_id) in held
        else refusals.get(question)
        for question in questions
    ]


def _refusals(asked: Sequence[Question]) -> dict[Question, Decision]:
    """Which of these cannot pay, and why."""
    found = {question: _judge(question, standing) for question, standing in _standings(asked)}
    return {question: refusal for question, refusal in found.items() if refusal is not None}


def _standings(asked: Sequence[Question]) -> Iterable[tuple[Question, Standing]]:
    return zip(asked, standings(asked), strict=True) if asked else ()


def _judge(question: Question, standing: Standing) -> Decision | None:
    """A company's account before the person's own card; a token of an organization pays for nothing else.

    Where charges go on accounts only, no card is looked for; what was paid in ahead pays there too.
    """
    if standing.account == OPEN:
        return None
    is_used_up = standing.account == USED_UP
    if standing.has_balance and not standing.has_debt:
        return None
    if standing.needs_account:
        return LIMIT_USED_UP if is_used_up else NO_ACCOUNT
    if question.user_id is None:
        return LIMIT_USED_UP if is_used_up else None
    if standing.has_debt:
        return IN_DEBT
    if standing.has_card:
        return None
    return LIMIT_USED_UP if is_used_up else NO_CARD


def _free(questions: Sequence[Question]) -> set[Asked]:
    """The asked places where charging costs this driver nothing. An unknown place costs something."""
    asked = {_asked(question) for question in questions if question.evse_id is not None}
    return pricing.free_among(asked, max(q.at for q in questions))


def _asked(question: Question) -> Asked:
    return question.evse_id or 0, Payer(question.user_id, question.id_token_id)
