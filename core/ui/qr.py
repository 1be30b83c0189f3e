"""A QR code as SVG: black on white with its quiet zone in both themes, as cameras want it."""

from __future__ import annotations

import qrcode
from django.utils.html import format_html
from django.utils.safestring import SafeString


def qr_svg(text: str, *, sentence: str) -> SafeString:
    """The code of `text`; `sentence` says to those who cannot see it what it is."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = [(x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark]
    return format_html(
        '<svg class="qr" viewBox="0 0 {n} {n}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<rect width="{n}" height="{n}" fill="#fff"/><path d="{path}" fill="#000"/></svg>',
        n=len(rows),
        label=sentence,
        path="".join(f"M{x} {y}h1v1h-1z" for x, y in dark),
    )
