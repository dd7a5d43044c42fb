"""The custodian's turn: bring the own key. The answer to the second key is the only page that shows an identity."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from tocsin.access.permissions import Permission
from tocsin.common.errors import RuleBroken
from tocsin.desk.carried_keys import carried_key
from tocsin.desk.doors import StaffRequest, needs
from tocsin.desk.page import context
from tocsin.desk.screens.identities import draw, stepped_aside, visible
from tocsin.tips.identity_opening import agree
from tocsin.tips.models import IdentityRequest

SHOWN_SECONDS = 300


@sensitive_post_parameters()
@require_POST
@needs(Permission.IDENTITY_AGREE)
def open_identity(request: StaffRequest, ref: str) -> HttpResponse:
    """Agree with the own key."""
    found = visible(request, ref)
    try:
        if stepped_aside(request.actor, found, request.POST.dict()):
            return redirect("identities")
        typed = carried_key(request)
        shown = agree(actor=request.actor, request=found, key_file=typed.key_file, passphrase=typed.passphrase)
    except RuleBroken as wrong:
        return draw(request, visible(request, ref), status=wrong.status, error=wrong.sentence, failed="open")
    if shown is None:
        return redirect(f"{reverse('identity', args=[ref])}?done=open")
    return _shown(request, found, shown)


@sensitive_variables()
def _shown(request: StaffRequest, found: IdentityRequest, shown: str) -> HttpResponse:
    """An answer to a form: browsers keep no copy, sending the form again opens nothing, and it leaves by itself."""
    back = reverse("identity", args=[found.ref])
    told = {"shown": shown, "back": back, "minutes": SHOWN_SECONDS // 60, "found": found}
    answer = render(request, "desk/identity_shown.html", context(request, here="identities", **told))
    answer.headers["Refresh"] = f"{SHOWN_SECONDS}; url={back}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
