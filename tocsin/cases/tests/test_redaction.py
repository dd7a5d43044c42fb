"""What is marked in a text, and that no text whatever can break or slow the marking."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.cases.redaction import Mark, findings_in, marks_in, pieces_of
from tocsin.cases.redaction_reasons import WHY
from tocsin.cases.redaction_words import LONGEST_HAN, LONGEST_PHRASE, Kind, lexicon

K = Kind


def marked(text: str, kind: Kind, **more: list[str]) -> list[str]:
    """The stretches of ``text`` that are marked as ``kind``."""
    return [text[mark.start : mark.end] for mark in marks_in(text, **more) if mark.kind is kind]


FOUND = [
    ("I saw it.", K.FIRST_PERSON, "I"),
    ("We’re told that it stinks.", K.FIRST_PERSON, "We’re"),
    ("这是我看见的", K.FIRST_PERSON, "我"),
    ("Nous avons vu la voiture.", K.FIRST_PERSON, "Nous"),
    ("Я видел это.", K.FIRST_PERSON, "Я"),
    ("Yo lo vi.", K.FIRST_PERSON, "Yo"),
    ("أنا شاهدت", K.FIRST_PERSON, "أنا"),
    ("My brother knows.", K.RELATION, "brother"),
    ("the NEIGHBOURS heard it", K.RELATION, "NEIGHBOURS"),
    ("他的邻居听到了", K.RELATION, "邻居"),
    ("前妻告诉警察", K.RELATION, "前妻"),
    ("seen by Mr Brown there", K.NAME, "Brown"),
    ("it was Anna Maria Smith who", K.NAME, "Anna Maria Smith"),
    ("a man called ivanov came", K.NAME, ""),
    ("then came Olga to it", K.NAME, "Olga"),
    ("问张经理就知道", K.NAME, "张经理"),
    ("他叫李小明", K.NAME, "李小明"),
    ("老王在那里", K.NAME, "老王"),
    ("Call +49 (170) 123-45 67.", K.NUMBER, "+49 (170) 123-45 67"),
    ("电话13812345678。", K.NUMBER, "13812345678"),
    ("٠١٢٣٤٥٦٧٨", K.NUMBER, "٠١٢٣٤٥٦٧٨"),
    ("write to mia.x+1@mail.example.org now", K.ADDRESS, "mia.x+1@mail.example.org"),
    ("see https://example.org/a?b=1 there", K.ADDRESS, "https://example.org/a?b=1"),
    ("微信号：abc_12345", K.ADDRESS, "微信号：abc_12345"),
    ("a van AB-123-CD stood", K.PLATE, "AB-123-CD"),
    ("车牌京A·12345", K.PLATE, "京A·12345"),
    ("at 3:15 am it came", K.TIME, "3:15 am"),
    ("凌晨三点半来了车", K.TIME, "凌晨三点半"),
    ("on 12 May it came", K.TIME, "12 May"),
    ("2026年5月12日", K.TIME, "2026年5月12日"),
    ("only three people were there", K.CIRCLE, "only three people"),
    ("只有三个人知道", K.CIRCLE, "只有三个人"),
    ("he works at the dairy", K.WORKPLACE, "works at"),
    ("我们公司的车", K.WORKPLACE, "我们公司"),
    ("他在乳品厂上班", K.WORKPLACE, "在乳品厂上班"),
    ("at 12 Mill Street there", K.PLACE, "12 Mill Street"),
    ("in flat 3b upstairs", K.PLACE, "flat 3b"),
    ("52.51630, 13.37770", K.PLACE, "52.51630, 13.37770"),
    ("三号楼502室", K.PLACE, "502室"),
    ("she speaks Uyghur well", K.LANGUAGE, "speaks Uyghur"),
    ("他说方言", K.LANGUAGE, "方言"),
    ("Only I knew it.", K.ONLY_ONE, "Only I"),
    ("nobody else saw", K.ONLY_ONE, "nobody else"),
    ("只有我知道", K.ONLY_ONE, "只有我"),
    ("a man with a limp", K.RARE, "limp"),
    ("he said “we burn it all on Sunday night”", K.RARE, "“we burn it all on Sunday night”"),
    ("for 4,317 euros", K.RARE, "4,317 euros"),
    ("唯一的孕妇", K.RARE, "唯一"),
    ("the reporter told it", K.REPORTER, "reporter"),
    ("举报人很担心", K.REPORTER, "举报人"),
    ("hid\u200bden", K.HIDDEN, "\u200b"),
]


@pytest.mark.parametrize(
    ("text", "kind", "words"), FOUND, ids=[f"{kind}-{number}" for number, (_t, kind, _w) in enumerate(FOUND)]
)
def test_it_is_marked_for_this_reason(text: str, kind: Kind, words: str) -> None:
    if words:
        assert words in marked(text, kind)
    else:
        assert marked(text, kind) == []


@pytest.mark.parametrize(
    "text",
    [
        "Animals are brought into a disused building in the district after dark. No papers were seen.",
        "The pump ran although the plant was closed. It may run still.",
        "Since spring, barrels are emptied into the brook once a week.",
        "夜里有动物被运进一座废弃的建筑。没有看到任何文件。",
        "我国法律规定",
    ],
)
def test_a_text_that_gives_nobody_away_stays_without_marks(text: str) -> None:
    assert marks_in(text) == []


def test_the_reports_own_words_are_marked_from_eight_words_on() -> None:
    report = "Two men loaded cages from a lorry without plates into the old dairy at night."
    assert marked("Two men loaded cages from a lorry without plates.", K.OVERLAP, originals=[report]) == [
        "Two men loaded cages from a lorry without plates"
    ]
    assert marked("two  MEN, loaded cages – from a lorry without", K.OVERLAP, originals=[report])
    assert not marked("Two men loaded cages from a van.", K.OVERLAP, originals=[report])
    assert not marked("Men were seen with cages and a lorry.", K.OVERLAP, originals=[report])
    assert marked(
        "There it was: loaded cages from a lorry without plates into. Then nothing.", K.OVERLAP, originals=[report]
    ) == ["loaded cages from a lorry without plates into"]


def test_in_chinese_twelve_characters_in_a_row_count() -> None:
    report = "两个男人在夜里从一辆没有车牌的卡车上卸下笼子"
    assert marked("两个男人在夜里从一辆没有", K.OVERLAP, originals=[report]) == ["两个男人在夜里从一辆没有"]
    assert not marked("两个男人在夜里从一辆", K.OVERLAP, originals=[report])


def test_two_stretches_of_two_reports_are_two_marks() -> None:
    one, two = "a b c d e f g h i j", "k l m n o p q r s t"
    text = f"{one} and then again {two}"
    assert marked(text, K.OVERLAP, originals=[one, two]) == [one, two]


def test_the_name_of_a_file_is_marked() -> None:
    assert marked("see IMG_2034.jpg there", K.FILE, files=["IMG_2034.jpg", "x", ""]) == ["IMG_2034.jpg"]


def test_the_same_words_are_one_finding_however_often_they_stand() -> None:
    text = "My brother and MY brother’s lorry."
    found = {each.kind: each for each in findings_in(text, marks_in(text))}
    assert found[K.FIRST_PERSON].places == 2
    assert found[K.FIRST_PERSON].first == 0
    moved = "Somebody said that my brother was there."
    again = {each.key for each in findings_in(moved, marks_in(moved))}
    assert found[K.FIRST_PERSON].key in again, "what was looked at stays looked at when the text around it changes"


def test_every_kind_says_why_and_has_words_or_a_shape() -> None:
    assert set(WHY) == set(Kind)
    assert all(str(each.label) and str(each.reason) for each in WHY.values())
    told = lexicon()
    assert all(1 <= len(phrase) <= LONGEST_PHRASE for phrase in told.phrases)
    assert all(len(word) <= LONGEST_HAN for word in told.han)
    by_shape = {kind for kind, _shape in told.shapes}
    assert {*told.phrases.values(), *told.han.values(), *by_shape, K.NAME, K.FILE, K.OVERLAP} == set(Kind)


HOSTILE = st.text(alphabet=st.characters(codec=None, categories=None), max_size=300) | st.text(
    alphabet="I我老王a@.:-/ 12三点号路街\u200b\u202e\ud800“”\n年月日ＡｱßŠİ", max_size=300
)


@settings(max_examples=150, deadline=None)
@given(text=HOSTILE, report=HOSTILE, name=HOSTILE)
@example(text="İ" * 50, report="i̇" * 50, name="")
@example(text="ß my brother \x00", report="SS MY BROTHER", name="\x00")
def test_no_text_breaks_it_and_every_mark_lies_inside(text: str, report: str, name: str) -> None:
    marks = marks_in(text, originals=[report, text], files=[name])
    for mark in marks:
        assert 0 <= mark.start < mark.end <= len(text)
    assert marks == sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.kind))
    pieces = pieces_of(text, marks)
    assert "".join(piece for piece, _over in pieces) == text
    at = 0
    for piece, over in pieces:
        assert set(over) == {mark for mark in marks if mark.start <= at and mark.end >= at + len(piece) and piece}
        at += len(piece)
    for finding in findings_in(text, marks):
        assert finding.words in text
        assert len(finding.key) == 16


SLOW = [
    "I my brother 12 Mill Street 3:15 ", "我哥哥在乳品厂上班张经理", "1-", "1.", "a@", "a.", "AB ", "“a", "我在", "Xx ",
    "X. ", "12 a b ", "5月", "路", "的的的的的路", "\ud800", "www.",
]  # fmt: skip


@pytest.mark.parametrize("unit", SLOW, ids=ascii)
def test_a_long_text_made_to_be_slow_is_marked_to_its_end(unit: str) -> None:
    """100,000 characters of what patterns stumble over: a pattern that tries every way would never come back."""
    text = (unit * 100_000)[:100_000]
    marks = marks_in(text, originals=[text])
    assert "".join(piece for piece, _marks in pieces_of(text, marks)) == text
    assert all(finding.words in text for finding in findings_in(text, marks))


def test_marks_can_be_told_apart_and_put_in_order() -> None:
    assert Mark(1, 2, K.NAME) < Mark(1, 3, K.NAME) < Mark(2, 3, K.NAME)
