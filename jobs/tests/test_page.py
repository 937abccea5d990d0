"""The report: whole, small, self-contained, accessible, in both languages; drift that is there is found."""

from __future__ import annotations

import dataclasses
import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jobs.tests.conftest import PROVENANCE

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.languages import LANGUAGES
from oleoduto_jobs.ml.container.forecast import forecast, report
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.evaluation.drift import feature_drift
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.candidates import CANDIDATES
from oleoduto_jobs.ml.page.chart import HEIGHT, fan, step
from oleoduto_jobs.ml.page.checks import Checks, read_checks
from oleoduto_jobs.ml.page.html import Run, page
from oleoduto_jobs.ml.page.past import Past
from oleoduto_jobs.ml.page.words import MODELS, WORDS, Words

NAMES = ("no_change_monthly_mean", "no_change_last_price", "ridge")
VOID = {"meta", "input", "line", "polyline", "polygon", "circle"}


@pytest.fixture(scope="module")
def run(monthly: Monthly) -> Run:
    settings = Hyperparameters(monthly.code, evaluation_origins=40, candidates=NAMES)
    artifact = train(monthly, settings, "job-1", one_by_one)
    document = report(artifact, monthly, PROVENANCE, "job-1")
    return Run(monthly, forecast(artifact, monthly, "job-1"), document, artifact.metadata, PROVENANCE)


