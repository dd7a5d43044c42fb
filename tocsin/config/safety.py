"""What Tocsin refuses to start with, each with a sentence that says what to do."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tocsin.common.errors import Unsafe
from tocsin.config import databases
from tocsin.config.instance import Instance

SHORTEST_SECRET = 32


def require_safe(instance: Instance, part: str) -> None:
    """Raise ``Unsafe`` when ``part`` (public, desk or worker) of a production installation must not start.

    A demonstration may run with known passwords, but its keys are held to the same rules.
    """
    for fault in faults(instance, part):
        raise Unsafe(fault)


def faults(instance: Instance, part: str) -> Iterator[str]:
    """Every reason not to start ``part``, worst first. ``mail`` is the command that fetches e-mails."""
    yield from _debug()
    yield from _secret(instance, part)
    yield from _promise(instance, part)
    yield from _readable_keys(instance)
    yield from _unattended_key(instance, part)
    yield from _store(instance)
    yield from _mail(instance, part)
    if not instance.demo:
        yield from _network(instance, part)


def _debug() -> Iterator[str]:
    for name in ("DEBUG", "DJANGO_DEBUG", "TOCSIN_DEBUG"):
        if os.environ.get(name, "").lower() in ("1", "true", "yes", "on"):
            yield f"{name} is switched on: error pages could show what people wrote. Unset {name} and start again."


def _secret(instance: Instance, part: str) -> Iterator[str]:
    if part == "worker":
        return
    folder = instance.desk_keys if part == "desk" else instance.door_keys
    path = folder / "secret.key"
    if not path.is_file():
        yield f"{path} is missing. Restore it from your backup, or run `tocsin init` for a new installation."
        return
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if len(text) < SHORTEST_SECRET or len(set(text)) < 10 or "insecure" in text or "change" in text.lower():
        yield (
            f"The secret in {path} is a default or too short. Write a new one: "
            "python3 -c 'import secrets; print(secrets.token_hex(32))' > that file, and set its mode to 600."
        )


def _promise(instance: Instance, part: str) -> Iterator[str]:
    """The desk promises the ledger entries of reports that staff write down; its copy is missing in older homes."""
    path = instance.desk_keys / "promise.key"
    if part == "desk" and not path.is_file():
        original = instance.door_keys / "promise.key"
        yield f"{path} is missing. Copy {original} there, give the copy to the account of the desk, and chmod 600 it."


def _readable_keys(instance: Instance) -> Iterator[str]:
    for folder in (instance.door_keys, instance.desk_keys, instance.worker_keys, instance.home / "handover"):
        if not folder.is_dir():
            continue
        for path in (folder, *sorted(folder.rglob("*"))):
            mode = path.stat().st_mode
            is_folder = stat.S_ISDIR(mode)
            if (path.suffix == ".key" or is_folder) and mode & (stat.S_IRWXG | stat.S_IRWXO):
                wanted = "700" if is_folder else "600"
                yield f"Other users of this machine can read {path}. Run: chmod {wanted} {path}"


def _unattended_key(instance: Instance, part: str) -> Iterator[str]:
    path = instance.unattended_key
    if path is None:
        return
    if not instance.database_url and same_place(path, instance.database):
        yield (
            f"The unlock key {path} lies beside the database: whoever steals the disk could read every report. Move it "
            "to another device (a USB stick, a key service) and name its new place in tocsin.toml, or delete the line "
            "desk.unattended_key and unlock by passphrase."
        )
    if part == "desk" and not path.is_file():
        yield (
            f"The unlock key {path} is missing. Attach its device, or delete the line desk.unattended_key in "
            "tocsin.toml and unlock by passphrase."
        )
    elif part == "desk" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"Other users of this machine can read {path}. Run: chmod 600 {path}"


def _store(instance: Instance) -> Iterator[str]:
    try:
        databases.database(instance.database_url, instance.database)
    except Unsafe as unsafe:
        yield str(unsafe)
    if not instance.database_url and not instance.database.is_file():
        # SQLite would make an empty one: the door would open on a disk that was not mounted.
        yield (
            f"The database {instance.database} is missing. Mount its disk, or put the database back from your backup "
            "(docs/operate/install.md, section 9)."
        )


def _mail(instance: Instance, part: str) -> Iterator[str]:
    mail = instance.mail
    if part != "mail":
        return
    if mail is None:
        yield "No mailbox is set. Write the table [mail] into tocsin.toml: docs/operate/mail.md shows it."
        return
    if mail.maildir is not None and not mail.maildir.is_dir():
        yield f"The maildir {mail.maildir} is missing. Mount its disk, or name its place in tocsin.toml."
    if mail.password_file is not None:
        yield from _secret_file(mail.password_file)
    if mail.ca_file is not None and not mail.ca_file.is_file():
        yield f"The certificate {mail.ca_file} is missing. Put it there, or delete the line mail.ca_file."


def _secret_file(path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"The password of the mailbox is missing. Write it, and nothing else, into {path}, with mode 600."
    elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"Other users of this machine can read {path}. Run: chmod 600 {path}"
    elif not path.read_bytes().strip():
        yield f"{path} is empty. Write the password of the mailbox into it."


def same_place(key: Path, database: Path) -> bool:
    """Whether both lie in one folder tree or on one disk."""
    key_folder, data_folder = key.resolve().parent, database.resolve().parent
    if key_folder == data_folder or data_folder.parent in (key_folder, *key_folder.parents):
        return True
    try:
        return key_folder.stat().st_dev == data_folder.stat().st_dev
    except FileNotFoundError:
        return False


def _network(instance: Instance, part: str) -> Iterator[str]:
    if part not in ("public", "desk"):
        return
    door = instance.public if part == "public" else instance.desk
    if "*" in door.hosts or not door.hosts:
        yield f"[{part}] hosts in tocsin.toml allows any name. List the names under which this door is reached."
    if not door.behind_tls and not all(name.endswith(".onion") or _is_loopback(name) for name in door.hosts):
        yield (
            f"[{part}] behind_tls is off but the door is reached under a public name: passwords and reports would "
            "travel in clear. Put a TLS proxy in front and set behind_tls = true."
        )


def _is_loopback(name: str) -> bool:
    return name in ("localhost", "127.0.0.1", "[::1]", "::1")
