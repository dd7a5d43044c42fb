"""Checkpoints: one spelling, one signer, published examples."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ledger.checkpoint import Checkpoint, CheckpointInvalid, open_checkpoint, parse, sign_checkpoint
from tocsin.ledger.merkle import EMPTY_ROOT
from tocsin.ledger.note import NoteInvalid, Signer, Verifier, open_note, sign
from tocsin.ledger.tests.conftest import Load

LOG = Signer("tips.example/log", bytes(32))
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_a_checkpoint_reads_as_it_was_written() -> None:
    checkpoint = Checkpoint("tips.example/log", 20852163, EMPTY_ROOT, ("extension",))
    assert parse(checkpoint.text()) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, LOG), LOG.verifier) == checkpoint
    assert checkpoint.text().splitlines()[1] == "20852163"


@given(
    st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1), st.integers(0, 2**63 - 1)
)
@settings(max_examples=100, deadline=None)
def test_any_checkpoint_survives_the_journey(origin: str, size: int) -> None:
    checkpoint = Checkpoint(origin, size, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(checkpoint, LOG), LOG.verifier, origin=origin) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"o\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n٣\n{ROOT}\n",
        f"o\n0x1\n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT[:-2]}J=\n",
        f"o\n1\n{ROOT} \n",
        "o\n1\nAAAA\n",
        "o\n1\n\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\n\nx\n",
    ],
)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"), [("", 1, EMPTY_ROOT), ("a\nb", 1, EMPTY_ROOT), ("a", -1, EMPTY_ROOT), ("a", 1, b"")]
)
def test_an_impossible_checkpoint_cannot_be_made(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(CheckpointInvalid):
        Checkpoint(origin, size, root)


def test_another_key_another_log_or_another_text_does_not_open() -> None:
    checkpoint = Checkpoint("tips.example/log", 5, EMPTY_ROOT)
    data = sign_checkpoint(checkpoint, LOG)
    with pytest.raises(NoteInvalid):
        open_checkpoint(data, Signer.generate("tips.example/log").verifier)
    with pytest.raises(CheckpointInvalid, match="not of"):
        open_checkpoint(data, LOG.verifier, origin="other.example")
    with pytest.raises(NoteInvalid):
        open_checkpoint(data.replace(b"\n5\n", b"\n6\n"), LOG.verifier)
    with pytest.raises(CheckpointInvalid):
        open_checkpoint(sign("no checkpoint\n", LOG), LOG.verifier)


def test_published_checkpoints_are_read(tlog_vectors: Load) -> None:
    vectors = tlog_vectors("signed-note.json")
    for example in vectors["checkpoint_examples"]:
        checkpoint = parse(example.partition("\n\n")[0] + "\n")
        assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    legacy = vectors["tree_format_legacy"]
    assert parse(legacy["text"]).size == legacy["size"]
    for bad in legacy["bad"]:
        with pytest.raises(CheckpointInvalid):
            parse(bad)


def test_published_cosignatures_of_witnesses_hold(tlog_vectors: Load) -> None:
    files = tlog_vectors("sunlight-witness.json")["files"]
    keys = {
        "witness/": "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN",
        "witness/mirror/": "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O",
        "witness2/": "witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9",
    }
    opened = 0
    for name, file in files.items():
        folder = name.removeprefix("cmd/skylight/testdata/").rsplit("/", 2)[0] + "/"
        if not name.endswith("/checkpoint") or folder not in keys or "decoy" in file["text"]:
            continue
        verifier = Verifier.from_vkey(keys[folder])
        note = open_note(file["text"].encode(), [verifier])
        assert parse(note.text).size == 300
        assert [item.name for item in note.verified] == [verifier.name]
        with pytest.raises(NoteInvalid):
            open_note(file["text"].replace("300", "301").encode(), [verifier])
        opened += 1
    assert opened == 3
