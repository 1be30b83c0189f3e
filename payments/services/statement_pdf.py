"""A statement of somebody who is paid from the books (a site host, the organization itself) as A4 pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import Money, to_minor
from core.ui.numbers import kwh_text, money_text
from payments.models import HostStatement, HostStatementLine
from payments.selectors.hosts import lines_of
from payments.services.pdf_page import Page

LINE_MM: Final = 11


def statement_pdf(statement: HostStatement) -> bytes:
    """The PDF's bytes, in the active language."""
    page = Page()
    month = date_format(statement.month, "YEAR_MONTH_FORMAT")
    page.title(_("Statement, %(month)s") % {"month": month}, statement.host.name)
    page.pair(_("From"), "" if statement.host.is_own else statement.host.organization.name)
    page.pair(_("Issued"), date_format(timezone.localtime(statement.issued_at)))
    page.pair(_("Records"), str(statement.records))
    page.pair(_("Energy billed"), kwh_text(statement.energy_wh))
    page.rule()
    for label, amount in _sums(statement):
        page.amount(label, money_text(amount), is_strong=False)
    mine = _("Yours") if statement.host.is_own else _("Your share")
    page.amount(mine, money_text(_minor(statement, statement.share_minor)), is_strong=True)
    page.rule()
    _lines(page, statement)
    page.small(
        _("Each line is rounded to the smallest coin. A statement never changes: corrections come later.")
    )
    return page.bytes()


def _sums(statement: HostStatement) -> Iterator[tuple[str, Money]]:
    yield _("Without tax"), Money(statement.net, statement.currency).rounded()
    if statement.host.is_own:
        yield _("Collected for you"), _minor(statement, statement.collected_minor)
        yield _("For site hosts"), _minor(statement, -statement.hosts_minor)
        yield _("Platform fee"), _minor(statement, -statement.fee_minor)


def _lines(page: Page, statement: HostStatement) -> None:
    page.amount(_("Every record"), _("Platform fee") if statement.host.is_own else _("Share"), is_strong=True)
    for line in lines_of(statement):
        page.keep_together(LINE_MM)
        page.amount(_told(line), money_text(_minor(statement, line.share_minor)), is_strong=False)
        page.small(" · ".join(_how(line, statement)))


def _told(line: HostStatementLine) -> str:
    """When and where; a credit says that it is one."""
    location = line.record.occasion.station.location
    when = timezone.localtime(line.record.ended_at, ZoneInfo(location.time_zone))
    parts = [date_format(when, "SHORT_DATETIME_FORMAT"), location.name]
    return " · ".join([*parts, _("credit")] if line.record.credit_of_id else parts)


def _how(line: HostStatementLine, statement: HostStatement) -> Iterator[str]:
    """From how much the amount comes; what no percentage explains is the platform's fixed part."""
    net, currency = line.record.total_net, statement.currency
    yield kwh_text(line.record.energy_wh)
    shown = {"percent": f"{line.percent.normalize():f}", "net": money_text(Money(net, currency).rounded())}
    yield _("%(percent)s %% of %(net)s") % shown
    fixed_minor = line.share_minor - to_minor(net * line.percent.scaleb(-2), currency)
    if fixed_minor:
        yield _("%(amount)s for each charge") % {"amount": money_text(_minor(statement, fixed_minor))}


def _minor(statement: HostStatement, amount_minor: int) -> Money:
    return Money.of_minor(amount_minor, statement.currency)
