"""One view, two answers: the whole page, or the fragment that htmx asked for (ARCHITECTURE 5.4)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString, mark_safe
from django_htmx.middleware import HtmxDetails


def wants_fragment(request: HttpRequest) -> bool:
    """Asked by htmx (or by `{% panel %}`), and not as a boosted whole page or a history reload."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_either(
    request: HttpRequest,
    *,
    page: str,
    fragment: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The `fragment` template for htmx, else the `page`; caches keep the two apart."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def render_panel(request: HttpRequest, name: str, *args: Any, query: str = "", **kwargs: Any) -> SafeString:
    """What the view with this URL name answers to a fragment request, for the first HTML of a page.

    Empty when the view refuses (403, 404): a panel guards itself.
    """
    path = reverse(name, args=args or None, kwargs=kwargs or None)
    match = resolve(path)
    try:
        response = match.func(_inner_request(request, path, query), *match.args, **match.kwargs)
    except (Http404, PermissionDenied):
        return mark_safe("")
    if hasattr(response, "render") and not getattr(response, "is_rendered", True):
        response.render()
    text = response.content.decode() if response.status_code == 200 else ""
    return mark_safe(text)  # noqa: S308 - our own view made it


def _inner_request(request: HttpRequest, path: str, query: str) -> HttpRequest:
    inner = copy.copy(request)
    inner.method = "GET"
    inner.path = inner.path_info = path
    inner.GET = QueryDict(query)
    inner.META = {**request.META, "HTTP_HX_REQUEST": "true", "REQUEST_METHOD": "GET"}
    inner.META.pop("HTTP_HX_BOOSTED", None)
    for cached in ("headers", "content_params"):
        inner.__dict__.pop(cached, None)
    inner.htmx = HtmxDetails(inner)  # type: ignore[attr-defined]
    return inner
