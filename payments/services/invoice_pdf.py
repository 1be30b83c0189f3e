"""A company's invoice as PDF/A-3 that carries itself as XML inside (Factur-X, ZUGFeRD)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF

from core.money import from_minor
from core.ui.numbers import kwh_text, money_text
from payments.einvoice import cii
from payments.einvoice.document import EInvoice, Line, missing
from payments.models import Invoice

MARGIN_MM: Final = 18
WIDTH_MM: Final = 174
WIDTHS_MM: Final = (20, 62, 22, 30, 14, 26)
FONTS: Final = {"": "inter-latin-400.ttf", "B": "inter-latin-650.ttf"}


def invoice_pdf(invoice: Invoice, document: EInvoice) -> bytes:
    """The file, in the active language. Without what the standard asks for it carries no XML."""
    pdf = _Paper(invoice)
    pdf.head()
    pdf.lines(document.lines)
    pdf.totals()
    pdf.small([document.terms, document.note])
    if not missing(document):
        pdf.carry(cii.as_cii(document))
    return bytes(pdf.output())


class _Paper(FPDF):
    """Sheets of A4, filled from the top."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B")
        self.invoice = invoice
        for style, name in FONTS.items():
            self.add_font("Inter", style, settings.BASE_DIR.joinpath("static", "vendor", "inter", name))
        self.set_margin(MARGIN_MM)
        self.set_title(_title(invoice))
        self.set_lang(get_language() or "en")
        self.set_creation_date(invoice.issued_at)
        self.add_page()

    def head(self) -> None:
        invoice = self.invoice
        self._text(invoice.issuer["legal_name"], size=13, style="B")
        self.small(address_of(invoice.issuer))
        self.ln(8)
        self._text(invoice.customer["legal_name"], size=11, style="B")
        self.small(address_of(invoice.customer))
        self.ln(10)
        self._text(_title(invoice), size=18, style="B")
        self.small([_("Date: %(day)s") % {"day": date_format(invoice.issued_on)}])
        self.ln(4)

    def lines(self, lines: Iterable[Line]) -> None:
        self._row((_("Day"), _("Place"), _("Energy"), _("Cost center"), _("Tax"), _("Net")), style="B")
        for told, line in zip(self.invoice.lines, lines, strict=True):
            place = f"{told['place']}, {told['stall']}"
            if told["corrects"]:
                place = f"{place} ({_('corrects %(number)s') % {'number': told['corrects']}})"
            self._row(
                (
                    date_format(line.first_day, "SHORT_DATE_FORMAT"),
                    place,
                    kwh_text(told["energy_wh"]),
                    line.cost_center,
                    f"{line.vat.normalize() + Decimal(0):f} %",
                    money_text(line.net, self.invoice.currency),
                )
            )

    def totals(self) -> None:
        self.ln(4)
        self._sum(_("Net"), self.invoice.net_minor)
        for tax in self.invoice.taxes:
            base = money_text(from_minor(tax["net"], self.invoice.currency), self.invoice.currency)
            label = _("%(rate)s %% tax on %(base)s") % {"rate": tax["vat"], "base": base}
            self._sum(label, tax["tax"])
        self._sum(_("Total"), self.invoice.gross_minor, style="B")
        self.ln(4)

    def small(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if sentence:
                self._text(sentence, size=9)

    def carry(self, xml: bytes) -> None:
        """The invoice for programs, inside (Factur-X 1.0: relationship and metadata)."""
        self.embed_file(
            bytes=xml,
            basename=cii.FILE_NAME,
            mime_type="text/xml",
            associated_file_relationship="ALTERNATIVE",
            desc=_title(self.invoice),
            creation_date=self.invoice.issued_at,
            modification_date=self.invoice.issued_at,
        )
        context = {"title": _title(self.invoice), "at": self.invoice.issued_at, "file": cii.FILE_NAME}
        self.set_xmp_metadata(render_to_string("payments/facturx.xmp", context))

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("Inter", "", 8)
        self.cell(WIDTH_MM, 4, f"{self.invoice.text} · {self.page_no()}", align="R")

    def _text(self, text: str, *, size: int, style: str = "") -> None:
        self.set_font("Inter", style, size)
        self.multi_cell(WIDTH_MM, size // 2, _drawable(text), new_x="LMARGIN", new_y="NEXT")

    def _row(self, cells: tuple[str, ...], style: str = "") -> None:
        """A line of the table; long places go on below."""
        self.set_font("Inter", style, 8)
        texts = [_drawable(cell) for cell in cells]
        tall: list[Any] = [
            self.multi_cell(width, 4, text, dry_run=True, output="HEIGHT")
            for width, text in zip(WIDTHS_MM, texts, strict=True)
        ]
        height = max(tall) + 1
        if self.will_page_break(height):
            self.add_page()
        top, left = self.get_y(), self.get_x()
        for number, (width, text) in enumerate(zip(WIDTHS_MM, texts, strict=True)):
            align = "R" if number in (2, 4, 5) else "L"
            self.set_xy(left, top)
            self.multi_cell(width, 4, text, align=align)
            left += width
        self.set_xy(MARGIN_MM, top + height)

    def _sum(self, label: str, amount_minor: int, style: str = "") -> None:
        self.set_font("Inter", style, 11 if style else 9)
        amount = money_text(from_minor(amount_minor, self.invoice.currency), self.invoice.currency)
        self.cell(WIDTH_MM - 40, 6, _drawable(label), align="R")
        self.cell(40, 6, _drawable(amount), align="R", new_x="LMARGIN", new_y="NEXT")


def _title(invoice: Invoice) -> str:
    return f"{invoice.get_kind_display()} {invoice.text}"


def address_of(party: dict[str, Any]) -> list[str]:
    """A party's snapshot as lines to print."""
    city = f"{party.get('postal_code', '')} {party.get('city', '')}".strip()
    place = ", ".join(part for part in (city, party.get("country_code", "")) if part)
    return [party.get("street", ""), place, party.get("vat_number") or party.get("tax_number") or ""]


def _drawable(text: str) -> str:
    """The font knows Latin: other signs become their base letters, or a question mark."""
    plain = text.replace("→", "-")
    return "".join(sign if ord(sign) < 256 or sign in "€–−—…·“”„‘’" else _base(sign) for sign in plain)


def _base(sign: str) -> str:
    first = unicodedata.normalize("NFKD", sign)[0]
    return first if ord(first) < 128 else "?"
