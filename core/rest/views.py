"""Small things that the views of every app share."""

from __future__ import annotations

from typing import Any, TypeVar

from rest_framework import serializers, status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request

S = TypeVar("S", bound="serializers.BaseSerializer[Any]")


class Conflict(APIException):
    """What is asked contradicts what is there now."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def read(shape: type[S], request: Request) -> dict[str, Any]:
    """The request's body as the serializer sees it. Raises ValidationError."""
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def demand(is_allowed: bool) -> None:
    """Raises PermissionDenied."""
    if not is_allowed:
        raise PermissionDenied
