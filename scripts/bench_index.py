"""Measures the index of many studies in a browser on this machine.

``bench.py --index`` prints the figures beside what they should be. Chromium is driven without a
graphics card, as on many a reporting desk.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from ductdicom.export.html.index import IndexEntry, html_index
from ductdicom.model.last_run import InputCount, InputCounts, LastRun
from ductdicom.model.outcome import ReviewReason, Status

HEAD = ("studies", "MB", "opens", "filters", "sorts", "cards")
GOALS = ("goal", "", "1000", "50", "50", "")
_SIZES = (100, 1000, 5000)
_REPETITIONS = 5
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_REASONS = (ReviewReason.ONLY_SUGGESTED, ReviewReason.PHASE_CONFLICT, ReviewReason.VIEW_UNKNOWN)
_STATUSES = (Status.REVIEW, Status.PARTIAL, Status.PAIRED, Status.NOT_A_DUCTOGRAM)
_WORDS = ("2026", "", "phase", "phase-conflict left", "nothing", "")
_ORDERS = ("oldest", "reason", "newest", "")
_PAINTED = """() => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(() => done(performance.now())));
})"""
_CHANGED = """([name, value]) => {
    const field = document.getElementById(name);
    const begun = performance.now();
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    return performance.now() - begun;
}"""


def measure_index() -> Iterator[tuple[str, ...]]:
    """Yield a row of ``HEAD`` for each number of studies, milliseconds, the median of some times.

    ``opens``: from the start of the navigation until the cards are painted; ``filters`` and
    ``sorts``: from the input until the page is
    laid out anew, the slowest of some; ``cards``: how many of them are
    there when it has opened.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - measures in a browser only

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        for size in _SIZES:
            path = Path(folder) / f"{size}.html"
            studies = [_entry(number) for number in range(size)]
            path.write_bytes(html_index(studies, _last_run(size), batch="bench"))
            window = browser.new_page(viewport={"width": 1900, "height": 1000})
            opens = median(_open(window, path) for _ in range(_REPETITIONS))
            cards = window.locator(".studies li").count()
            filters = max(_change(window, "find", words) for words in _WORDS)
            sorts = max(_change(window, "sort", order) for order in _ORDERS)
            times = (f"{time_ms:.0f}" for time_ms in (opens, filters, sorts))
            yield f"{size}", f"{path.stat().st_size / 1e6:.1f}", *times, f"{cards}"
            window.close()
        browser.close()


def _open(window: Any, path: Path) -> float:
    window.goto(path.as_uri(), wait_until="commit")
    window.wait_for_selector(".studies li", state="attached")  # no eval, which the page forbids
    return float(window.evaluate(_PAINTED))


def _change(window: Any, field: str, value: str) -> float:
    return median(float(window.evaluate(_CHANGED, [field, value])) for _ in range(_REPETITIONS))


def _entry(number: int) -> IndexEntry:
    day = f"{2010 + number % 16}{1 + number % 12:02d}{1 + number % 28:02d}"
    key = f"{day}-{number:016x}"
    status = _STATUSES[number % len(_STATUSES)]
    names = ("sheet.html", "sheet.pdf", "sheet-1.png", "study.json")
    is_open = status is Status.REVIEW
    return IndexEntry(
        key=key,
        date=f"{day[:4]}-{day[4:6]}-{day[6:]}",
        who=f"Patient ID {number:07d}, Study {day[:4]}-{day[4:6]}-{day[6:]}",
        words="ductogram",
        status=status,
        side=("left", "right")[number % 2],
        reasons=f"{_REASONS[number % len(_REASONS)]}, only-suggested" if is_open else "",
        images="8 objects: 4 post, 4 pre",
        problems="spacing-suspect (4), time-conflict (1)" if number % 3 == 0 else "",
        link=f"studies/{key}/sheet.html",
        links=tuple((name, f"studies/{key}/{name}") for name in names),
        thumbnail=f"studies/{key}/thumbnail.png",
    )


def _last_run(studies: int) -> LastRun:
    counts = (InputCount("view", "pre", 4 * studies), InputCount("view", "post", 4 * studies))
    inputs = InputCounts(total=8 * studies, by_reason=counts)
    return LastRun(finished="2026-01-03T02:10:00Z", version="1.0", inputs=inputs)
