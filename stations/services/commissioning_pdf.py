"""A commissioning record as A4 pages, without system libraries (fpdf2, core fonts)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import Align

from core.ui.numbers import kw_text, kwh_text
from stations.models import CommissioningRecord
from stations.words_commissioning import rotation_name, sentence, step_name

MARGIN_MM: Final = 18
WIDTH_MM: Final = 174
LABEL_MM: Final = 46


def record_pdf(record: CommissioningRecord) -> bytes:
    """The PDF's bytes, in the active language, with the times of the place."""
    page = _Page(f"{record.organization.name} · {record.public_id}")
    with timezone.override(record.evidence["station"]["time_zone"]):
        _head(page, record)
        _connection(page, record.evidence["connection"])
        for stall in record.evidence["stalls"]:
            _stall(page, stall)
        _foot(page, record)
    return page.bytes()


def _head(page: _Page, record: CommissioningRecord) -> None:
    station, link = record.evidence["station"], record.evidence["link"]
    page.title(_("Commissioning record"), station["name"] or station["identity"])
    page.pairs(
        (_("Charger"), station["identity"]),
        (_("Place"), ", ".join(part for part in (station["place"], station["address"]) if part)),
        (_("Vendor, model"), f"{station['vendor']} {station['model']}".strip()),
        (_("Serial number"), station["serial"]),
        (_("Firmware"), station["firmware"]),
        ("OCPP", f"{station['ocpp_version']}, {_('security profile')} {station['security_profile']}"),
    )
    page.rule()
    page.pairs(
        (_("Commissioned by"), ", ".join(part for part in (record.installer, record.company) if part)),
        (_("From"), _at(link["begun_at"])),
        (_("To"), _at(record.made_at.isoformat())),
        (_("Asked for by"), link["made_by"]),
    )
    missing = ", ".join(step_name(step) for step in record.evidence["missing"])
    page.strong(
        _("Left out or not proven: %(steps)s") % {"steps": missing} if missing else _("Every step is done.")
    )


def _connection(page: _Page, connection: dict[str, Any]) -> None:
    page.heading(_("Connection"))
    word = _("connected") if connection["is_connected"] else _("not connected")
    page.pairs(
        (_("At the end"), word),
        (_("Connected since"), _at(connection["connected_at"])),
        (_("Started up"), _at(connection["booted_at"])),
    )
    for one in connection["failures"]:
        page.small(f"{_at(one['last_at'])} · {one['identity']} · {one['what']} ({one['count']}×)")


def _stall(page: _Page, stall: dict[str, Any]) -> None:
    page.heading(_("Stall %(name)s") % {"name": stall["name"] or stall["number"]})
    page.pairs(
        (_("Number at the charger"), f"{stall['number']} · {stall['evse_id']}"),
        (_("Should be"), _plan(stall)),
        (_("Told apart"), _socket(stall)),
        (_("QR label"), f"{stall['label']}, {_at(stall['label_at'])}" if stall["label"] else _("not bound")),
        (_("Rotation of the phases"), rotation_name(stall["rotation"]) or _("not measured")),
    )
    if not stall["tests"]:
        page.small(_("No test charge has begun here."))
    for test in stall["tests"]:
        _test(page, test)


def _plan(stall: dict[str, Any]) -> str:
    kind = "DC" if stall["current_type"] == "dc" else _("AC, %(n)d phases") % {"n": stall["phases"]}
    return f"{kind}, {stall['max_current_a']} A, {kw_text(stall['max_power_w'])}"


def _socket(stall: dict[str, Any]) -> str:
    if not stall["socket_at"]:
        return _("no")
    seen = stall["socket_seen"]
    if not seen:
        return _("by the installer's word, %(at)s") % {"at": _at(stall["socket_at"])}
    return _("the charger said %(word)s, %(at)s") % {"word": seen["said"], "at": _at(seen["at"])}


def _test(page: _Page, test: dict[str, Any]) -> None:
    page.strong(_("Test charge #%(number)d, not billed") % {"number": test["number"]})
    page.pairs(
        (_("From"), _at(test["started_at"])),
        (_("To"), _at(test["ended_at"])),
        (_("Energy"), kwh_text(test["energy_wh"])),
        (_("Highest power"), kw_text(test["power_w"])),
        (_("Highest current"), _phases(test["amperes"], "A")),
        (_("Voltage"), _phases(test["volts"], "V")),
    )
    _curve(page, test["readings"])
    for finding in test["findings"]:
        page.small(f"! {sentence(finding)}")
    if not test["findings"]:
        page.small(_("Nothing odd was seen."))


def _curve(page: _Page, readings: list[list[Any]]) -> None:
    told = [(datetime.fromisoformat(at), power_w) for at, power_w, _energy in readings if power_w is not None]
    if len(told) > 1:
        page.curve([((at - told[0][0]).total_seconds(), float(power_w)) for at, power_w in told])


