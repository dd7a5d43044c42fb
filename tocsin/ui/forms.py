"""Forms drawn in GOV.UK markup: label, hint, error and note, tied together by ids for screen readers.

Write a form as usual, put ``UiFormMixin`` first, print ``{{ form }}`` or ``{{ form.story.as_field_group }}``.
Put ``ui/components/error_summary.html`` with the form at the top of the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import BaseRenderer, DjangoTemplates
from django.forms.widgets import Widget
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

OUR_WIDGETS = frozenset(
    path.name for path in (Path(__file__).parent / "templates" / "ui" / "forms" / "widgets").glob("*.html")
)

LARGEST_TOLD = 2_000  # characters: about a page


def css_class_of(widget: Widget) -> str:
    """The GOV.UK class of a single control; empty for groups, whose templates name their parts."""
    if isinstance(widget, forms.Textarea):
        return "govuk-textarea"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.CheckboxInput, forms.MultiWidget)):
        return ""
    if isinstance(widget, forms.Select):
        return "govuk-select"
    if isinstance(widget, forms.FileInput):
        return "govuk-file-upload"
    return "govuk-input"


class UiBoundField(BoundField):
    """A field that knows the ids of its hint, note and error, and says them in ``aria-describedby``."""

    @property
    def hint_id(self) -> str:
        """Id of the hint below the label."""
        return f"{self.auto_id}_hint"

    @property
    def error_id(self) -> str:
        """Id of the error message."""
        return f"{self.auto_id}_error"

    @property
    def note_id(self) -> str:
        """Id of the note on length below a text area."""
        return f"{self.auto_id}_note"

    @property
    def length_limit(self) -> int | None:
        """Characters a text area takes, where somebody may well write more. Said in words: ``maxlength`` cuts silently.

        Above that nobody counts; whoever reaches it is told with the error.
        """
        limit: int | None = getattr(self.field, "max_length", None)
        is_told = isinstance(self.field.widget, forms.Textarea) and limit is not None and limit <= LARGEST_TOLD
        return limit if is_told else None

    @property
    def aria_describedby(self) -> str | None:
        """Hint, error and note, in the order in which they stand on the page."""
        if self.is_hidden or not self.auto_id or self.field.widget.attrs.get("aria-describedby"):
            return None
        parts = [
            self.hint_id if self.help_text else "",
            self.error_id if self.errors else "",
            self.note_id if self.length_limit else "",
        ]
        return " ".join(part for part in parts if part) or None

    @property
    def error_anchor(self) -> str:
        """Id of the control to which the error summary leads: in a group, the first; "" if hidden."""
        if self.is_hidden:
            return ""
        widget = self.field.widget
        if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.MultiWidget)):
            return f"{self.auto_id}_0"
        return self.id_for_label or self.auto_id

    @property
    def is_lone_checkbox(self) -> bool:
        """Whether the label stands beside the control instead of above it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_page_heading(self) -> bool:
        """Whether the label is the ``h1`` of the page."""
        return bool(getattr(self.form, "heading_field", "") == self.name)

    @property
    def label_size(self) -> str:
        """One of ``s m l xl``."""
        sizes: Mapping[str, str] = getattr(self.form, "label_sizes", {})
        default = "l" if self.is_page_heading else getattr(self.form, "label_size", "s")
        return sizes.get(self.name, default)

    @property
    def says_optional(self) -> bool:
        """Whether "(optional)" follows the label."""
        return not self.field.required and getattr(self.form, "says_optional", True)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """Add the class and the ``--error`` class; drop ``maxlength`` on text areas."""
        widget = widget or self.field.widget
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        css_class = css_class_of(widget)
        if widget.is_hidden or not css_class:
            return built
        names = [css_class, f"{css_class}--error" if self.errors else "", str(widget.attrs.get("class", ""))]
        built["class"] = " ".join(name for name in names if name)
        if isinstance(widget, forms.Textarea):
            built["maxlength"] = False
        return built


class UiRenderer(DjangoTemplates):
    """Draws forms from ``ui/forms/``; whatever is not there comes from Django."""

    form_template_name = "ui/forms/form.html"
    field_template_name = "ui/forms/field.html"
    bound_field_class = UiBoundField

    def get_template(self, template_name: str) -> Any:
        """Prefer our own drawing of a Django form template."""
        own = template_name.removeprefix("django/forms/widgets/")
        if own in OUR_WIDGETS:
            template_name = f"ui/forms/widgets/{own}"
        return super().get_template(template_name)


