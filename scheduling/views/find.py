"""Find: the map and the list of places, ranked and filtered by the URL."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from core import clock
from core.templatetags.places import PLUGS
from core.ui.fragments import render_either
from scheduling.forms import read_wish
from scheduling.selectors.places import Place, find_places
from scheduling.selectors.saved import saved_places
from scheduling.views.common import own_car
from scheduling.views.filters import chosen_filters, ways_out
from scheduling.views.sentences import busy_sentence, turnover_sentence

BARS = 12
POWERS_KW = (11, 22, 50, 150, 300)
PRICES = ("0.40", "0.50", "0.60")
OFFERED = ("IEC_62196_T2_COMBO", "IEC_62196_T2", "CHADEMO", "SAE_J3400")


def find(request: HttpRequest) -> HttpResponse:
    """GET / with q, car, free, fast, cheap, plug, power, most, at, sort."""
    car = own_car(request)
    wish = read_wish(request.GET, car, request.user.pk)
    places, saved = find_places(wish), saved_places(request.user)
    context = {
        "tab": "find",
        "wish": wish,
        "car": car,
        "cards": [_card(place) | {"is_saved": place.location.pk in saved} for place in places],
        "chosen": chosen_filters(request.GET),
        "relaxed": [] if places else ways_out(request.GET, car, request.user.pk),
        "plugs": [(value, name, icon) for value, (icon, name) in PLUGS.items() if value in OFFERED],
        "powers": POWERS_KW,
        "prices": PRICES,
        "open_places": sum(bool(place.free) for place in places),
        "live_topics": [f"location.{place.location.pk}" for place in places],
    }
    return render_either(
        request, page="scheduling/find.html", fragment="scheduling/_places.html", context=context
    )


def _card(place: Place) -> dict[str, object]:
    """A place with the twelve bars around now and what they say."""
    now = clock.now()
    hours = [hour for hour in place.forecast if hour.start_at >= now - timedelta(hours=4)][:BARS]
    current = next(
        (n for n, h in enumerate(hours) if h.start_at <= now < h.start_at + timedelta(hours=1)), None
    )
    return {
        "place": place,
        "bars": [hour.busy_share for hour in hours],
        "now_index": current,
        "sentence": turnover_sentence(place, now) or busy_sentence(place, now),
    }
