"""Measures the review of a study of four mammograms of full size, in a browser on this machine.

``bench.py --review`` prints the figures beside what they should be. Chromium is driven without a
graphics card, as on many a reporting desk. What processes take is asked of Linux.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlsplit

from bench_sheets import write_image
from slow_line import slow_line

from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.settings import Settings

_SYNTAXES = (
    "uncompressed", "RLE", "JPEG lossless SV1", "JPEG-LS", "JPEG 2000 lossless", "HTJ2K lossless",
)  # fmt: skip
_IMAGES = range(4)
_REPETITIONS = 5
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_WINDOW = {"width": 1900, "height": 1000}
_LINE_BITS = 100e6  # a second, of a line within a hospital
_IDLE_S = 1.0  # of a server that has done what it does ahead
_LITTLE_S = 0.02  # of a processor, which is nothing
_BUSY_S = 0.3
HEAD = (
    "transfer syntax", "ahead", "cold", "again", "in full", "100 Mbit/s", "in full", "window",
    "saved", "new page", "of processor", "MB", "at most", "share",
)  # fmt: skip
GOALS = (
    "goal", "0.50", "", "", "", "1.00", "", "0.100", "1.00", "3.00", "", "", "", "",
)  # fmt: skip
_SAVE = """async ([key, image]) => {
    const state = JSON.parse(document.getElementById("review-data").textContent).state;
    const decisions = [{ image, phase: "pre", by: "AB" }];
    const content = { schema: "ductdicom.decisions/1", decisions };
    const begun = performance.now();
    const answer = await fetch(`/studies/${key}/decisions`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "If-Match": state },
        body: JSON.stringify(content),
    });
    await answer.json();
    const saved = performance.now();
    while ((await (await fetch(`/studies/${key}/drawn`)).json()).waiting);
    await (await fetch(`/studies/${key}/sheet.html`)).text();
    return [saved - begun, performance.now() - begun];
}"""


def measure_review() -> Iterator[tuple[str, ...]]:
    """Yield a row of ``HEAD`` for each transfer syntax, seconds.

    From the key to something of both images: ``ahead``, where the list was open until all was done
    that is done ahead; ``cold``, of a server that has just been started; ``again``, as later
    readers have it, and ``in full``; the same over a line of 100 Mbit/s. ``window``: a step of a
    window by hand in both images; ``saved``: from the click to what was decided; ``new page``: to
    the sheet drawn by it, and the processor's time of it; ``MB``: memory of the server at last and
    at most; ``share`` of a processor that a loop got meanwhile: others were at work.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for developers

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as driver,
        slow_line(_LINE_BITS) as line,
    ):
        folder = Path(name)
        for number in _IMAGES:
            write_image(folder, number)
        browser = driver.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        for label in _SYNTAXES:
            output = folder / f"out {label}"
            organise([str(folder / label)], Settings(output=output, jobs=1), in_process=True)
            yield (label, *_measure(browser, output, line))
        browser.close()


def _measure(browser: Any, output: Path, line: str) -> Iterator[str]:
    (record,) = read_known(output).records.values()
    shares = [_share()]
    with _served(output) as (process, address):
        page, study = _let_in(browser, address, record.key)
        page.goto(address.partition("?")[0])
        _until_idle(process.pid)
        yield f"{_look(page, study)[0]:.2f}"
        page.context.close()
    with _served(output) as (process, address):
        page, study = _let_in(browser, address, record.key)
        yield f"{_look(page, study)[0]:.2f}"
        yield from _median_looks(page, study)
        far, _ = _let_in(
            browser, address, record.key, proxy={"server": line, "bypass": "<-loopback>"}
        )
        yield from _median_looks(far, study)
        far.context.close()
        page.keyboard.press("w")
        yield f"{median(_step(page) for _ in range(_REPETITIONS)):.3f}"
        page.keyboard.press("Escape")
        shares.append(_share())
        _until_idle(process.pid)
        before = _processor_s(process.pid)
        saved, drawn = page.evaluate(_SAVE, [record.key, record.instances[0].id])
        yield f"{saved / 1000:.2f}"
        yield f"{drawn / 1000:.2f}"
        yield f"{_processor_s(process.pid) - before:.2f}"
        yield f"{_megabytes(process.pid, 'VmRSS'):.0f}"
        yield f"{_megabytes(process.pid, 'VmHWM'):.0f}"
        page.context.close()
    yield f"{median([*shares, _share()]):.2f}"


def _let_in(browser: Any, address: str, key: str | None, **how: Any) -> tuple[Any, str]:
    """Return a page that the server answers, and the address of a study."""
    context = browser.new_context(viewport=_WINDOW, **how)
    context.request.get(address, max_redirects=0)  # let in, without a look at the list
    return context.new_page(), f"http://{urlsplit(address).netloc}/studies/{key}/sheet.html"


def _median_looks(page: Any, study: str) -> Iterator[str]:
    looks = [_look(page, study) for _ in range(_REPETITIONS)]
    yield f"{median(shown for shown, _ in looks):.2f}"
    yield f"{median(whole for _, whole in looks):.2f}"


def _look(page: Any, study: str) -> tuple[float, float]:
    """Open two images in full; return seconds until something is seen, and until all is there."""
    page.goto(study)
    begun = perf_counter()
    page.keyboard.press("f")
    page.wait_for_selector("html[data-shown]")
    shown = perf_counter() - begun
    page.wait_for_selector("html[data-ready]")
    return shown, perf_counter() - begun


def _step(page: Any) -> float:
    """Change the window by hand, and return the seconds that drawing both images took."""
    page.keyboard.press("ArrowUp")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return float(page.evaluate("document.getElementById('full').dataset.ms")) / 1000


@contextmanager
def _served(output: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "ductdicom", "review", str(output), "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-browser"], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        try:
            yield process, (process.stdout or sys.stdin).readline().strip()
        finally:
            process.terminate()


def _until_idle(number: int) -> None:
    """Wait until a process and those that it started do nothing for a while."""
    spent, since = -1.0, monotonic()
    while monotonic() - since < _IDLE_S:
        if (now := _processor_s(number)) - spent > _LITTLE_S:
            spent, since = now, monotonic()
        sleep(0.05)


def _processor_s(number: int) -> float:
    """Return the processor's time of a process and of those that it started."""
    fields = Path(f"/proc/{number}/stat").read_text("ascii").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    lists = Path(f"/proc/{number}/task").glob("*/children")
    children = [int(child) for path in lists for child in path.read_text("ascii").split()]
    return own + sum(map(_processor_s, children))


def _megabytes(number: int, what: str) -> float:
    """Return the memory of a process."""
    lines = Path(f"/proc/{number}/status").read_text("ascii").splitlines()
    return float(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def _share() -> float:
    """Return how much of a processor a loop gets that would take all of it."""
    begun, spent = perf_counter(), process_time()
    while perf_counter() - begun < _BUSY_S:
        pass
    return (process_time() - spent) / (perf_counter() - begun)
