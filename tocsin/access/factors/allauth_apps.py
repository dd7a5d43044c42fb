"""allauth's account app without what only its own pages need."""

from __future__ import annotations

from allauth.account.apps import AccountConfig


class AccountWithoutPages(AccountConfig):  # type: ignore[misc]  # allauth has no types
    """Loads the app that the multi-factor library imports; its middleware serves only views that we do not have."""

    def ready(self) -> None:
        """Do not insist on the middleware."""
