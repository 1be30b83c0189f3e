"""A driver's month as A4 pages, one seller after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.ui.numbers import kwh_text, money_text
from payments.selectors.driver_months import Account
from payments.services.pdf_page import Page


def driver_month_pdf(driver: str, first_day: date, accounts: Sequence[Account]) -> bytes:
    """The PDF's bytes, in the active language."""
    page = Page()
    month = date_format(first_day, "YEAR_MONTH_FORMAT")
    page.title(_("Statement, %(month)s") % {"month": month}, driver)
    for account in accounts:
        _write(page, account)
    page.small(_("Every charge has its own receipt; this statement gathers them."))
    return page.bytes()


def _write(page: Page, account: Account) -> None:
    page.amount(account.seller, account.currency, is_strong=True)
    for one in account.documents:
        told = [one.invoice.text, date_format(one.invoice.issued_on), one.occasion.station.location.name]
        page.amount(" · ".join([*told, kwh_text(one.energy_wh)]), money_text(one.amount), is_strong=False)
    page.amount(
        _("Billed, %(energy)s") % {"energy": kwh_text(account.energy_wh)},
        money_text(account.billed),
        is_strong=True,
    )
    for vat, tax in account.taxes:
        page.amount(
            _("of which %(rate)s %% tax") % {"rate": f"{vat.normalize():f}"}, money_text(tax), is_strong=False
        )
    page.amount(_("Paid"), money_text(account.paid), is_strong=False)
    page.rule()
