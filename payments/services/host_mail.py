"""Mail to site hosts: the invitation, and each month's statement."""

from __future__ import annotations

from accounts.notifications import send_message
from core.money import Money
from payments.models import HostStatement, SiteHost
from payments.services.paying_hosts import host_page, statement_address


def invite(*, host_id: int) -> None:
    """With the link to their own page, where they say where their money goes."""
    host = SiteHost.objects.select_related("organization").get(pk=host_id)
    send_message(to=host.email, kind="host_invited", context={"host": host, "url": host_page(host)})


def send_statement(*, statement_id: int) -> None:
    statement = HostStatement.objects.select_related("host__organization").get(pk=statement_id)
    context = {
        "statement": statement,
        "share": Money.of_minor(statement.share_minor, statement.currency),
        "pdf_url": statement_address(statement),
        "url": host_page(statement.host),
    }
    send_message(to=statement.host.email, kind="host_statement", context=context)
