"""What payments adds to /api/v1/."""

from __future__ import annotations

from django.urls import path

from payments import api, api_customers

app_name = "api_payments"
urlpatterns = [
    path("tariffs/", api.TariffList.as_view(), name="tariff-list"),
    path("cdrs/", api.CdrList.as_view(), name="cdr-list"),
    path("cdrs/<uuid:public_id>/", api.CdrDetail.as_view(), name="cdr-detail"),
    path("payments/", api.PaymentList.as_view(), name="payment-list"),
    path("refunds/", api.RefundList.as_view(), name="refund-list"),
    path("groups/", api_customers.GroupList.as_view(), name="group-list"),
    path("groups/<uuid:public_id>/", api_customers.GroupDetail.as_view(), name="group-detail"),
    path("companies/", api_customers.CompanyList.as_view(), name="company-list"),
    path("companies/<uuid:public_id>/", api_customers.CompanyDetail.as_view(), name="company-detail"),
]
