"""The demonstration's people, and the passwords that its first screen prints."""

from __future__ import annotations

from tocsin.config.setup import Person

PASSWORD = "tocsin demo only"  # noqa: S105  printed on the screen: it opens sample data alone
UNIT_PASSPHRASE = "ring the bell for the demo"  # noqa: S105  as above
PEOPLE = (
    Person("ines", "Ines", PASSWORD, ["intake"]),
    Person("tara", "Tara", PASSWORD, ["triage"]),
    Person("ivo", "Ivo", PASSWORD, ["investigator"]),
    Person("sam", "Sam", PASSWORD, ["supervisor"]),
    Person("ada", "Ada", PASSWORD, ["administrator"]),
    Person("leo", "Leo", PASSWORD, ["legal_officer"]),
    Person("rita", "Rita", PASSWORD, ["rights_officer"]),
    *(Person(name, name.title(), PASSWORD, ["custodian"], seat=name) for name in ("kim", "lou", "max")),
)
CUSTODIANS = {name: f"only {name} knows this demo" for name in ("kim", "lou", "max")}
