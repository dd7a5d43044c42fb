"""How many tips stand in each state, kept by the database itself in the transaction of every change.

Counting a million rows for each page would cost more than the page. Triggers on the table of tips add and subtract
instead, whatever wrote the row. On SQLite there is one writer at a time, so each state has one row. On PostgreSQL
writers would wait for each other at that row; there each transaction has a lane of its own, and ``fold`` sums the
lanes up. Decision 29 tells more.

Django's migrations for SQLite rebuild a table when they alter it and lose its triggers, so every later migration of
the table of tips ends with ``install``; a test asks ``missing``.
"""

from __future__ import annotations

from django.db import connection as default_connection
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, Sum

from tocsin.access.actors import Actor
from tocsin.access.permissions import Permission
from tocsin.tips.models import StateCount, Tip

_NAMES = ("tips_tip_counts_insert", "tips_tip_counts_update", "tips_tip_counts_delete")


def counts() -> dict[str, int]:
    """How many tips stand in each state; states without any are left out."""
    rows = StateCount.objects.values("state").annotate(total=Sum("n")).order_by()
    return {row["state"]: row["total"] for row in rows if row["total"]}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers anew; on a database other than SQLite and PostgreSQL nothing."""
    remove(connection)
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}.get(connection.vendor, ())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: for a migration that goes backwards."""
    on_table = "" if connection.vendor == "sqlite" else " ON tips_tip"
    with connection.cursor() as cursor:
        for name in _NAMES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that should be there and are not."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return [name for name in _NAMES if name not in present]


@transaction.atomic
def recount() -> None:
    """Count every row once and put that in the place of what the triggers have summed up. Nobody writes meanwhile."""
    if default_connection.vendor == "postgresql":
        with default_connection.cursor() as cursor:
            cursor.execute("LOCK TABLE tips_tip IN SHARE ROW EXCLUSIVE MODE")
    rows = list(Tip.objects.order_by().values("state").annotate(n=Count("id")))
    StateCount.objects.all().delete()
    StateCount.objects.bulk_create([StateCount(state=row["state"], lane=0, n=row["n"]) for row in rows])


def fold(*, actor: Actor) -> None:
    """Sum the lanes of finished transactions into lane 0. Safe at any time and by several at once."""
    actor.require(Permission.COUNTS_FOLD)
    if default_connection.vendor != "postgresql":
        return  # one writer at a time: there are no lanes
    with default_connection.cursor() as cursor:
        cursor.execute(_FOLD)


# ``WHERE true``: without it SQLite reads ON as the beginning of a join.
_SQLITE = (
    """
    CREATE TRIGGER tips_tip_counts_insert AFTER INSERT ON tips_tip BEGIN
        INSERT INTO tips_statecount (state, lane, n) SELECT NEW.state, 0, 1 WHERE true
        ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + 1;
    END
    """,
    """
    CREATE TRIGGER tips_tip_counts_update AFTER UPDATE OF state ON tips_tip WHEN OLD.state <> NEW.state BEGIN
        UPDATE tips_statecount SET n = n - 1 WHERE lane = 0 AND state = OLD.state;
        INSERT INTO tips_statecount (state, lane, n) SELECT NEW.state, 0, 1 WHERE true
        ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + 1;
    END
    """,
    """
    CREATE TRIGGER tips_tip_counts_delete AFTER DELETE ON tips_tip BEGIN
        UPDATE tips_statecount SET n = n - 1 WHERE lane = 0 AND state = OLD.state;
    END
    """,
)
# SECURITY DEFINER: the doors may write tips and need no right to the counts.
_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION tips_tip_count_insert() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $count$ BEGIN
        INSERT INTO tips_statecount (state, lane, n)
        SELECT state, txid_current(), count(*) FROM came GROUP BY state ORDER BY state
        ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + excluded.n;
        RETURN NULL;
    END $count$
    """,
    """
    CREATE OR REPLACE FUNCTION tips_tip_count_update() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $count$ BEGIN
        INSERT INTO tips_statecount (state, lane, n)
        SELECT state, txid_current(), sum(n)
        FROM (SELECT state, 1 AS n FROM came UNION ALL SELECT state, -1 AS n FROM gone) AS moved
        GROUP BY state HAVING sum(n) <> 0 ORDER BY state
        ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + excluded.n;
        RETURN NULL;
    END $count$
    """,
    """
    CREATE OR REPLACE FUNCTION tips_tip_count_delete() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $count$ BEGIN
        INSERT INTO tips_statecount (state, lane, n)
        SELECT state, txid_current(), -count(*) FROM gone GROUP BY state ORDER BY state
        ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + excluded.n;
        RETURN NULL;
    END $count$
    """,
    """
    CREATE TRIGGER tips_tip_counts_insert AFTER INSERT ON tips_tip REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION tips_tip_count_insert()
    """,
    """
    CREATE TRIGGER tips_tip_counts_update AFTER UPDATE ON tips_tip REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION tips_tip_count_update()
    """,
    """
    CREATE TRIGGER tips_tip_counts_delete AFTER DELETE ON tips_tip REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION tips_tip_count_delete()
    """,
)
_FOLD = """
    WITH folded AS (DELETE FROM tips_statecount WHERE lane <> 0 RETURNING state, n)
    INSERT INTO tips_statecount (state, lane, n) SELECT state, 0, sum(n) FROM folded GROUP BY state ORDER BY state
    ON CONFLICT (lane, state) DO UPDATE SET n = tips_statecount.n + excluded.n
"""
