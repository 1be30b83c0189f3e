"""How people stand who want to charge: one statement for a whole batch, beside the hot path.

The ORM needed several times as long to write the queries as the database to answer them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from core import clock
from core.hot import array, hot_cursor
from payments.selectors.books import DEBT_SETTLES_IN

OPEN: Final = "open"
USED_UP: Final = "used_up"


class Standing(NamedTuple):
    """What speaks for or against a charge of a person or a token."""

    has_card: bool
    has_debt: bool
    account: str | None
    """A company's account that it may go on: OPEN, or its month's limit is USED_UP."""


_STANDINGS: Final = """
select q.user_id is not null and exists (
           select from payments_billingaccount b join payments_paymentmethod m on m.account_id = b.id
            where b.user_id = q.user_id and m.is_default and m.is_usable),
       coalesce((select sum(l.amount_minor) > 0
                   from payments_postingline l join payments_posting p on p.id = l.posting_id
                  where l.account = 'receivable:user.' || q.user_id and p.at < %(settled_before)s), false),
       (select case when c.monthly_limit_minor is null or c.monthly_limit_minor > coalesce((
                   select sum(l.amount_minor)
                     from payments_postingline l join payments_posting p on p.id = l.posting_id
                    where l.account = 'receivable:company.' || c.id and l.currency = o.currency
                      and p.reference like 'cdr.%%' and p.at >= date_trunc(
                          'month', %(now)s::timestamptz at time zone o.time_zone) at time zone o.time_zone
                   ), 0) then 'open' else 'used_up' end
          from payments_companymember m
          join payments_companyaccount c on c.id = m.company_id and c.is_active
          join accounts_organization o on o.id = c.organization_id
         where m.organization_id = q.organization_id
           and (m.id_token_id = q.id_token_id or m.user_id = q.user_id)
         order by m.user_id nulls first limit 1)
  from unnest(%(users)s::bigint[], %(tokens)s::bigint[], %(organizations)s::bigint[]) with ordinality
       as q(user_id, id_token_id, organization_id, n)
 order by q.n
"""


class Asking(Protocol):
    """Who asks, of which organization."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def id_token_id(self) -> int | None: ...
    @property
    def organization_id(self) -> int: ...


def standings(asking: Sequence[Asking]) -> list[Standing]:
    """How each of them stands, in order. One statement."""
    now = clock.now()
    parameters = {
        "users": array(one.user_id for one in asking),
        "tokens": array(one.id_token_id for one in asking),
        "organizations": array(one.organization_id for one in asking),
        "settled_before": now - DEBT_SETTLES_IN,
        "now": now,
    }
    return [Standing(*row) for row in hot_cursor().execute(_STANDINGS, parameters)]
