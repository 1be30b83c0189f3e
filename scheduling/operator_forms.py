"""The forms of the operator's pages."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2999, 12, 30)


class CancelForm(forms.Form):
    """Why somebody's booking is taken away. It is kept in the audit log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Kept in the audit log; the driver does not see it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    note = forms.CharField(
        label=_("A word to the driver"),
        max_length=200,
        required=False,
        help_text=_("Sent with the e-mail that says it is canceled, and shown with the booking."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WaiveForm(forms.Form):
    """Why nobody is to pay what a booking costs."""

    why = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The driver reads it when something was paid already; it is kept in the audit log."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def read_day(text: str, *, today: date) -> date:
    """The day in the address; today when it is missing or odd."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if FIRST_DAY <= day <= LAST_DAY else today
