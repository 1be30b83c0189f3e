"""What the OpenAPI file says of commands: the parameters of each kind, read from its dataclass."""

from __future__ import annotations

from typing import Any

from stations.command_kinds import KINDS
from stations.command_shapes import about, schema_of


def describe_kinds(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: one schema per kind, named by the requests that take them."""
    schemas = result["components"]["schemas"]
    for name, kind in sorted(KINDS.items()):
        schemas[_title(name)] = {**schema_of(kind), "description": about(kind)}
    references = [{"$ref": f"#/components/schemas/{_title(name)}"} for name in sorted(KINDS)]
    for request in ("CommandRequest", "BulkRequest"):
        if request in schemas:
            schemas[request]["properties"]["params"] = {"anyOf": references}
    return result


def _title(kind: str) -> str:
    return "Params" + "".join(word.capitalize() for word in kind.split("_"))
