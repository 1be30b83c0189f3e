"""POST /webhooks/stripe/: stored and answered at once; what it is about is looked at afterwards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.providers.base import BadSignature
from payments.services.webhooks import receive_webhook


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """204 for what is signed (a repetition too), 400 for what is not."""
    try:
        receive_webhook(payload=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except BadSignature:
        return HttpResponse(
            "This webhook is not signed as it should be.", status=400, content_type="text/plain"
        )
    return HttpResponse(status=204)
