"""The page of all series: whole, small, safe, in both languages, and usable at once in a real browser."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from chromium_kit import CHROMIUM, WITHOUT
from jobs.tests.test_page import Outline, without_times

from oleoduto_jobs.ml.many.forecast import Row
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.ml.many.realized import Realized
from oleoduto_jobs.ml.page.index import Entry, Summary, index, spark, urgency
from oleoduto_jobs.ml.page.index_words import INDEX_WORDS
from oleoduto_jobs.provenance import ListProvenance

H = 6


def entry(code: str, seed: int = 0, **changes: object) -> Entry:
    rng = np.random.default_rng(seed)
    level = float(10.0 ** rng.uniform(-6.0, 9.0))
    point = (level * np.exp(rng.normal(0.0, 0.1, H))).tolist()
    bounds = {
        f"{end}_{width}": [factor * value for value in point]
        for end, width, factor in (("lower", 80, 0.8), ("upper", 80, 1.2), ("lower", 95, 0.6), ("upper", 95, 1.4))
    }
    given = {"mase": float(rng.exponential()), "point": point, "model": "median", "origin": "2023-12", "season": 12, **bounds}
    row = Row(**{"code": code, "status": Status.OK, "unit": "R$ (milhões)", **given, **changes})
    return Entry(row, (level * np.exp(rng.normal(0.0, 0.1, 36))).tolist())


def failed(code: str, why: str) -> Entry:
    return Entry(Row(code, Status.FAILED, why), [])


def several() -> list[Entry]:
    return sorted(
        [
            entry("GOOD", 1, mase=0.5),
            entry("BAD", 2, mase=3.0, realized=Realized(3, 1.75, 0.9, {80: 0.5, 95: 1.0})),
            entry("UNKNOWN", 3, mase=None),
            entry("QUARTERLY", 4, mase=0.9, season=4, origin="2023-10"),
            entry("CONSTANT", 5, status=Status.CONSTANT, mase=None),
            failed("BROKEN", '</script><b>not loaded</b> & "quoted"'),
        ],
        key=urgency,
    )


def summary(entries: list[Entry], main: str = "GOOD") -> Summary:
    data = ListProvenance(("file",), None, dt.date(2023, 12, 29), dt.date(2024, 1, 15))
    return Summary(main, {"ok": len(entries) - 1, "failed": 1}, data)


def test_the_worst_come_first() -> None:
    assert [one.row.code for one in several()] == ["BROKEN", "BAD", "QUARTERLY", "GOOD", "UNKNOWN", "CONSTANT"]


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    text = index(several(), summary(several()))
    outline = Outline(text)
    assert outline.open == []
    scripts = [attrs for tag, attrs in outline.elements if tag == "script"]
    assert [attrs.get("src") for attrs in scripts] == [None] * 3
    assert not [tag for tag, _ in outline.elements if tag in ("link", "img", "iframe")]
    assert "url(" not in text and "@import" not in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "</script><b>" not in text
    rows = json.loads(text.split('id="rows">')[1].split("</script>")[0])
    assert rows[0][-1][0] == '</script><b>not loaded</b> & "quoted"'


def test_it_is_accessible_and_in_both_languages() -> None:
    html = index(several(), summary(several()))
    elements, text = Outline(html).elements, without_times(html)
    assert all(attrs["scope"] == "col" for tag, attrs in elements if tag == "th")
    texts = [attrs["lang"] for tag, attrs in elements if tag == "span" and attrs.get("class") == "t"]
    assert texts.count("en") == texts.count("pt-BR") > 10
    assert "6 series of the run of 2024-01-15: 5 ok, 1 failed" in text
    assert "6 séries da execução de 2024-01-15: ok (5), com falha (1)" in text
    assert "Source: a CSV file. Newest observation: 2023-12-29. Run of 2024-01-15." in text
    assert "Fonte: um arquivo CSV. Observação mais recente: 2023-12-29." in text and 'class="banner"' not in text
    for english, portuguese in INDEX_WORDS.values():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", portuguese))


def test_a_sample_and_stale_series_have_a_banner() -> None:
    entries = several()
    data = dataclasses.replace(summary(entries).data, sources=("ipeadata", "sample"))
    stale = dataclasses.replace(summary(entries), statuses={"ok": 2, "stale": 4}, data=data)
    text = without_times(index(entries, stale))
    assert "4 of 6 series ended too long before the run of 2024-01-15" in text and "Sample data." in text
    assert "4 de 6 séries terminaram" in text and "Dados de amostra." in text


def test_a_small_line_has_the_heights_of_its_values() -> None:
    assert spark([0.0, 61.0], [30.5]) in ("0z|U", "0z|V")
    assert spark([5.0, 5.0], []) == "UU|"
    assert spark([-1.7e308, 1.7e308], []) == "0z|"
    assert spark([], []) == ""


def test_five_thousand_series_are_less_than_three_megabytes() -> None:
    entries = [entry(f"PRECOS12_IPCA{place:05d}", place) for place in range(5000)]
    assert len(index(entries, summary(entries)).encode()) < 3_000_000


PROBE = """
<script>
  const seen = {};
  const codes = () => [...document.querySelectorAll("tbody tr > th")].map((cell) => cell.textContent);
  const say = (id, value, kind) => {
    const it = document.getElementById(id); it.value = value; it.dispatchEvent(new Event(kind));
  };
  const press = (key) => document.querySelector(`thead button[data-key="${key}"]`).click();
  seen.first = codes();
  press("mase"); seen.mase = codes();
  press("mase"); seen.back = codes();
  press("ratio"); seen.ratio = codes();
  press("code"); seen.code = codes();
  seen.sorted = document.querySelector('th[aria-sort="ascending"]').textContent;
  say("search", "quar", "input"); seen.search = codes();
  say("search", "", "input"); say("status", "failed", "change"); seen.failed = codes();
  seen.why = document.querySelector("td.why").textContent;
  say("status", "", "change");
  document.querySelector("tbody button").click();
  seen.opened = [...document.querySelectorAll("tbody table tbody th")].map((cell) => cell.textContent);
  document.querySelector("tbody button").click();
  seen.closed = document.querySelectorAll("tbody table").length;
  seen.link = document.querySelector("tbody a").getAttribute("href");
  seen.lines = document.querySelectorAll("tbody polyline").length;
  document.querySelector('input[value="pt-BR"]').click();
  seen.language = document.documentElement.lang;
  seen.told = document.querySelector("td.why span").textContent;
  seen.count = document.getElementById("count").textContent;
  seen.numbers = [...document.querySelectorAll("tbody tr")].map((row) => row.cells[8]?.textContent);
  seen.ratios = [...document.querySelectorAll("tbody tr")].map((row) => row.cells[9]?.textContent);
  seen.ready = Number(document.body.dataset.ready);
  document.body.dataset.seen = JSON.stringify(seen);
