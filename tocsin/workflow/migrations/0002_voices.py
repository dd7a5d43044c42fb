"""Several people may have to agree: one row for each voice, and the seats that they fill."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What the steps for two needed of their second person before proposals kept it themselves.
SEATS = {"set_outcome": "outcome.decide", "refuse_remit_urgent": "remit.confirm", "close_urgent": "tip.close"}


def carry_over(apps, _editor):
    Proposal, Voice = apps.get_model("workflow", "Proposal"), apps.get_model("workflow", "Voice")
    for proposal in Proposal.objects.iterator():
        Proposal.objects.filter(pk=proposal.pk).update(seats=SEATS[proposal.step])
        Voice.objects.create(
            proposal=proposal, staff_id=proposal.proposer_id, verdict="proposed", reason=b"", at=proposal.proposed_at
        )
        if proposal.decider_id:
            Voice.objects.create(
                proposal=proposal,
                staff_id=proposal.decider_id,
                verdict="refused" if proposal.state == "refused" else "approved",
                reason=proposal.decision_reason,
                at=proposal.decided_at,
            )


class Migration(migrations.Migration):

    dependencies = [
        ("workflow", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="proposal",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Waiting for a second person"),
                    ("approved", "Approved"),
                    ("refused", "Refused"),
                    ("expired", "Expired"),
                    ("overtaken", "Overtaken by another step"),
                    ("withdrawn", "Taken back"),
                ],
                default="open",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="seats",
            field=models.CharField(default="", max_length=200),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="Voice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed it"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("recused", "Stepped aside"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.BinaryField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="voices", to="workflow.proposal"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("proposal", "staff"), name="nobody_speaks_twice")],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True),
    ]
