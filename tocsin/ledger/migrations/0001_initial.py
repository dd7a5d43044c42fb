"""Tables of the ledger and of the audit log, and the triggers that make them append-only."""

from django.db import migrations, models

from tocsin.ledger import protection


def protect(_apps, schema_editor):
    protection.install(schema_editor.connection)


def unprotect(_apps, schema_editor):
    protection.remove(schema_editor.connection)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Pending',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('leaf', models.BinaryField(max_length=97)),
                ('opening', models.BinaryField()),
                ('queued_at_hour', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(null=True, unique=True)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=150)),
                ('role', models.CharField(max_length=50)),
                ('action', models.CharField(max_length=100)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('detail', models.JSONField(default=dict)),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['actor'], name='ledger_audit_actor'), models.Index(fields=['subject'], name='ledger_audit_subject')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('era', models.PositiveIntegerField()),
                ('index', models.BigIntegerField()),
                ('leaf', models.BinaryField(max_length=97)),
                ('leaf_hash', models.BinaryField(max_length=32)),
                ('opening', models.BinaryField()),
                ('checkpoint_size', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'entries',
                'constraints': [models.UniqueConstraint(fields=('era', 'index'), name='ledger_entry_place')],
                'indexes': [models.Index(fields=['leaf_hash'], name='ledger_entry_hash')],
            },
        ),
        migrations.CreateModel(
            name='TreeHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('log', models.CharField(choices=[('public', 'public ledger'), ('audit', 'audit log')], max_length=10)),
                ('era', models.PositiveIntegerField()),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('frontier', models.BinaryField()),
                ('note', models.BinaryField()),
                ('origin', models.CharField(max_length=200)),
                ('signed_at_hour', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('log', 'era', 'size'), name='ledger_head_once')],
            },
        ),
        migrations.RunPython(protect, unprotect),
    ]
