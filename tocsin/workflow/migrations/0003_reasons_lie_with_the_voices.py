"""The reason of a decision lies with the voice now. Apart from 0002: PostgreSQL changes no table with rows in flight."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("workflow", "0002_voices")]

    operations = [
        migrations.RemoveField(model_name="proposal", name="decision_reason"),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["state", "expires_at"], name="proposal_waiting"),
        ),
    ]