</script>
"""


def dumped(text: str, folder: Path) -> str:
    """The document after its scripts have run."""
    source = folder / "series.html"
    source.write_text(text, encoding="utf-8")
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'user'}", "--dump-dom"]
    done = subprocess.run([*command, source.as_uri()], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
def test_it_is_searched_sorted_and_opened(tmp_path: Path) -> None:
    text = index(several(), summary(several())).replace("</body>", f"{PROBE}</body>")
    found = re.search(r'data-seen="([^"]*)"', dumped(text, tmp_path))
    assert found is not None
    seen = json.loads(unescape(found[1]))
    assert seen["first"] == ["BROKEN", "BAD", "QUARTERLY", "GOOD", "UNKNOWN", "CONSTANT"]
    # Series without a score come last in both directions.
    assert seen["mase"] == ["BAD", "QUARTERLY", "GOOD", "BROKEN", "UNKNOWN", "CONSTANT"]
    assert seen["back"] == ["GOOD", "QUARTERLY", "BAD", "BROKEN", "UNKNOWN", "CONSTANT"]
    assert seen["ratio"][0] == "BAD" and seen["ratios"].count("1,75") == 1 and seen["ratios"].count("-") == 4
    assert seen["code"] == sorted(seen["first"]) and "series" in seen["sorted"]
    assert seen["search"] == ["QUARTERLY"] and seen["failed"] == ["BROKEN"]
    assert seen["why"] == '</script><b>not loaded</b> & "quoted"'
    assert seen["told"] == f"a mensagem original é: {seen['why']}"
    assert len(seen["opened"]) == H and seen["opened"][0] == "2024-01" and seen["closed"] == 0
    assert seen["link"] == "report.html" and seen["lines"] == 2 * 5
    assert seen["language"] == "pt-BR" and seen["count"] == "6 de 6 linhas; 6 séries nesta página"
    assert "0,50" in seen["numbers"] and "3,00" in seen["numbers"]


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
def test_five_thousand_series_are_usable_within_two_seconds(tmp_path: Path) -> None:
    entries = [entry(f"PRECOS12_IPCA{place:05d}", place) for place in range(5000)]
    found = re.search(r'data-ready="(\d+)"', dumped(index(entries, summary(entries)), tmp_path))
    assert found is not None
    assert int(found[1]) < 2000
