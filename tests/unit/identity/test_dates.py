"""A day is known in the words, signs and calendars of many people, and no other day is."""

from datetime import date, timedelta

import pytest

from ductdicom.identity.known import MASK, identify_births, identify_days

BORN = identify_days([date(1961, 12, 24)])
SEEN = identify_days([date(2026, 1, 2)])
IN_WORDS = [
    *("24. prosince 1961", "24 joulukuuta 1961", "24. joulukuu 61", "24 грудня 1961"),
    *("24 снежня 1961", "24 декември 1961", "24 Δεκεμβρίου 1961", "24 ديسمبر 1961"),
    *("24 كانون الأول 1961", "24 בדצמבר 1961", "24 detsember 1961", "24 gruodžio 1961"),
    *("1961 m. gruodžio 24 d.", "24. decembris 1961", "1961. gada 24. decembris", "24 aralık 1961"),
    *(
        "1961년 12월 24일",
        "24 ธันวาคม 2504",
        "24 ธ.ค. 2504",
        "24 ธันวาคม พ.ศ. 2504",
        "24 tháng 12 1961",
        "24-दिसंबर-1961",
    ),
    *("ngày 24 tháng 12 năm 1961", "24 ডিসেম্বর 1961", "24 გ. დეკემბერი 1961".replace("გ. ", "")),
    *("24 de desembre de 1961", "24 d’desembre del 1961", "1961(e)ko abenduaren 24(a)"),
    *("24. prosinca 1961", "24. decembra 1961", "24 grudnia 1961", "24 dhjetor 1961"),
    *("1961 ж. 24 желтоқсан", "24 Rhagfyr 1961", "24 دسمبر 1961", "1961. december 24."),
]
IN_NUMBERS = [
    *("24.121961", "2412.1961", "2412 1961", "2 4 1 2 1 9 6 1", "24 12 61", "1961-358", "1961358"),
    *("24.XII.1961", "1340/10/03", "۱۳۴۰/۱۰/۰۳", "3 دی 1340", "2504/12/24", "民國50年12月24日"),
    *("1961-W51-7", "1961W517", "61358", "Dec2461", "6112241234", "12346112 24"),
    *("昭和三十六年十二月二十四日", "一九六一年十二月二十四日", "S36.12.24"),
]


@pytest.mark.parametrize("text", [*IN_WORDS, *IN_NUMBERS])
def test_a_day_is_found(text):
    masked = BORN.mask(f"CC ({text}) post")

    assert MASK in masked
    assert not {"24", "1961", "61", "358", "03", "1340"} & set(masked.replace(MASK, " ").split())
    assert masked.startswith("CC (")
    assert masked.endswith(") post")


@pytest.mark.parametrize(
    "text",
    [
        "二〇二六年一月二日",
        "1404/10/12",
        "115/01/02",
        "令和8年1月2日",
        "2026-002",
        "2569-01-02",
        "2.I.2026",
    ],
)
def test_the_day_of_the_study_is_found_in_other_calendars(text):
    assert MASK in SEEN.mask(f"CC ({text}) post")


@pytest.mark.parametrize(
    "text",
    [
        *("24. listopadu 1961", "24 marraskuuta 1961", "24 листопада 1961", "23 декември 1961"),
        *("25.121961", "2412.1962", "2 4 1 2 1 9 6 2", "1961-357", "1340/10/04", "24 CC 1961"),
        *("1961-W51-6", "1961-W60-7", "61357", "613580", "Dec2462", "7712241234", "99611224 99"),
        *("24 ml 12 s 1961", "IOHEXOL 300 24 ml", "12 24", "december 1961", "一月二日"),
    ],
)
def test_another_day_is_not(text):
    assert BORN.mask(f"CC {text} post") == f"CC {text} post"


@pytest.mark.parametrize(
    ("ours", "persian"),
    [
        ((1925, 3, 21), "1304/1/1"),
        ((1963, 3, 20), "1341/12/29"),
        ((1963, 3, 21), "1342/1/1"),
        ((1979, 2, 11), "1357/11/22"),
        ((1996, 3, 19), "1374/12/29"),
        ((1996, 3, 20), "1375/1/1"),
        ((2021, 3, 20), "1399/12/30"),
        ((2026, 9, 22), "1405/6/31"),
    ],
)
def test_the_calendar_of_iran(ours, persian):
    day = date(*ours)

    assert identify_days([day]).mask(persian) == MASK
    assert identify_days([day + timedelta(1)]).mask(persian) == persian


@pytest.mark.parametrize("day", [date.min, date(622, 3, 20), date(622, 3, 21), date.max])
def test_days_of_any_year_stop_nothing(day):
    assert identify_days([day]).mask(f"CC {day.isoformat()} post") == f"CC {MASK} post"


NATIONAL = identify_births([date(1961, 12, 24)])


@pytest.mark.parametrize(
    "text",
    [
        *("611224-1234", "611224/1234", "611224/123", "616224/1234", "6162241234", "611224+1234"),
        *("241261-123A", "241261A123X", "241261-1234", "2412611234", "241261 1234", "611264-1234"),
        *("61122412345", "613224 12345", "611224-2234567", "2611224123456", "46112241234"),
        *("110101196112241234", "11010119611224123X", "19611224-1234", "19615224/1234"),
        *("６１１２２４－１２３４", "٦١١٢٢٤-١٢٣٤"),
    ],
)
def test_a_national_number_is_masked_whole_by_the_day_of_birth_in_it(text):
    assert NATIONAL.mask(f"CC {text}, post") == f"CC {MASK}, post"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "611223-1234",
            "616223/1234",
            "2312611234",
            "62122412345",
            "616224",
            "6162241",
            "616224-12",
        ),
        *("99616224 300", "12345616224123", "2026-12-24/1234", "616224 300"),
    ],
)
def test_another_number_is_not(text):
    assert NATIONAL.mask(f"CC {text}, post") == f"CC {text}, post"


def test_digits_behind_another_day_than_that_of_birth_stay():
    studied = identify_days([date(2026, 1, 5)])

    assert studied.mask("20260105-1234") == f"{MASK}-1234"


def test_a_text_full_of_digits_is_read_in_short():
    assert MASK not in BORN.mask("1 2 " * 2500)
