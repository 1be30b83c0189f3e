"""The driver's pages, and the operator's under /operate/."""

from __future__ import annotations

from django.urls import path

from scheduling.views import booking, find, history, live, operator, saved, scan, site, start

app_name = "scheduling"
urlpatterns = [
    path("", find.find, name="find"),
    path("sites/<slug:slug>/", site.site, name="site"),
    path("sites/<slug:slug>/book/", site.book_slot, name="book"),
    path("sites/<slug:slug>/save/", saved.save, name="save"),
    path("bookings/", booking.bookings, name="bookings"),
    path("bookings/<uuid:public_id>/", booking.booking, name="booking"),
    path("bookings/<uuid:public_id>/cancel/", booking.cancel_booking, name="cancel_booking"),
    path("bookings/<uuid:public_id>/hold/", booking.hold_again, name="booking_hold"),
    path("bookings/<uuid:public_id>/instead/", booking.take_instead, name="take_instead"),
    path("bookings/<uuid:public_id>/booking.ics", booking.booking_calendar, name="booking_calendar"),
    path("charge/", start.charge, name="charge"),
    path("c/<str:code>/", start.start, name="start"),
    path("q/<path:identity>/<int:evse_number>/<str:password>/<str:version>/", scan.scan, name="scan"),
    path("sessions/<uuid:public_id>/live/", live.live, name="live"),
    path("sessions/<uuid:public_id>/stop/", live.stop, name="stop"),
    path("history/", history.history, name="history"),
    path("operate/power/", operator.power, name="power"),
    path("operate/bookings/", operator.bookings, name="operator_bookings"),
    path("operate/bookings/<uuid:public_id>/", operator.booking, name="operator_booking"),
    path("operate/bookings/<uuid:public_id>/waive/", operator.waive_fee, name="operator_waive_fee"),
    path(
        "operate/bookings/<uuid:public_id>/cancel/", operator.cancel_booking, name="operator_cancel_booking"
    ),
]
