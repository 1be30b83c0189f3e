from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/profile/", views.change_profile, name="profile"),
    path("account/cars/", views.add_vehicle, name="cars"),
    path("account/cars/<int:pk>/", views.change_vehicle, name="car"),
    path("account/tokens/", views.add_token, name="tokens"),
    path("account/tokens/<int:pk>/", views.change_token, name="token"),
    path("account/language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
]
