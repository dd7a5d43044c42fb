"""What all forms of the guided form have in common: the heading, and fields that are made once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass

from tocsin.ui.forms import UiFormMixin


class SharedFields(dict[str, forms.Field]):
    """Fields that nobody changes once they are made, so that every form has the same ones.

    Django copies the fields of a form each time; sending a report looks through some twenty forms.
    """

    def __deepcopy__(self, _memo: object) -> dict[str, forms.Field]:
        return dict(self)


class _WithSharedFields(DeclarativeFieldsMetaclass):
    base_fields: dict[str, forms.Field]

    def __init__(cls, *parts: Any) -> None:  # noqa: N805 - a metaclass: its instances are classes
        super().__init__(*parts)
        cls.base_fields = SharedFields(cls.base_fields)


class ScreenForm(UiFormMixin, forms.Form, metaclass=_WithSharedFields):
    """A form whose first field is the heading of the page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.heading_field = next(iter(self.fields))
        self.auto_id = "id_%s"

    @property
    def says_optional(self) -> bool:  # type: ignore[override]  # a property here, an attribute in the mixin
        """Say "(optional)" only where another field of the screen is not."""
        return any(field.required for field in self.fields.values())