class Outline(HTMLParser):
    """Every element with its attributes; complains of what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def without_times(html: str) -> str:
    """The page with its dates as plain text."""
    return re.sub("</?time>", "", html)


def test_the_page_is_whole_and_needs_nothing_from_outside(run: Run) -> None:
    text = page(run)
    assert len(text.encode()) < 1_000_000
    outline = Outline(text)
    assert outline.open == []
    assert not [tag for tag, _ in outline.elements if tag in ("script", "link", "img", "iframe")]
    links = [attrs["href"] or "" for _, attrs in outline.elements if "href" in attrs]
    inside = {f"#{attrs['id']}" for _, attrs in outline.elements if "id" in attrs}
    assert links and set(links) <= inside
    assert not [a for _, attrs in outline.elements for a in attrs if a == "src"]
    assert "url(" not in text and "@import" not in text
    assert not re.findall(r"\{\w+\}", text.split("</style>")[1])


def test_it_is_accessible(run: Run) -> None:
    elements = Outline(page(run)).elements
    assert [attrs["lang"] for tag, attrs in elements if tag == "article"] == list(LANGUAGES)
    identities = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(identities) == len(set(identities))
    for tag, attrs in elements:
        if tag == "svg":
            assert attrs["role"] == "img" and attrs["aria-labelledby"] in identities
        if tag == "th":
            assert attrs["scope"] in ("col", "row")
    tags = [tag for tag, _ in elements]
    assert tags.count("caption") == tags.count("table") > 0


def test_both_languages_have_all_numbers(run: Run) -> None:
    english, portuguese = page(run).split('<article lang="pt-BR">')
    for row in run.predictions.itertuples():
        assert f"{row.point:.2f}" in english
        assert f"{row.point:.2f}".replace(".", ",") in portuguese
    for name in NAMES:
        assert Words("en").model(name) in english and Words("pt-BR").model(name) in portuguese
    assert "Previsão" in portuguese and run.monthly.sha256() in english
    for texts in WORDS.values():
        assert re.findall(r"\{\w+\}", texts[0]) == re.findall(r"\{\w+\}", texts[1])


def test_the_first_sentence_says_what_is_expected(run: Run) -> None:
    last = run.predictions.iloc[-1]
    assert f"near {last['point']:.2f} (unit unknown) in" in page(run)
    known = dataclasses.replace(run, monthly=dataclasses.replace(run.monthly, unit="US$ per barrel"))
    english, portuguese = without_times(page(known)).split('<article lang="pt-BR">')
    low, high = (f"{last[bound]:.2f}" for bound in ("lower_80", "upper_80"))
    sentence = (
        f"is expected near {last['point']:.2f} US$ per barrel in {last['target_start']:%Y-%m}. In 8 of 10 cases it will lie"
    )
    assert f"{run.monthly.code} {sentence} between {low} and {high}." in english
    assert english.index(sentence) < english.index("<svg")
    assert f"entre {low.replace('.', ',')} e {high.replace('.', ',')}." in portuguese
    assert "Run of 2013-01-10." in english and "Execução de 2013-01-10." in portuguese


def test_source_unit_last_observation_and_run_date_are_named(run: Run) -> None:
    known = dataclasses.replace(run.provenance, source="file", last_observation=None)
    english, portuguese = without_times(page(run)).split('<article lang="pt-BR">')
    assert "Source: Ipeadata. Unit: US$ per barrel. Last observation: 2012-12-31. Run of 2013-01-10." in english
    assert "Fonte: Ipeadata. Unidade: US$ per barrel. Última observação: 2012-12-31." in portuguese
    assert 'class="banner"' not in english + portuguese
    assert "Source: a CSV file." in page(dataclasses.replace(run, provenance=known))


@pytest.mark.parametrize(("source", "stale"), [("sample", True), ("sample", None), ("ipeadata", True)])
def test_a_sample_and_stale_values_have_a_banner_before_the_forecast(run: Run, source: str, stale: bool | None) -> None:
    known = dataclasses.replace(run.provenance, source=source, stale=stale)
    english, portuguese = page(dataclasses.replace(run, provenance=known)).split('<article lang="pt-BR">')
    for text, sample, old in ((english, "Sample data.", "Stale data."), (portuguese, "Dados de amostra.", "Dados desatual")):
        assert (sample in text) is (source == "sample") and (old in text) is (stale is True)
        assert text.index('class="banner"') < text.index('class="headline"')


def test_the_rule_of_fresh_data_says_what_is_stale(run: Run, tmp_path: Path) -> None:
    samples = [[{"code": run.monthly.code, "age_trading_days": 99}], [{"code": "OTHER"}]]
    for place, (sample, stale) in enumerate(zip(samples, (True, False), strict=True)):
        rules = {"rule": ["series_fresh", "raw_jump"], "failed_rows": [1, 1]}
        folder = quality_table(tmp_path / str(place), **rules, sample=[json.dumps(sample), json.dumps(samples[0])])
        checks = read_checks(folder)
        assert checks is not None and checks.stale(run.monthly.code) is stale


def test_earlier_forecasts_are_dots_beside_what_happened(run: Run) -> None:
    """Of one month before and of as many as have an outcome, from the first month of the picture on."""
    first, last = int(run.monthly.months[0]), int(run.monthly.months[-1])
    rows = [(last - 1, 1), (last - 2, 1), (last - 3, 3), (first - 7, 1)]
    known = pd.DataFrame(rows, columns=["origin", "horizon"]).assign(point=55.5)
    judged = [{"horizon": h, "origins": n, "mae": mae, "ratio": 1.0, "limit": 1.1} for h, n, mae in ((1, 2, 3.25), (3, 1, 7.5))]
    document = {"model": "ridge", "realised": judged, "estimated": [], "estimated_drift": [], "not_estimated_because": None}
    told = page(dataclasses.replace(run, past=Past(document, known)))
    english, portuguese = told.split('<article lang="pt-BR">')
    assert "(ridge regression) against what happened, in unit unknown: 1 month ahead they were off by 3.25" in english
    assert "3.25 (mean of 2 forecasts); 3 months ahead one was off by 7.50." in english
    assert "3,25 (média de 2 previsões); 3 meses à frente uma errou por 7,50." in portuguese
    for text in (english, portuguese):
        assert (text.count('<circle class="near"'), text.count('<circle class="far"')) == (2, 1)
    assert "forecast of 1 month before" in english and "previsão de 3 meses antes" in portuguese
    nothing = page(dataclasses.replace(run, past=Past({**document, "realised": []}, known[:0])))
    assert "<circle" not in nothing and "of 1 month before" not in nothing


def test_an_interval_that_narrows_is_explained(run: Run) -> None:
    """Of a forecast that falls: its intervals are shares of it."""
    assert "may be narrower in units" not in page(run) and "past errors of this model were smaller" not in page(run)
    rows = run.predictions.copy()
    columns = ["point", "lower_80", "upper_80", "lower_95", "upper_95"]
    rows.loc[rows["horizon"] > 3, columns] = (rows.loc[rows["horizon"] == 3, columns] * 0.5).to_numpy()
    assert page(dataclasses.replace(run, predictions=rows)).count("may be narrower in units") == 1
    middle = rows["point"]
    tight = rows.assign(lower_95=middle * 0.99, upper_95=middle * 1.01, lower_80=middle * 0.999, upper_80=middle * 1.001)
    tight.loc[0, ["lower_95", "upper_95"]] = [middle[0] * 0.5, middle[0] * 2.0]
    assert "past errors of this model were smaller" in page(dataclasses.replace(run, predictions=tight))


@pytest.mark.parametrize("name", sorted({*(one.name for one in CANDIDATES), *MODELS}))
def test_every_candidate_has_a_name_for_readers(name: str) -> None:
    assert name in MODELS, f"no name for readers: {name}"
    assert name in {*(one.name for one in CANDIDATES), combination.NAME}, f"no candidate: {name}"


def test_a_fall_back_is_told(run: Run) -> None:
    fallen = dataclasses.replace(run, metadata={**run.metadata, "fell_back_from": "ridge"})
    assert "ridge regression was in use until" in page(fallen) and "regressão ridge esteve em uso" in page(fallen)
    assert "was in use until" not in page(run)


def test_a_candidate_that_failed_is_told(run: Run) -> None:
    document = {**run.report, "excluded": {"auto_ces": "no <model>"}, "verdicts": {}}
    told = page(dataclasses.replace(run, report=document))
    assert "AutoCES failed on this series and is out: no &lt;model&gt;" in told
    assert "AutoCES falhou nesta série e está fora" in told
    assert "too short or too even" in told and "too short or too even" not in page(run)


def test_values_below_zero_are_in_the_picture(run: Run) -> None:
    """Also a series of zeros has a picture."""
    for factor in (-1.0, 0.0):
        mean = {"mean_value": factor * run.monthly.mean}
        monthly = dataclasses.replace(run.monthly, prices={**run.monthly.prices, **mean})
        moved = run.predictions.assign(**{n: factor * run.predictions[n] for n in ("point", "lower_95", "upper_95")})
        [points] = re.findall(r'class="past" points="([^"]+)"', fan(monthly, moved, Words("en"), "t"))
        places = [float(pair.split(",")[1]) for pair in points.split()]
        assert 0.0 <= min(places) <= max(places) <= HEIGHT


def quality_table(folder: Path, **changes: list[object]) -> Path:
    rows: dict[str, list[object]] = {
        "rule": ["raw_unique", "raw_jump"],
        "dataset": ["months", "raw"],
        "severity": ["fail", "warn"],
        "description": ["a code has one row for each date", "the log return is <= 0.3"],
        "checked_rows": [435, 9000],
        "failed_rows": [0, 4],
        "sample": [None, "[]"],
    }
    folder.mkdir()
    pd.DataFrame(rows | changes).to_parquet(folder / "part-0.parquet")
    return folder


def test_the_broken_rules_of_data_quality_are_told(run: Run, tmp_path: Path) -> None:
    checks = read_checks(quality_table(tmp_path / "quality"))
    english, portuguese = page(dataclasses.replace(run, checks=checks)).split('<article lang="pt-BR">')
    assert "1 of 2 rules of data quality hold" in english and "1 de 2 regras" in portuguese
    rule = next(rule for rule in RULES if rule.name == "raw_jump")
    for text, result, counted, place in ((english, "warns", "9,000", 0), (portuguese, "avisa", "9.000", 1)):
        good = f'<td class="prose">{escape(rule.descriptions[place])}</td>'
        assert f'<th scope="row">raw_jump</th><td class="words">{result}</td>{good}<td>4</td><td>{counted}</td>' in text
        assert text.count(escape(rule.descriptions[place])) == 1 and escape(rule.descriptions[1 - place]) not in text
        assert "raw_unique" not in text
    gone = read_checks(quality_table(tmp_path / "older", rule=["raw_unique", "raw_gone"]))
    assert page(dataclasses.replace(run, checks=gone)).count("the log return is &lt;= 0.3") == 2
    whole = read_checks(quality_table(tmp_path / "good", failed_rows=[0, 0]))
    assert whole == Checks(2, ()) and "Broken rules" not in page(dataclasses.replace(run, checks=whole))
    assert '<a href="quality.html">' in english and "quality.html" not in page(run)
    assert read_checks(tmp_path / "none") is None and "was not checked" in page(run)


def test_a_quality_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(JobError, match=r"no parquet file in .*empty"):
        read_checks(tmp_path / "empty")
    folder = quality_table(tmp_path / "broken")
    pd.DataFrame({"rule": ["x"]}).to_parquet(folder / "part-0.parquet")
    with pytest.raises(JobError, match=r"lacks the columns dataset, severity"):
        read_checks(folder)
    (folder / "part-0.parquet").write_bytes(b"PAR1")
    with pytest.raises(JobError, match="cannot be read"):
        read_checks(folder)


def test_text_of_the_data_is_escaped(run: Run) -> None:
    hostile = dataclasses.replace(run, metadata={"versions": {"<script>alert(1)</script>": "1"}})
    assert "<script>" not in page(hostile)


def test_drift_that_is_there_is_found_and_else_none(monthly: Monthly) -> None:
    assert not [d for d in feature_drift(monthly) if d.drifted]
    wild = monthly.prices["rolling_std_6"].copy()
    wild[-24:] *= 6.0
    moved = feature_drift(dataclasses.replace(monthly, prices={**monthly.prices, "rolling_std_6": wild}))
    assert [d.feature for d in moved if d.drifted] == ["rolling_std_to_mean"]
    assert feature_drift(monthly.upto(70)) == []


@pytest.mark.parametrize(("span", "expected"), [(150.0, 50.0), (90.0, 20.0), (48.0, 10.0), (5.0, 1.0), (0.9, 0.2)])
def test_axis_marks_are_round(span: float, expected: float) -> None:
    assert step(span) == pytest.approx(expected)
    assert np.ceil(span / step(span)) <= 5
