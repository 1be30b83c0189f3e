"""Which site host a request means, and who may look or change."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.models import Organization
from core.money import from_minor
from core.ui.exports import csv_response
from core.units import kwh
from payments.models import HostStatement, HostStatementLine, SiteHost
from payments.selectors.hosts import lines_of
from payments.services.statement_pdf import statement_pdf
from stations.views.guards import organization_of

COLUMNS = ("record", "site", "ended_at", "energy_kwh", "net", "percent", "share", "currency")


def host_of(request: HttpRequest, public_id: UUID, *, is_change: bool = False) -> SiteHost:
    organization = organization_of(request)
    demand_hosts(request, organization, is_change=is_change)
    mine = SiteHost.objects.filter(organization=organization).select_related("organization")
    return get_object_or_404(mine, public_id=public_id)


def demand_hosts(request: HttpRequest, organization: Organization, *, is_change: bool = False) -> None:
    may = permissions.may_manage_money if is_change else permissions.may_see_money
    if not may(request.user, organization):
        raise PermissionDenied(_("Your role cannot do this with money. An owner can give you one that can."))


def may_change_hosts(request: HttpRequest, organization: Organization) -> bool:
    return permissions.may_manage_money(request.user, organization)


def statement_paper(statement: HostStatement) -> HttpResponse:
    """The statement to read, to print and to keep."""
    response = HttpResponse(statement_pdf(statement), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="statement-{statement.month:%Y-%m}.pdf"'
    return response


def statement_file(statement: HostStatement) -> HttpResponse:
    """Every record of a statement, as a table."""
    name = f"statement-{statement.month:%Y-%m}.csv"
    return csv_response(name, COLUMNS, [_row(line, statement.currency) for line in lines_of(statement)])


def _row(line: HostStatementLine, currency: str) -> tuple[object, ...]:
    record = line.record
    where, when = record.occasion.station.location, record.ended_at.isoformat()
    sums = (record.total_net, line.percent, from_minor(line.share_minor, currency), currency)
    return (record.public_id, where, when, kwh(record.energy_wh), *sums)
