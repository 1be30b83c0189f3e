"""May this token charge here, now? Decided from our own tables only, many questions at a time.

`settings.AUTHORIZATION_CHECKS` lists functions over a sequence of questions that return one
`Decision` or None (no objection) each. The first refusal wins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from django.conf import settings

from accounts.models import IdToken
from core.dotted import resolve_all
from core.hot import array, hot_line
from stations.facts import Decision, Question

ACCEPTED: Final = "accepted"
MINTED: Final = "minted"
"""The type of a one-time token of ours: whoever asked for it has been checked already."""


def decide(questions: Sequence[Question]) -> list[Decision]:
    """One decision per question, in order; the number of queries does not depend on how many."""
    decisions: list[Decision | None] = [None] * len(questions)
    for check in resolve_all(settings.AUTHORIZATION_CHECKS) if questions else ():
        still_open = [n for n, decision in enumerate(decisions) if not _is_refusal(decision)]
        said = check([questions[n] for n in still_open])
        for n, decision in zip(still_open, said, strict=True):
            if decisions[n] is None or _is_refusal(decision):
                decisions[n] = decision
    return [decision or Decision(status=ACCEPTED) for decision in decisions]


def _is_refusal(decision: Decision | None) -> bool:
    return decision is not None and decision.status != ACCEPTED


# --- the first check -------------------------------------------------------------------------


class Token(NamedTuple):
    """What this check needs of an IdToken."""

    status: str
    valid_until: datetime | None
    group_uid: str


Places: TypeAlias = set[tuple[int, int | None]]
"""Station and EVSE where a token is charging."""


_TOKENS: Final = """
select k.id, k.status, k.valid_until, k.group_uid, s.station_id, s.evse_id
  from accounts_idtoken k
  left join stations_chargingsession s
    on s.id_token_id = k.id and s.status = 'active' and not k.allows_concurrent
 where k.id = any(%s::bigint[])
"""


def token_is_valid(questions: Sequence[Question]) -> list[Decision | None]:
    """Known, not blocked, not expired, and not in use elsewhere (OCPP 1.6 section 5.2)."""
    tokens, busy = _tokens({question.id_token_id for question in questions if question.id_token_id})
    return [_judge(question, tokens.get(question.id_token_id or 0), busy) for question in questions]


def _tokens(ids: Collection[int]) -> tuple[dict[int, Token], dict[int, Places]]:
    """The tokens, and where those charge that may do so at one place only. One query."""
    tokens: dict[int, Token] = {}
    busy: dict[int, Places] = {}
    for pk, status, valid_until, group_uid, station_id, evse_id in hot_line().execute(_TOKENS, [array(ids)]):
        tokens[pk] = Token(status, valid_until, group_uid)
        if station_id is not None:
            busy.setdefault(pk, set()).add((station_id, evse_id))
    return tokens, busy


def _judge(question: Question, token: Token | None, busy: Mapping[int, Places]) -> Decision | None:
    if question.type == MINTED:
        return None
    if token is None or token.status == IdToken.Status.INVALID:
        return Decision(status="invalid", reason="unknown token")
    status, reason = _status(question, token, busy.get(question.id_token_id or 0, set()))
    return Decision(
        status=status, reason=reason, group_uid=token.group_uid.upper(), valid_until=token.valid_until
    )


def _status(question: Question, token: Token, places: Places) -> tuple[str, str]:
    if token.status == IdToken.Status.BLOCKED:
        return "blocked", "token is blocked"
    if token.valid_until is not None and token.valid_until <= question.at:
        return "expired", "token has expired"
    if any(_is_elsewhere(question, place) for place in places):
        return "concurrent", "token is in use elsewhere"
    return ACCEPTED, ""


def _is_elsewhere(question: Question, place: tuple[int, int | None]) -> bool:
    """Another station; or, where both are known, another EVSE of this one."""
    station_id, evse_id = place
    if station_id != question.station_id:
        return True
    return question.evse_id is not None and evse_id is not None and evse_id != question.evse_id
