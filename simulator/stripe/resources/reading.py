"""Retrieve and list, the same for every kind, and `expand` for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.stripe.errors import Document, InvalidRequest
from simulator.stripe.world import Call, World, public


def retrieve(kind: str) -> Callable[[World, Call], Document]:
    """A handler that answers the object named in the path."""

    def handler(world: World, call: Call) -> Document:
        return world.store.get(kind, call.path["id"])

    return handler


def listing(kind: str, *filters: str) -> Callable[[World, Call], Document]:
    """A handler that answers a page of a kind, newest first, filtered by equality on `filters`."""

    def handler(world: World, call: Call) -> Document:
        wanted = {name: call.params[name] for name in filters if call.params.get(name) is not None}
        return page(world, kind, call, wanted)

    return handler


def page(world: World, kind: str, call: Call, equal: dict[str, Any]) -> Document:
    """One page in Stripe's list shape. Raises InvalidRequest when `limit` is over 100."""
    limit = call.params.get("limit") or 10
    if limit > 100:
        raise InvalidRequest("Limit must be at most 100.", param="limit")
    found, has_more = world.store.page(
        kind,
        equal=equal,
        created=call.params.get("created") or {},
        after=call.params.get("starting_after"),
        before=call.params.get("ending_before"),
        limit=limit,
    )
    return as_list(found, has_more, f"/v1/{kind.replace('.', '/')}s")


def as_list(found: list[Document], has_more: bool, url: str) -> Document:
    return {"object": "list", "data": found, "has_more": has_more, "url": url}


def shown(world: World, document: Document, expand: list[str] | None) -> Document:
    """The object as the caller sees it: without private names, with the asked ids expanded."""
    if document.get("object") == "list":
        entries = [public(entry) for entry in document["data"]]
        result = document | {"data": entries}
    else:
        result = public(document)
    for path in expand or ():
        _expand(world, result, path.split("."), path)
    return result


def _expand(world: World, branch: Any, steps: list[str], path: str) -> None:
    if isinstance(branch, list):
        for entry in branch:
            _expand(world, entry, steps, path)
        return
    head, *rest = steps
    if not isinstance(branch, dict) or head not in branch:
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    found = world.store.any(branch[head]) if isinstance(branch[head], str) else None
    if isinstance(branch[head], str) and found is None:
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    if found is not None:
        branch[head] = public(found)
    if rest and branch[head] is not None:
        _expand(world, branch[head], rest, path)
