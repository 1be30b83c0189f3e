"""Who sees which rows: an organization's rows are seen through its members."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class OrganizationQuerySet(models.QuerySet[M]):
    """For models with an `organization` field. Views start from `visible_to(request.user)`."""

    def visible_to(self, user: Any) -> Self:
        """Rows of the organizations that `user` is a member of; none for anonymous people."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(organization__in=user.organizations())
