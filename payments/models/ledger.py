from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet

_BALANCED = """
if (select coalesce(sum(amount_minor), 0) <> 0 from payments_postingline
     where posting_id = NEW.posting_id and currency = NEW.currency) then
  raise exception 'posting % does not balance in %', NEW.posting_id, NEW.currency
    using errcode = 'check_violation';
end if;
return null;
"""
_HAS_LINES = """
if not exists (select from payments_postingline where posting_id = NEW.id) then
  raise exception 'posting % moves nothing', NEW.reference using errcode = 'check_violation';
end if;
return null;
"""
_STILL_OPEN = """
if (select written_in from payments_posting where id = NEW.posting_id) is distinct from txid_current() then
  raise exception 'posting % is closed: it was written in an earlier transaction', NEW.posting_id
    using errcode = 'check_violation';
end if;
return NEW;
"""
_NEVER_EMPTY = "raise exception 'the books cannot be truncated';"


class CurrentTransaction(models.Func):
    """The number of the running transaction, the same inside its savepoints."""

    function = "txid_current"
    arity = 0
    output_field = models.BigIntegerField()


_OPEN = """
if exists (select from payments_closedmonth m where m.organization_id = NEW.organization_id
              and m.starts_at <= NEW.at and NEW.at < m.ends_at) then
  raise exception 'the month of posting % is closed', NEW.reference
    using errcode = 'object_not_in_prerequisite_state';
end if;
return NEW;
"""


class Posting(models.Model):
    """One business event in the books. `reference` is unique: what happened is posted once.

    Its lines are written in its own transaction (`written_in`) and never joined by others.
    `belongs_to` is the first day of the month it belongs to, where that is not the one it is posted in.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=120, unique=True)
    reason = models.CharField(max_length=120)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="postings"
    )
    at = models.DateTimeField(default=clock.now)
    written_in = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    belongs_to = models.DateField(null=True, blank=True)

    objects = OrganizationQuerySet["Posting"].as_manager()

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="postings_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="postings_are_not_truncated",
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                func=_NEVER_EMPTY,
            ),
            pgtrigger.Trigger(
                name="closed_months_take_no_posting",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                func=_OPEN,
            ),
            pgtrigger.Trigger(
                name="posting_has_lines",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                level=pgtrigger.Row,
                func=_HAS_LINES,
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PostingLine(models.Model):
    """A signed amount in one account; debit positive, credit negative; lines of a posting sum to zero."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="line_moves_something")
        ]
        indexes: ClassVar = [models.Index(fields=["account", "currency"])]
        triggers: ClassVar = [
            pgtrigger.Protect(name="lines_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="lines_are_not_truncated",
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                func=_NEVER_EMPTY,
            ),
            pgtrigger.Trigger(
                name="posting_is_still_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                func=_STILL_OPEN,
            ),
            pgtrigger.Trigger(
                name="posting_balances",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                level=pgtrigger.Row,
                func=_BALANCED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor} {self.currency}"
