"""In which language a page speaks: the reader's, where its catalog is whole; never half a page."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

ENGLISH_ONLY: Final = ("/operate/", "/admin/")  # until the catalogs hold the operator's pages too


class ReaderLanguageMiddleware(LocaleMiddleware):
    """Django's choice (cookie, then Accept-Language), but English where only English is whole."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(ENGLISH_ONLY):
            translation.activate("en")
            request.LANGUAGE_CODE = translation.get_language()