def missing_answer(widget: Widget) -> Promise:
    """What to say when a required answer is missing, by the kind of control."""
    if isinstance(widget, forms.CheckboxInput):
        return gettext_lazy("Tick the box to go on.")
    if isinstance(widget, forms.FileInput):
        return gettext_lazy("Choose a file.")
    if isinstance(widget, (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return gettext_lazy("Choose an answer.")
    return gettext_lazy("Write an answer.")


class UiFormMixin:
    """Put it first: ``class StoryForm(UiFormMixin, forms.Form)``.

    ``heading_field`` names the field whose label is the page's ``h1``; ``label_sizes`` sets single sizes;
    ``says_optional`` adds "(optional)" to labels that may stay empty.
    """

    # One instance for all forms: each instance would compile the templates anew.
    default_renderer: BaseRenderer | type[BaseRenderer] | None = UiRenderer()
    use_required_attribute = False  # the browser's own bubbles are untranslated and vanish; we answer in the page
    heading_field = ""
    label_size = "s"
    label_sizes: Mapping[str, str] = {}
    says_optional = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        form: Any = self
        for field in form.fields.values():
            if field.error_messages["required"] is forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = missing_answer(field.widget)

    def error_links(self) -> list[tuple[str, str]]:
        """``(id of the control or "", message)`` for the error summary, in the order of the page.

        The question stands before the message: read alone, "Write an answer." says nothing.
        """
        form: Any = self
        links = [("", str(message)) for message in form.non_field_errors()]
        for bound in form:
            joint = " " if str(bound.label).endswith(("?", "？", "؟", ".", "。")) else ": "
            links += [(bound.error_anchor, f"{bound.label}{joint}{message}") for message in bound.errors]
        return links


@dataclass(frozen=True)
class Marks:
    """Given to a group of choices in place of a value: what to write into the tag of each, to be filled in later."""

    of_choices: Sequence[str]


class _OptionHints:
    """Keeps a hint for each choice; mixed into the two choice groups below."""

    def __init__(
        self,
        *,
        hints: Mapping[str, str | Promise] | None = None,
        layout: str = "",
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)  # type: ignore[call-arg]  # the next class is always a Django widget
        self.hints = dict(hints or {})
        self.layout = layout

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Hand layout and hints to the template."""
        context: dict[str, Any] = super().get_context(name, value, attrs)  # type: ignore[misc]  # as above
        context["widget"]["layout"] = self.layout
        marks = iter(value.of_choices if isinstance(value, Marks) else ())
        for _group, options, _index in context["widget"]["optgroups"]:
            for option in options:
                option["hint"] = self.hints.get(str(option["value"]), "")
                option["mark"] = next(marks, "")
        return context


class Radios(_OptionHints, forms.RadioSelect):
    """Radio buttons; ``hints`` by value, ``layout`` is ``""``, ``inline`` or ``small``."""


class Checkboxes(_OptionHints, forms.CheckboxSelectMultiple):
    """Several choices; ``hints`` by value, ``layout`` is ``""`` or ``small``."""


_YEAR_FIRST = ("zh", "ja", "ko")  # languages that say a date from the year to the day (CLDR, dateFormats)


class DateParts(forms.MultiWidget):
    """Day, month and year in three boxes, as people know a date; none is a calendar to click through."""

    template_name = "ui/forms/widgets/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        digits = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__({part: forms.TextInput(digits) for part in ("day", "month", "year")}, attrs)

    def decompress(self, value: str | None) -> list[str]:
        """``2026-05`` → ``["", "5", "2026"]``."""
        parts = [part.lstrip("0") for part in (value or "").split("-")]
        year, month, day = (*parts, "", "", "")[:3]
        return [day, month, year]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Name the parts, and mark all three when the date is wrong."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        wrong = " govuk-input--error" if "aria-invalid" in context["widget"]["attrs"] else ""
        labels = (_("Day"), _("Month"), _("Year"))
        for part, label, width in zip(context["widget"]["subwidgets"], labels, (2, 2, 4), strict=True):
            part["label"] = label
            part["attrs"]["class"] = f"govuk-input govuk-date-input__input govuk-input--width-{width}{wrong}"
        if (get_language() or "").startswith(_YEAR_FIRST):
            context["widget"]["subwidgets"].reverse()
        return context


class PartialDateField(forms.MultiValueField):
    """A date that may be known in part. Cleans to ``2026``, ``2026-05``, ``2026-05-01`` or ``""``."""

    widget = DateParts

    def __init__(self, **options: Any) -> None:
        options.setdefault("require_all_fields", False)
        parts = [forms.CharField(required=False, max_length=10) for _part in range(3)]
        super().__init__(parts, **options)

    def compress(self, data_list: list[str]) -> str:
        """Join the parts to ISO 8601 of reduced precision; ``ValidationError`` says what to correct."""
        day, month, year = (part.strip() for part in (*data_list, "", "", "")[:3])
        if not (day or month or year):
            return ""
        return partial_date(day, month, year)


def partial_date(day: str, month: str, year: str) -> str:
    """``("", "5", "2026")`` → ``2026-05``. Raises ``ValidationError`` when the parts make no date.

    Digits of any script are understood: a phone set to Arabic may type them.
    """
    if not (year.isdecimal() and len(year) == 4 and int(year) >= 1000):
        raise forms.ValidationError(_("Write the year with four numbers, for example 2026."))
    if day and not month:
        raise forms.ValidationError(_("Write the month too, or leave the day empty."))
    if not month:
        return f"{int(year)}"
    if not (month.isdecimal() and 1 <= int(month) <= 12):
        raise forms.ValidationError(_("Write the month as a number from 1 to 12."))
    if not day:
        return f"{int(year)}-{int(month):02}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise forms.ValidationError(_("This day does not exist in that month.")) from None
