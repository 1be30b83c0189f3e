"""A page of plain facts and amounts as PDF, without system libraries (fpdf2, core fonts)."""

from __future__ import annotations

from fpdf import FPDF

MARGIN_MM = 20
WIDTH_MM = 170
AMOUNT_MM = 35


class Page:
    """A4 pages, filled from the top."""

    def __init__(self) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.core_fonts_encoding = "cp1252"  # has the euro sign, which Latin-1 lacks
        self.pdf.set_margin(MARGIN_MM)
        self.pdf.add_page()

    def title(self, text: str, seller: str) -> None:
        self._font(20, is_strong=True)
        self.pdf.cell(WIDTH_MM, 12, _latin(text), new_x="LMARGIN", new_y="NEXT")
        self._font(11)
        self.pdf.cell(WIDTH_MM, 8, _latin(seller), new_x="LMARGIN", new_y="NEXT")
        self.rule()

    def pair(self, label: str, value: str) -> None:
        if value:
            self._font(10)
            self.pdf.cell(45, 6, _latin(label))
            self.pdf.cell(WIDTH_MM - 45, 6, _latin(value), new_x="LMARGIN", new_y="NEXT")

    def amount(self, label: str, amount: str, *, is_strong: bool) -> None:
        self._font(12 if is_strong else 10, is_strong=is_strong)
        self.pdf.cell(WIDTH_MM - AMOUNT_MM, 7, _latin(label))
        self.pdf.cell(AMOUNT_MM, 7, _latin(amount), align="R", new_x="LMARGIN", new_y="NEXT")

    def keep_together(self, height_mm: int) -> None:
        """What follows goes on the next page if less than this is left of the page."""
        if self.pdf.will_page_break(height_mm):
            self.pdf.add_page()

    def small(self, text: str) -> None:
        if text:
            self._font(8)
            self.pdf.multi_cell(WIDTH_MM, 4, _latin(text), new_x="LMARGIN", new_y="NEXT")

    def rule(self) -> None:
        self.pdf.ln(3)
        self.pdf.line(MARGIN_MM, self.pdf.get_y(), MARGIN_MM + WIDTH_MM, self.pdf.get_y())
        self.pdf.ln(3)

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def _font(self, size: int, *, is_strong: bool = False) -> None:
        self.pdf.set_font("Helvetica", "B" if is_strong else "", size)


def _latin(text: str) -> str:
    """Core fonts know Windows-1252; what they lack becomes its nearest word or a question mark."""
    return text.replace("−", "-").replace("→", "-").encode("cp1252", "replace").decode("cp1252")
