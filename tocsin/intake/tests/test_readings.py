"""Reading counts and points: what people type in many scripts, and no number where two may be meant."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.intake.readings import Count, Unreadable, read_count, read_point

UNHURRIED = settings(deadline=None)
DIGITS = {
    "ascii": "0123456789",
    "full-width": "０１２３４５６７８９",
    "arabic": "٠١٢٣٤٥٦٧٨٩",
    "persian": "۰۱۲۳۴۵۶۷۸۹",
    "devanagari": "०१२३४५६७८९",
    "bengali": "০১২৩৪৫৬৭৮৯",
    "thai": "๐๑๒๓๔๕๖๗๘๙",
    "tibetan": "༠༡༢༣༤༥༦༧༨༩",
}
BETWEEN = ("-", " - ", "–", " – ", "—", "~", "～", "〜", "‐", "‑", "−", "至", "到", " 到 ", " to ")
THOUSANDS = ("", ",", ".", " ", "'", "’", "\u00a0", "\u202f", "٬")
COUNTS = st.integers(min_value=0, max_value=10**12)


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [
        ("30", 30, 30),
        ("  30\n", 30, 30),
        ("0", 0, 0),
        ("30.", 30, 30),
        ("about 30", 30, 30),
        ("大约30只", 30, 30),
        ("30 birds, maybe more", 30, 30),
        ("30多只", 30, 30),
        ("~30", 30, 30),
        ("more than 1,200", 1200, 1200),
        ("1.200", 1200, 1200),
        ("1 200", 1200, 1200),
        ("1’200", 1200, 1200),
        ("1,200,000", 1_200_000, 1_200_000),
        ("20-30", 20, 30),
        ("20–30 birds", 20, 30),
        ("20到30只", 20, 30),
        ("20 to 30", 20, 30),
        ("20 à 30 oiseaux", 20, 30),
        ("de 20 a 30", 20, 30),
        ("от 20 до 30", 20, 30),
        ("من ٢٠ إلى ٣٠", 20, 30),
        ("1,200-1,500", 1200, 1500),
        ("10 000 – 20 000", 10_000, 20_000),
        ("20~20", 20, 20),
        ("5 kg", 5, 5),
        ("1000000000000", 10**12, 10**12),
    ],
)
def test_a_count_as_people_type_it(typed: str, low: int, high: int) -> None:
    assert read_count(typed) == Count(low, high)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "many",
        "thirty",
        "三十",
        "几十只",
        "3万",  # thirty thousand, not three
        "3 万只",
        "20多万",
        "20-30万",
        "5千",
        "2 million",
        "2 mille",
        "3 docenas",
        "2 тысячи",
        "5 тыс.",
        "٣ آلاف",
        "2 Millions",
        "5k",
        "3 dozen",
        "2.5",
        "2,5",
        "0.500",
        "0,500",
        "1,234.500",
        "1.234,500",
        "1,23",
        "12,34,567",
        "30, 400",
        "1/2",
        "½",
        "10²",
        "③",
        "-5",
        "−5",
        "30-20",
        "20-30-40",
        "3 of 5",
        "2026-05-01",
        "1000000000001",
        "9" * 30,
        "9" * 400,
    ],
)
def test_what_is_no_count_or_may_be_two_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_count(typed)


@pytest.mark.parametrize("script", DIGITS)
def test_a_count_in_the_digits_of_any_script(script: str) -> None:
    table = str.maketrans(DIGITS["ascii"], DIGITS[script])
    assert read_count("1280-3907".translate(table)) == Count(1280, 3907)


@UNHURRIED
@given(COUNTS, COUNTS, st.sampled_from(BETWEEN), st.sampled_from(sorted(DIGITS)))
def test_any_range_comes_back_as_it_was_typed(one: int, other: int, between: str, script: str) -> None:
    low, high = sorted((one, other))
    typed = f"{low}{between}{high}".translate(str.maketrans(DIGITS["ascii"], DIGITS[script]))
    assert read_count(typed) == Count(low, high)


@UNHURRIED
@given(COUNTS, st.sampled_from(THOUSANDS))
def test_any_number_comes_back_with_any_mark_between_thousands(number: int, mark: str) -> None:
    assert read_count(f"{number:,}".replace(",", mark)) == Count(number, number)


@UNHURRIED
@given(COUNTS, COUNTS)
def test_the_larger_number_first_is_refused_with_what_to_do(one: int, other: int) -> None:
    low, high = sorted((one, other))
    if low < high:
        with pytest.raises(Unreadable, match="smaller number first"):
            read_count(f"{high}-{low}")


ANYTHING = st.one_of(st.text(), st.text("0123456789 .,'-–~到万k²½٣°NSEW+;、", max_size=40))


@UNHURRIED
@given(ANYTHING)
@example("9" * 5_000)  # Python itself refuses to read so many digits
@example("1 " * 100_000)
@example("1," * 100_000)
@example("1-" * 100_000)
@example("\ud800")
@example("\x00")
@example("٩" * 10_000)
@example("㍘" * 100)
def test_reading_a_count_fails_in_one_way_only(typed: str) -> None:
    try:
        count = read_count(typed)
    except Unreadable:
        return
    assert 0 <= count.low <= count.high <= 10**12


@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [
        ("39.90, 116.40", 39.9, 116.4),
        ("39.90,116.40", 39.9, 116.4),
        ("39.90 116.40", 39.9, 116.4),
        ("39.90; 116.40", 39.9, 116.4),
        ("39.90，116.40", 39.9, 116.4),
        ("39.90、116.40", 39.9, 116.4),
        ("٣٩٫٩٠، ١١٦٫٤٠", 39.9, 116.4),
        ("  39.90\t116.40\n", 39.9, 116.4),
        ("39.90 N 116.40 E", 39.9, 116.4),
        ("39.90°N, 116.40°E", 39.9, 116.4),
        ("33.9 s, 151.2 e", -33.9, 151.2),
        ("-33.9S 58.4W", -33.9, -58.4),
        ("−33.9, −58.4", -33.9, -58.4),
        ("+1, -2", 1, -2),
        ("３９．９０，１１６．４０", 39.9, 116.4),
        ("٣٩.٩٠ ١١٦.٤٠", 39.9, 116.4),
        ("0 0", 0, 0),
        ("-90, -180", -90, -180),
        ("90, 180", 90, 180),
        ("39.9041999999999999, 116.4", 39.9042, 116.4),
    ],
)
def test_a_point_as_people_type_it(typed: str, lat: float, lon: float) -> None:
    assert read_point(typed) == (lat, lon)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "39.90",
        "behind the tannery",
        "39,9",  # one number with a comma, or two numbers?
        "39,90 116,40",
        "39,90; 116,40",
        "39,90, 116,40",
        "90.1, 0",
        "0, 180.1",
        "116.40, 39.90",  # the wrong way round, where it can be told
        "200, 200",
        "39°54′N 116°24′E",
        "39.90 E 116.40 N",
        "39.90, 116.40, 12",
        "nan, nan",
        "inf 1",
        "1e1, 2",
        "9" * 100 + ", 1",
        "39.²90, 116.40",
    ],
)
def test_what_is_no_point_or_may_be_another_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable, match="Write two numbers"):
        read_point(typed)


@UNHURRIED
@given(st.decimals(-90, 90, places=6), st.decimals(-180, 180, places=6), st.sampled_from([", ", " ", "; ", "，"]))
def test_any_point_comes_back_as_it_was_typed(lat: object, lon: object, between: str) -> None:
    assert read_point(f"{lat:f}{between}{lon:f}") == (float(str(lat)), float(str(lon)))


@UNHURRIED
@given(st.decimals(0, 90, places=4), st.decimals(0, 180, places=4), st.sampled_from("NS"), st.sampled_from("EW"))
def test_the_letter_of_the_half_decides_about_the_sign(lat: object, lon: object, ns: str, ew: str) -> None:
    read = read_point(f"{lat:f}{ns} {lon:f} {ew}")
    assert read == (float(str(lat)) * (-1 if ns == "S" else 1), float(str(lon)) * (-1 if ew == "W" else 1))


@UNHURRIED
@given(ANYTHING)
@example("1" * 5_000 + ", 1")
@example("1 " * 100_000)
@example("1." + "0" * 100_000 + ", 1")
@example(" " * 100_000 + "1, 1")
@example("\ud800, \ud800")
def test_reading_a_point_fails_in_one_way_only(typed: str) -> None:
    try:
        lat, lon = read_point(typed)
    except Unreadable:
        return
    assert -90 <= lat <= 90
    assert -180 <= lon <= 180
