from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.companies import CompanyAccount
from payments.models.records import ChargeDetailRecord

_NEXT = """
if NEW.number <> (case when TG_OP = 'INSERT' then 1 else OLD.number + 1 end) then
  raise exception 'invoice numbers have no gaps' using errcode = 'check_violation';
end if;
return NEW;
"""
_TAKEN = """
if not exists (select from payments_invoice i
                where i.organization_id = NEW.organization_id and i.series = NEW.series
                  and i.year = NEW.year and i.number = NEW.number) then
  raise exception 'invoice number % is taken by no document', NEW.number using errcode = 'check_violation';
end if;
return null;
"""
_COUNTED = """
if NEW.number is distinct from (select c.number from payments_invoicecounter c
    where c.organization_id = NEW.organization_id and c.series = NEW.series and c.year = NEW.year) then
  raise exception 'invoice number % was not counted', NEW.number using errcode = 'check_violation';
end if;
return NEW;
"""


class IssuerDetails(models.Model):
    """What an organization's documents say of it; printed on receipts and invoices from then on."""

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="issuer")
    legal_name = models.CharField(_("legal name"), max_length=120)
    street = models.CharField(_("street and number"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=80)
    country_code = models.CharField(_("country"), max_length=2)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    iban = models.CharField("IBAN", max_length=34, blank=True)
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)
    invoice_prefix = models.CharField(
        _("number prefix"),
        max_length=8,
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9-]*\Z", _("Capital letters, digits and dashes only."))],
    )

    def __str__(self) -> str:
        return self.legal_name


class InvoiceCounter(models.Model):
    """The last number of a series in a year. Its row lock makes a number and its document one act."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=2)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "series", "year"], name="one_counter_per_series")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="counters_stay", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="counters_go_up_by_one",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                level=pgtrigger.Row,
                func=_NEXT,
            ),
            pgtrigger.Trigger(
                name="every_number_has_its_document",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                level=pgtrigger.Row,
                func=_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.number}"


class Invoice(models.Model):
    """A numbered document: a charge's receipt, a company's invoice, or what credits one. Final.

    Numbers have no gap per organization, series and year. Issuer, customer and lines are as they were.
    A credit note's amounts are positive: its kind says which way they go.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Receipt")
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invoices")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    series = models.CharField(max_length=2)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=30, help_text=_("the number as it is printed"))
    cdr = models.OneToOneField(
        ChargeDetailRecord, on_delete=models.PROTECT, null=True, blank=True, related_name="invoice"
    )
    company = models.ForeignKey(
        CompanyAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    credits = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credited_by"
    )
    month = models.DateField(null=True, blank=True, help_text=_("first day; of a company's regular invoice"))
    issued_at = models.DateTimeField(default=clock.now)
    issued_on = models.DateField(help_text=_("in the organization's time zone"))
    due_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    taxes = models.JSONField(help_text=_("per rate: percentage and minor units of net, tax and gross"))
    lines = models.JSONField(default=list)
    issuer = models.JSONField()
    customer = models.JSONField(default=dict)
    collector = models.CharField(max_length=120, blank=True)

    objects = OrganizationQuerySet["Invoice"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "series", "year", "number"], name="invoice_number_unique"
            ),
            models.UniqueConstraint(fields=["organization", "text"], name="invoice_text_unique"),
            models.UniqueConstraint(
                fields=["company", "month"],
                condition=Q(month__isnull=False),
                name="one_regular_invoice_per_month",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=models.F("net_minor") + models.F("tax_minor"), gross_minor__gte=0),
                name="invoice_totals_agree",
            ),
            models.CheckConstraint(
                condition=Q(cdr__isnull=False, company__isnull=True)
                | Q(cdr__isnull=True, company__isnull=False),
                name="invoice_of_record_or_company",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-issued_at"])]
        triggers: ClassVar = [
            pgtrigger.Protect(name="invoices_are_final", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="invoice_numbers_are_counted",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                func=_COUNTED,
            ),
        ]

    def __str__(self) -> str:
        return self.text


class InvoicedRecord(models.Model):
    """A record stands on one of its company's invoices at most."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="records")
    cdr = models.OneToOneField(ChargeDetailRecord, on_delete=models.PROTECT, related_name="invoiced")

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="invoiced_is_final", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.cdr} → {self.invoice}"


class InvoicePayment(models.Model):
    """Money that came by bank for an invoice, noted by hand."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="paid")
    paid_on = models.DateField(_("paid on"))
    reference = models.CharField(_("reference"), max_length=80)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="invoice_payments_are_final", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.paid_on}"
