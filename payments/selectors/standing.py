"""How people stand who want to charge: one statement for a whole batch, beside the hot path.

The ORM needed several times as long to write the queries as the database to answer them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from core import clock
from core.hot import array, hot_line
from payments.selectors.books import DEBT_SETTLES_IN


class Standing(NamedTuple):
    """What speaks for or against a person who wants to charge."""

    has_card: bool
    has_debt: bool


_STANDINGS: Final = """
select u.id,
       exists (select from payments_billingaccount b join payments_paymentmethod m on m.account_id = b.id
                where b.user_id = u.id and m.is_default and m.is_usable),
       coalesce((select sum(l.amount_minor) > 0
                   from payments_postingline l join payments_posting p on p.id = l.posting_id
                  where l.account = 'receivable:user.' || u.id and p.at < %(settled_before)s), false)
  from unnest(%(users)s::bigint[]) as u(id)
"""


def standings(user_ids: Collection[int]) -> dict[int, Standing]:
    """How each of these people stands, by user id. One statement."""
    parameters = {"users": array(user_ids), "settled_before": clock.now() - DEBT_SETTLES_IN}
    rows = hot_line().execute(_STANDINGS, parameters)
    return {user_id: Standing(*rest) for user_id, *rest in rows}
