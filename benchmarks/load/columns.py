"""Tables and columns that ``many_tips`` fills, in this order."""

from __future__ import annotations

TIP = (
    "id", "ref", "intake_key", "state", "outcome", "channel", "category", "pack_version", "unit", "received_hour",
    "content", "wrapped_key", "retention_id", "identity_ref", "login_hash", "mail_public", "receipt", "event_count",
    "acknowledge_by", "acknowledged_on", "feedback_by", "paused_on", "unread_replies", "urgent", "drill", "in_case",
    "destroyed_on", "holder_id", "held_for", "events_key", "papers_public", "legal_hold", "ended_on", "expires_on",
)  # fmt: skip
STEP = (
    "subject_kind", "subject_ref", "step", "source", "target", "actor", "role", "proposed_by", "reason", "rule", "at",
)  # fmt: skip
MESSAGE = ("tip_id", "ref", "kind", "blob", "written_hour", "staff_id")
PROPOSAL = (
    "ref", "subject_kind", "subject_ref", "step", "payload", "state", "proposer_id", "proposed_at", "expires_at",
    "seats",
)  # fmt: skip
DEADLINE = (
    "subject_kind", "subject_ref", "clock", "started_at", "due_at", "due_on", "paused_on", "paused_until", "ended_at",
    "met",
)  # fmt: skip
CASE = (
    "id", "ref", "state", "outcome", "category", "pack_version", "unit", "about", "urgent", "legal_hold", "opened_on",
    "opened_by_id",
)  # fmt: skip
IN_CASE = ("case_id", "tip_id", "added_at", "added_by_id")
PART = ("case_id", "staff_id", "role", "since")
DECLARATION = ("tip_id", "staff_id", "has_interest", "declared_at")
TABLES = {
    "tips_tip": TIP,
    "workflow_steprecord": STEP,
    "tips_tipmessage": MESSAGE,
    "workflow_proposal": PROPOSAL,
    "tips_declaration": DECLARATION,
    "clocks_deadline": DEADLINE,
    "cases_case": CASE,
    "cases_casetip": IN_CASE,
    "cases_assignment": PART,
}
