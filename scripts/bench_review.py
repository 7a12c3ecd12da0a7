"""Measures the review of a study of four mammograms of full size, in a browser on this machine.

``bench.py --review`` prints the figures beside what they should be. Chromium is driven without a
graphics card, as on many a reporting desk.
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
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from bench_sheets import write_image

from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.settings import Settings

_SYNTAXES = ("uncompressed", "JPEG lossless SV1", "JPEG-LS", "JPEG 2000 lossless")
_IMAGES = range(4)
_REPETITIONS = 5
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_WINDOW = {"width": 1900, "height": 1000}
HEAD = (
    "transfer syntax", "first picture", "again", "in full", "window", "saved", "new page", "MB",
)  # fmt: skip
GOALS = ("goal", "0.50", "0.50", "", "0.100", "1.00", "3.00", "")
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
    while (!(await (await fetch(`/studies/${key}/drawn`)).json()).drawn);
    await (await fetch(`/studies/${key}/sheet.html`)).text();
    return [saved - begun, performance.now() - begun];
}"""


def measure_review() -> Iterator[tuple[str, ...]]:
    """Yield a row of ``HEAD`` for each transfer syntax, seconds.

    ``first picture``: from the key to something of both images, where nothing was decoded ahead;
    ``again``: the same as later readers have it; ``window``: a step of a window by hand in both
    images; ``saved``: from the click to what was decided; ``new page``: to the sheet drawn by it;
    ``MB``: memory of the server at last.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for developers

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        for number in _IMAGES:
            write_image(folder, number)
        browser = driver.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        for label in _SYNTAXES:
            output = folder / f"out {label}"
            organise([str(folder / label)], Settings(output=output, jobs=1), in_process=True)
            yield (label, *_measure(browser, output))
        browser.close()


def _measure(browser: Any, output: Path) -> Iterator[str]:
    (record,) = read_known(output).records.values()
    with _served(output) as (process, address):
        context = browser.new_context(viewport=_WINDOW)
        context.request.get(address, max_redirects=0)  # let in, without a look at the list
        page = context.new_page()
        root = f"http://{urlsplit(address).netloc}"
        study = f"{root}/studies/{record.key}/sheet.html"
        first, _ = _look(page, study)
        looks = [_look(page, study) for _ in range(_REPETITIONS)]
        yield f"{first:.2f}"
        yield f"{median(shown for shown, _ in looks):.2f}"
        yield f"{median(whole for _, whole in looks):.2f}"
        page.keyboard.press("w")
        yield f"{median(_step(page) for _ in range(_REPETITIONS)):.3f}"
        page.keyboard.press("Escape")
        saved, drawn = page.evaluate(_SAVE, [record.key, record.instances[0].id])
        yield f"{saved / 1000:.2f}"
        yield f"{drawn / 1000:.2f}"
        yield f"{_megabytes(process.pid):.0f}"
        context.close()


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


def _megabytes(number: int) -> float:
    """Return the memory of a process, where the system tells it."""
    try:
        lines = Path(f"/proc/{number}/status").read_text("ascii").splitlines()
    except OSError:
        return float("nan")
    return float(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