def _phases(values: dict[str, float], unit: str) -> str:
    return ", ".join(f"{phase} {value:.1f} {unit}" for phase, value in values.items())


def _foot(page: _Page, record: CommissioningRecord) -> None:
    if record.notes:
        page.heading(_("Notes"))
        page.text(record.notes)


def _at(iso: str) -> str:
    if not iso:
        return ""
    return date_format(timezone.localtime(datetime.fromisoformat(iso)), "SHORT_DATE_FORMAT") + (
        f" {timezone.localtime(datetime.fromisoformat(iso)):%H:%M:%S}"
    )


class _Sheet(FPDF):
    """Pages with a foot line that says what they belong to."""

    foot = ""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, _latin(self.foot))
        self.set_x(MARGIN_MM)
        self.cell(0, 5, f"{self.page_no()}", align=Align.R)


class _Page:
    """Filled from the top; what does not fit goes on."""

    def __init__(self, foot: str) -> None:
        self.pdf = _Sheet(format="A4")
        self.pdf.foot = foot
        self.pdf.core_fonts_encoding = "cp1252"
        self.pdf.set_margin(MARGIN_MM)
        self.pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
        self.pdf.add_page()

    def title(self, text: str, what: str) -> None:
        self._font(20, is_strong=True)
        self._line(11, text)
        self._font(12)
        self._line(8, what)
        self.rule()

    def heading(self, text: str) -> None:
        if self.pdf.will_page_break(30):
            self.pdf.add_page()
        self.pdf.ln(4)
        self._font(13, is_strong=True)
        self._line(9, text)

    def pairs(self, *pairs: tuple[str, str]) -> None:
        for label, value in pairs:
            if value:
                self._font(10)
                self.pdf.cell(LABEL_MM, 6, _latin(label))
                self.pdf.multi_cell(WIDTH_MM - LABEL_MM, 6, _latin(value), new_x="LMARGIN", new_y="NEXT")

    def strong(self, text: str) -> None:
        self.pdf.ln(2)
        self._font(10, is_strong=True)
        self.pdf.multi_cell(WIDTH_MM, 6, _latin(text), new_x="LMARGIN", new_y="NEXT")

    def text(self, text: str) -> None:
        self._font(10)
        self.pdf.multi_cell(WIDTH_MM, 5.5, _latin(text), new_x="LMARGIN", new_y="NEXT")

    def small(self, text: str) -> None:
        self._font(9)
        self.pdf.multi_cell(WIDTH_MM, 4.6, _latin(text), new_x="LMARGIN", new_y="NEXT")

    def curve(self, points: list[tuple[float, float]], *, height_mm: float = 22) -> None:
        """Power over time: a line over a base line, its highest value and its length in figures."""
        if self.pdf.will_page_break(height_mm + 8):
            self.pdf.add_page()
        left, top, width = MARGIN_MM + LABEL_MM, self.pdf.get_y() + 3, WIDTH_MM - LABEL_MM
        length, highest = points[-1][0] or 1.0, max(value for _at, value in points) or 1.0
        line = [(left + x / length * width, top + height_mm * (1 - y / highest)) for x, y in points]
        self.pdf.set_draw_color(190)
        self.pdf.line(left, top + height_mm, left + width, top + height_mm)
        self.pdf.set_draw_color(30, 90, 220)
        self.pdf.set_line_width(0.5)
        self.pdf.polyline(line)
        self.pdf.set_draw_color(0)
        self.pdf.set_line_width(0.2)
        self.pdf.set_xy(MARGIN_MM, top)
        self._font(10)
        self.pdf.cell(LABEL_MM, 6, _latin(_("Power")))
        self.pdf.set_xy(left, top + height_mm)
        self._font(8)
        said = _("%(kw)s at most, over %(s)d seconds") % {"kw": kw_text(round(highest)), "s": length}
        self.pdf.cell(width, 5, _latin(said), new_x="LMARGIN", new_y="NEXT")

    def rule(self) -> None:
        self.pdf.ln(2)
        self.pdf.set_draw_color(0)
        self.pdf.line(MARGIN_MM, self.pdf.get_y(), MARGIN_MM + WIDTH_MM, self.pdf.get_y())
        self.pdf.ln(3)

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def _line(self, height_mm: float, text: str) -> None:
        self.pdf.cell(WIDTH_MM, height_mm, _latin(text), new_x="LMARGIN", new_y="NEXT")

    def _font(self, size: int, *, is_strong: bool = False) -> None:
        self.pdf.set_font("Helvetica", "B" if is_strong else "", size)


def _latin(text: str) -> str:
    """Core fonts know Windows-1252; what they lack becomes its nearest word or a question mark."""
    return text.replace("−", "-").replace("→", "-").encode("cp1252", "replace").decode("cp1252")
