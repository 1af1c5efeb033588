"""Is the process alive, and can it answer with a model yet?"""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from predictor import warming


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 once every shipped model is warm (or known to be damaged), 503 until then."""
    state = warming.state()
    return JsonResponse(state, status=200 if state["ready"] else 503)
