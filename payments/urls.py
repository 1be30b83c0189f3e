"""The addresses of payments."""

from __future__ import annotations

from django.urls import path

from payments.views import (
    cards,
    companies,
    correcting,
    invoices,
    months,
    operator,
    panels,
    receipts,
    returning,
    tariff_writing,
    tariffs,
    vouchers,
    webhooks,
)

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
    path("operate/tariffs/", tariffs.tariffs, name="tariffs"),
    path("operate/tariffs/new/", tariff_writing.new, name="tariff_new"),
    path("operate/tariffs/export.json", tariffs.export_all, name="tariffs_export"),
    path("operate/tariffs/places/<int:pk>/end/", tariffs.end, name="assignment_end"),
    path("operate/tariffs/<uuid:public_id>/", tariffs.tariff, name="tariff"),
    path("operate/tariffs/<uuid:public_id>/change/", tariff_writing.change, name="tariff_change"),
    path("operate/tariffs/<uuid:public_id>/assign/", tariffs.assign, name="tariff_assign"),
    path("operate/tariffs/<uuid:public_id>/take-over/", tariffs.take_over, name="tariff_take_over"),
    path("operate/tariffs/<uuid:public_id>/export.json", tariffs.export, name="tariff_export"),
    path("operate/companies/", companies.companies, name="companies"),
    path("operate/companies/new/", companies.new, name="company_new"),
    path("operate/companies/<uuid:public_id>/", companies.company, name="company"),
    path("operate/companies/<uuid:public_id>/change/", companies.change, name="company_change"),
    path("operate/companies/<uuid:public_id>/members/", companies.add_member, name="company_member_add"),
    path(
        "operate/companies/<uuid:public_id>/members/<int:pk>/remove/",
        companies.remove_member,
        name="company_member_remove",
    ),
    path("operate/companies/<uuid:public_id>/vouchers/", vouchers.make, name="company_vouchers"),
    path(
        "operate/companies/<uuid:public_id>/vouchers/<int:pk>/end/", vouchers.end, name="company_voucher_end"
    ),
    path("operate/companies/<uuid:public_id>/invoice/", companies.invoice_now, name="company_invoice_now"),
    path("operate/invoices/<uuid:public_id>/", invoices.invoice, name="invoice"),
    path("operate/invoices/<uuid:public_id>/invoice.pdf", invoices.invoice_file, name="invoice_pdf"),
    path("operate/invoices/<uuid:public_id>/invoice.ubl.xml", invoices.invoice_ubl, name="invoice_ubl"),
    path("operate/invoices/<uuid:public_id>/invoice.cii.xml", invoices.invoice_cii, name="invoice_cii"),
    path("operate/invoices/<uuid:public_id>/invoice.csv", invoices.invoice_csv, name="invoice_csv"),
    path("operate/invoices/<uuid:public_id>/paid/", invoices.paid, name="invoice_paid"),
    path("operate/months/", months.months, name="months"),
    path("operate/months/accounts/", months.mapping, name="ledger_accounts"),
    path("operate/months/close/", months.close, name="month_close"),
    path("operate/months/documents.csv", months.documents_file, name="month_documents"),
    path("operate/months/ledger.csv", months.ledger_file, name="month_ledger"),
    path("operate/issuer/", invoices.issuer, name="issuer"),
    path("operate/revenue/", operator.revenue, name="revenue"),
    path("operate/revenue/settlements/<uuid:public_id>/", operator.looked_at, name="looked_at"),
    path("operate/revenue/today/", panels.revenue_today, name="revenue_today"),
    path("operate/sessions/<uuid:public_id>/correct/", correcting.correct, name="correct"),
    path("operate/sessions/<uuid:public_id>/money/", panels.session_money, name="session_money"),
]
