"""Every URL of the site, as a template with named places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern


@dataclass(frozen=True, order=True)
class Address:
    """`template` has a place {like_this} for each part that varies; `name` includes the namespace."""

    name: str
    template: str

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.template))

    def filled(self, values: dict[str, Any]) -> str:
        return self.template.format(**values)


def every_address() -> list[Address]:
    return sorted(set(_walk(get_resolver().url_patterns, "", "")))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        path = prefix + _template(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Address(f"{namespace}{pattern.name or path}", f"/{path}")


def _template(route: Any) -> str:
    if isinstance(route, RoutePattern):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route))
    text = route.regex.pattern.removeprefix("^").removesuffix(r"\Z").removesuffix("$")
    text = re.sub(r"\(\?P<format>.*", "", text)
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", text).replace("\\", "")
