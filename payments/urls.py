"""The addresses of payments."""

from __future__ import annotations

from django.urls import path

from payments.views import cards, operator, panels, receipts, returning, webhooks

app_name = "payments"
urlpatterns = [
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("pay/<str:token>/", returning.back, name="return"),
    path("receipts/<uuid:public_id>/", receipts.receipt, name="receipt"),
    path("receipts/<uuid:public_id>/receipt.pdf", receipts.receipt_file, name="receipt_pdf"),
    path("receipts/<uuid:public_id>/signed-values.xml", receipts.signed_values, name="receipt_signed_values"),
    path("r/<str:token>/signed-values.xml", receipts.link_signed_values, name="receipt_link_signed_values"),
    path("r/<str:token>/", receipts.receipt_link, name="receipt_link"),
    path("r/<str:token>/receipt.pdf", receipts.receipt_link_file, name="receipt_link_pdf"),
    path("wallet/", cards.panel, name="cards_panel"),
    path("wallet/add/", cards.add, name="add_card"),
    path("wallet/saved/", cards.saved, name="card_saved"),
    path("wallet/<int:pk>/", cards.change, name="card"),
    path("sessions/<uuid:public_id>/cost/", panels.live_cost, name="live_cost"),
    path("operate/tariffs/", operator.tariffs, name="tariffs"),
    path("operate/revenue/", operator.revenue, name="revenue"),
    path("operate/revenue/settlements/<uuid:public_id>/", operator.looked_at, name="looked_at"),
    path("operate/revenue/today/", panels.revenue_today, name="revenue_today"),
    path("operate/sessions/<uuid:public_id>/money/", panels.session_money, name="session_money"),
]
