"""Numbers that tell a day or an ID: that of a series may begin with the date."""

import re

from ductdicom.identity.known import Identity

LEAST_DIGITS = 6  # of an ID that may stand as a number
_RUNS = re.compile(r"\d{6,}", re.ASCII)
_OF_DAYS = ("{0:04}{1:02}{2:02}", "{2:02}{1:02}{0:04}", "{1:02}{2:02}{0:04}")
_OF_SHORT_DAYS = ("{0:02}{1:02}{2:02}", "{2:02}{1:02}{0:02}", "{1:02}{2:02}{0:02}")


def tells(text: str, identity: Identity) -> bool:
    """Whether a number is an ID of the patient, holds a day of hers, or is one in six digits.

    Days are spelled with the year first, or last after day and month or month and day.
    """
    runs = _RUNS.findall(text)
    if not runs:
        return False
    whole = "".join(filter(str.isdigit, text))
    if any(
        len(number) >= LEAST_DIGITS and number in identity.numbers
        for number in (digits.lstrip("0") for digits in (*runs, whole))
    ):
        return True
    for year, month, day in identity.dates:
        spelled = {form.format(year, month, day) for form in _OF_DAYS}
        short = {form.format(year % 100, month, day) for form in _OF_SHORT_DAYS}
        if any(run in short or any(word in run for word in spelled) for run in runs):
            return True
    return False
