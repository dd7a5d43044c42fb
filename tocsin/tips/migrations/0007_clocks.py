"""Dates move into the table of clocks; the columns of a tip stay as copies that lists choose by."""

import datetime

from django.db import migrations, models


def start_clocks(apps, schema_editor):
    """Start the clocks of every open tip from what its columns say.

    ``next_at`` lies at the start, so that the worker's next round tells of each clock at the stage that it has reached.
    Clocks that ended before have no row: figures about them begin with this version.
    """
    tips = apps.get_model("tips", "Tip").objects.exclude(state__in=["closed", "withdrawn", "feedback_given"])
    if not tips.exists():
        return
    from tocsin.policy.active import pack_of

    deadline, record = apps.get_model("clocks", "Deadline"), apps.get_model("workflow", "StepRecord")
    flagged = dict(
        record.objects.filter(subject_kind="tip", step="flag_urgent").order_by("-id").values_list("subject_ref", "at")
    )
    for tip in tips.defer("content", "wrapped_key", "receipt").iterator(chunk_size=500):
        pack = pack_of(tip.pack_version)
        for clock, values in clocks_of(tip, pack, flagged.get(tip.ref)).items():
            span = values.pop("span", None)
            row = deadline.objects.create(subject_kind="tip", subject_ref=tip.ref, clock=clock, **values)
            if span is not None:
                row.spans.create(kind="pause", step="ask", actor="program:migration", at=row.started_at, **span)


def clocks_of(tip, pack, flagged_at):
    """``clock → columns`` of a deadline for one open tip."""
    from tocsin.policy.clocks import due_answer_to_question, due_triage, end_of_day, local_day

    def noon(day):
        return datetime.datetime.combine(day, datetime.time(12), pack.calendar.zone)

    def row(started_at, day, **more):
        due_at = end_of_day(day, pack)
        return {"started_at": started_at, "due_at": due_at, "due_on": day, "next_at": started_at, **more}

    found = {}
    if tip.state == "received":
        found["acknowledge"] = row(tip.received_hour, tip.acknowledge_by)
    if tip.state == "acknowledged" and tip.acknowledged_on:
        read = noon(tip.acknowledged_on)
        found["triage"] = row(read, local_day(due_triage(read, pack), pack))
    if tip.feedback_by and tip.acknowledged_on:
        found["feedback"] = feedback = row(noon(tip.acknowledged_on), tip.feedback_by)
        if tip.paused_on:
            longest = datetime.timedelta(days=min(pack.clocks.need_info_pause_days, 30))
            feedback |= row(feedback["started_at"], tip.feedback_by + longest)
            feedback |= {"paused_on": tip.paused_on, "paused_until": end_of_day(tip.paused_on + longest, pack)}
            feedback["span"] = {"from_on": tip.paused_on, "until_on": tip.paused_on + longest}
        elif tip.pause_used:  # it stood still once, for a time that the date holds already
            feedback["span"] = {"from_on": tip.acknowledged_on, "until_on": tip.acknowledged_on, "days": 0}
    if tip.state == "need_info" and tip.paused_on:
        asked = noon(tip.paused_on)
        found["answer"] = row(asked, local_day(due_answer_to_question(asked, pack), pack))
    if tip.urgent and flagged_at:
        due_at = due_triage(flagged_at, pack, urgent=True)
        found["urgent"] = {"started_at": flagged_at, "due_at": due_at, "due_on": None, "next_at": flagged_at}
    return found


def show_dates(apps, schema_editor):
    """The copy of a stopped clock's date counts the whole pause, as ``clocks.Deadline`` does."""
    deadline, tip = apps.get_model("clocks", "Deadline"), apps.get_model("tips", "Tip")
    paused = deadline.objects.filter(subject_kind="tip", clock="feedback", paused_on__isnull=False)
    for ref, day in paused.values_list("subject_ref", "due_on").iterator(chunk_size=500):
        tip.objects.filter(ref=ref).update(feedback_by=day)


class Migration(migrations.Migration):

    dependencies = [
        ('tips', '0003_identity_request'),
        ('clocks', '0001_initial'),
        ('workflow', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(start_clocks, migrations.RunPython.noop),
        migrations.RunPython(show_dates, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='tip',
            name='pause_used',
        ),
        migrations.AddIndex(
            model_name='tip',
            index=models.Index(fields=['state', 'received_hour'], name='tip_ages'),
        ),
        migrations.RemoveConstraint(
            model_name='tipmessage',
            name='only_staff_messages_name_staff',
        ),
        migrations.AlterField(
            model_name='tipmessage',
            name='kind',
            field=models.CharField(choices=[('question', 'Question'), ('answer', 'Answer'), ('addition', 'Addition'), ('feedback', 'Result'), ('extension', 'Later date')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='tipmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['extension', 'feedback', 'question']), ('staff__isnull', False)), models.Q(('kind__in', ['answer', 'addition']), ('staff__isnull', True)), _connector='OR'), name='only_staff_messages_name_staff'),
        ),
    ]
