"""German dates, with the month in words, as the English ones have it."""

from __future__ import annotations

from typing import Final

DATE_FORMAT: Final = "j. F Y"
SHORT_DATE_FORMAT: Final = "j. M Y"
DATETIME_FORMAT: Final = "j. M Y, H:i"
SHORT_DATETIME_FORMAT: Final = "j. M, H:i"
MONTH_DAY_FORMAT: Final = "l, j. F"
YEAR_MONTH_FORMAT: Final = "F Y"
TIME_FORMAT: Final = "H:i"
