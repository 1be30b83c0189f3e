"""How people stand who want to charge: one statement for a whole batch, beside the hot path.

The ORM needed several times as long to write the queries as the database to answer them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from core import clock
from core.hot import array, hot_line
from core.money import to_minor
from payments.selectors.balances import AVAILABLE
from payments.selectors.books import DEBT_SETTLES_IN

OPEN: Final = "open"
USED_UP: Final = "used_up"


class Standing(NamedTuple):
    """What speaks for or against a charge of a person or a token."""

    has_card: bool
    has_debt: bool
    account: str | None
    """A company's account that it may go on: OPEN, or its month's limit is USED_UP."""
    needs_account: bool
    """Here no card is asked for: charges go on accounts only."""
    has_balance: bool
    """Enough is paid in ahead here for a charge to begin with."""


_STANDINGS: Final = """
select q.user_id is not null and exists (
           select from payments_billingaccount b join payments_paymentmethod m on m.account_id = b.id
            where b.user_id = q.user_id and m.is_default and m.is_usable),
       coalesce((select sum(l.amount_minor) > 0
                   from payments_postingline l join payments_posting p on p.id = l.posting_id
                  where l.account = 'receivable:user.' || q.user_id and p.at < %(settled_before)s), false),
       coalesce((select w.way from payments_paymentway w
                  where w.organization_id = q.organization_id and w.since <= %(now)s
                  order by w.since desc limit 1) = 'internal', false),
       coalesce((select :available >= t.start_minor
                   from payments_prepaidbalance b join payments_prepaidterms t using (organization_id)
                  where b.user_id = q.user_id and b.organization_id = q.organization_id), false),
       a.currency, a.monthly_limit_minor, a.used
  from unnest(%(users)s::bigint[], %(tokens)s::bigint[], %(organizations)s::bigint[]) with ordinality
       as q(user_id, id_token_id, organization_id, n)
  left join lateral (
       select o.currency, c.monthly_limit_minor,
              (select sum(r.total_gross) from payments_chargedetailrecord r
                where c.monthly_limit_minor is not null and r.company_id = c.id and r.currency = o.currency
                  and r.issued_at >= date_trunc(
                      'month', %(now)s::timestamptz at time zone o.time_zone) at time zone o.time_zone
              ) as used
         from (select m.company_id, false as by_group, m.user_id
                 from payments_companymember m
                where m.organization_id = q.organization_id
                  and (m.id_token_id = q.id_token_id or m.user_id = q.user_id)
                union all
               select g.company_id, true, m.user_id
                 from payments_groupmember m join payments_customergroup g on g.id = m.group_id
                where m.organization_id = q.organization_id and m.during @> %(now)s::timestamptz
                  and (m.id_token_id = q.id_token_id or m.user_id = q.user_id)) m
         join payments_companyaccount c on c.id = m.company_id and c.is_active
         join accounts_organization o on o.id = c.organization_id
        order by m.by_group, m.user_id nulls first limit 1) a on true
 order by q.n
""".replace(":available", AVAILABLE)
"""A company's month is summed from its records by their own index: this month's rows, not its history."""


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
    rows = hot_line().execute(_STANDINGS, parameters)
    return [
        Standing(has_card, has_debt, _account(*account), needs_account, has_balance)
        for has_card, has_debt, needs_account, has_balance, *account in rows
    ]


def _account(currency: str | None, limit_minor: int | None, used: Decimal | None) -> str | None:
    if currency is None:
        return None
    is_open = limit_minor is None or to_minor(used or Decimal(0), currency) < limit_minor
    return OPEN if is_open else USED_UP
