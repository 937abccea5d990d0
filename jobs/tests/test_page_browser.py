"""The report and the page of data quality in a real browser (headless Chromium): languages, light and dark, a phone."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from html import escape
from pathlib import Path

import pytest
from chromium_kit import CHROMIUM, WITHOUT
from jobs.tests.conftest import PROVENANCE
from jobs.tests.test_page import run  # noqa: F401 - a fixture
from PIL import Image

from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.etl.quality.report import SERIES_COLUMNS, Checked
from oleoduto_jobs.etl.quality.report import page as quality_page
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.ml.page.html import Run, page

WIDTH, HEIGHT = 1000, 2400

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)


def shot(text: str, folder: Path, name: str, *flags: str) -> Image.Image:
    source, target = folder / f"{name}.html", folder / f"{name}.png"
    source.write_text(text, encoding="utf-8")
    assert CHROMIUM is not None
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / name}",
    ]
    command += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={target}", *flags, source.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert target.is_file(), done.stderr
    return Image.open(target).convert("RGB")


def near(pixel: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(pixel, wanted, strict=True))


def colours(image: Image.Image) -> list[tuple[int, tuple[int, int, int]]]:
    found = image.getcolors(maxcolors=WIDTH * HEIGHT)
    assert found is not None
    return [(count, colour) for count, colour in found if isinstance(colour, tuple)]


def drawn(image: Image.Image, wanted: tuple[int, int, int]) -> int:
    """Pixels of a colour."""
    return sum(count for count, colour in colours(image) if near(colour, wanted))


def test_the_page_is_seen_in_light_and_dark(run: Run, tmp_path: Path) -> None:  # noqa: F811
    light = shot(page(run), tmp_path, "light")
    dark = shot(page(run), tmp_path, "dark", "--blink-settings=preferredColorScheme=0")
    assert light.size == dark.size == (WIDTH, HEIGHT)
    assert near(light.getpixel((5, 5)), (252, 252, 251)) and near(dark.getpixel((5, 5)), (26, 26, 25))
    # The line of the history and that of the forecast, in the colours of each scheme.
    for image, past, ahead in ((light, (31, 95, 168), (176, 74, 18)), (dark, (125, 179, 238), (240, 147, 90))):
        assert drawn(image, past) > 300
        assert drawn(image, ahead) > 10


def test_the_languages_are_seen_one_at_a_time(run: Run, tmp_path: Path) -> None:  # noqa: F811
    english, portuguese = (shot(page(run, language), tmp_path, language) for language in ("en", "pt-BR"))
    assert english.tobytes() != portuguese.tobytes()
    # One chart each: were both articles shown, its line would be there twice. Links have its color.
    assert drawn(portuguese, (31, 95, 168)) == pytest.approx(drawn(english, (31, 95, 168)), rel=0.4)


def widths_on_a_phone(text: str, folder: Path) -> tuple[int, int]:
    """How wide the content of a page is in a window of 390 pixels, with everything open that can be."""
    source = folder / "phone.html"
    measure = (
        "const inner = document.querySelector('iframe').contentDocument;"
        "inner.querySelectorAll('details').forEach((one) => { one.open = true; });"
        "document.body.dataset.width = inner.documentElement.scrollWidth;"
        "const heads = [...inner.querySelectorAll('article[lang=en] .wide:has(td.prose) tbody th')];"
        "document.body.dataset.heading = Math.ceil(Math.max(0, ...heads.map((one) => one.offsetWidth)));"
    )
    frame = f'<iframe width="390" height="844" style="border:0" srcdoc="{escape(text)}" onload="{escape(measure)}"></iframe>'
    source.write_text(f"<!doctype html><body>{frame}</body>", encoding="utf-8")
    assert CHROMIUM is not None
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'phone'}",
        "--dump-dom",
    ]
    done = subprocess.run([CHROMIUM, *flags, source.as_uri()], capture_output=True, text=True, timeout=90, check=False)
    found = re.search(r'data-width="(\d+)" data-heading="(\d+)"', done.stdout)
    assert found is not None, done.stderr
    return int(found[1]), int(found[2])


def test_a_phone_scrolls_tables_and_never_the_page(run: Run, tmp_path: Path) -> None:  # noqa: F811
    row = {"code": "EIA366_PBRENT366", **dict.fromkeys(SERIES_COLUMNS, 1), "newest_date": dt.date(2012, 12, 31)}
    findings = [Finding(rule, 13_060, place % 2, place % 2, (row,) * (place % 2)) for place, rule in enumerate(RULES)]
    quality = quality_page(Checked(findings, [row], 3, PROVENANCE))
    for text in (page(run), page(run, "pt-BR"), quality):
        assert widths_on_a_phone(text, tmp_path)[0] == 390


def test_a_long_name_on_a_phone_leaves_room_for_the_meaning(tmp_path: Path) -> None:
    findings = [Finding(rule, 13_060, 0, 0, ()) for rule in RULES]
    _, heading = widths_on_a_phone(quality_page(Checked(findings, [], 3, PROVENANCE)), tmp_path)
    assert 0 < heading < 390 / 2
