"""Reasons: every one is said in both languages, and read back from the English of the tables."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jobs.tests.conftest import PROVENANCE
from jobs.tests.test_index_page import summary

from oleoduto_jobs.etl.outcome import judge
from oleoduto_jobs.etl.responses import Response
from oleoduto_jobs.ml.container.forecast import forecast, report
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.backtest import one_by_one, reason_of, unusable
from oleoduto_jobs.ml.many.forecast import Row, forecast_many
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.ml.many.publish import not_in_final
from oleoduto_jobs.ml.many.verdict import Wanted
from oleoduto_jobs.ml.page.html import Run, article
from oleoduto_jobs.ml.page.index import Entry, index
from oleoduto_jobs.ml.page.words import Words
from oleoduto_jobs.reasons.reason import COUNTS, OF_WORDS, SENTENCES, Reason, because, read, retold
from oleoduto_jobs.reasons.words import WORDS

PACKAGE = Path(__file__).parents[1] / "src" / "oleoduto_jobs"
PORTUGUESE = 1
ENGLISH = re.compile(r"\b(the|its?|is|are|has|of|not|than|before|with|without|needs?|failed|this|that|any|must|and|no value)\b")
QUOTED = re.compile(r"`[^`]*`|\{\w+\}")
"""What is the same in every language."""


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def value(name: str) -> str:
    """Some value of a sentence."""
    return "7" if name in COUNTS else "daily" if name in OF_WORDS else f"<{name}>"


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_kind_is_in_both_languages(kind: str) -> None:
    english, portuguese = SENTENCES[kind]
    assert names(english) == names(portuguese)
    assert english != portuguese and not ENGLISH.search(QUOTED.sub("", portuguese)), portuguese


def test_every_kind_is_used() -> None:
    used = "".join(file.read_text() for file in PACKAGE.rglob("*.py") if file.parent.name != "reasons")
    assert [kind for kind in SENTENCES if f'"{kind}"' not in used] == []


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_kind_is_read_back(kind: str) -> None:
    values = {name: value(name) for name in names(SENTENCES[kind][0])}
    assert read(because(kind, **values)) == Reason(kind, values)


def test_words_within_a_reason_are_translated_too() -> None:
    told = retold(because("stale", origin="2019-01", count=2, periods="quarters", month="2024-01"), PORTUGUESE)
    assert told == "seu período mais recente começa em 2019-01, mais de 2 trimestres antes do de 2024-01"
    mixed = because("mixed_rows", frequencies="annual, monthly", known_frequencies="monthly, quarterly, annual")
    assert retold(mixed, PORTUGUESE).startswith("a frequência de suas linhas é anual, mensal;")
    assert all(english == word for word, (english, _) in WORDS.items())


def test_reasons_within_reasons_and_lists_of_them_are_translated() -> None:
    failed = because("not_loaded", status="empty", reason=because("no_price", origin="ipeadata", count=3, code="A"))
    assert retold(failed, PORTUGUESE) == "não foi carregada (vazia): ipeadata tem 3 datas da série A, mas nenhum preço"
    foreign = because("without", model="theta", reason="ValueError: no; at all")
    both = f"{foreign}; {because('without', model='smoothing', reason=because('forecast_not_finite'))}"
    theta, smoothing = "a mensagem original é: ValueError: no; at all", "sua previsão não é um número finito"
    assert retold(both, PORTUGUESE) == f"sem theta: {theta}; sem smoothing: {smoothing}"
    assert retold(both, 0) == both


def test_the_words_of_others_stay_and_are_introduced() -> None:
    """So does an English sentence in the table of an older run that no sentence of now is."""
    assert retold("RuntimeError: broken", PORTUGUESE) == "a mensagem original é: RuntimeError: broken"
    described = because(
        "no_frequency", said=f"Taxa; mensal; {because('unknown_frequency', word='Decenal', frequencies='daily')}"
    )
    told = "não há previsões para sua frequência. A fonte diz: Taxa; mensal; sua frequência é `Decenal`; conhecidas são: diária"
    assert retold(described, PORTUGUESE) == told
    assert retold("", PORTUGUESE) == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"Date,Price\n2020-01-01,1\n2020-01-01,2\n", "a linha 3 de F repete a data 2020-01-01 da linha 2"),
        (b"Date,Price\n2020-01-01,\n", "F tem 1 datas da série S, mas nenhum preço"),
        (b'Date,Price\n2020-01-01,"1,5"\n', "para uma vírgula decimal escreva `file:PATH?decimal=,`"),
        (b"Data;Valor\n2020-01-01;1\n", "ou nomeie colunas e separador, como em `file:PATH?date=Data&value=Valor&sep=;`"),
        (b"PK\x03\x04", "é uma planilha ou um arquivo ZIP: exporte-o ou extraia-o como CSV"),
        (b"\xe9", "(unexpected end of data no byte 0): salve-o em UTF-8;"),
        (b"", "F está vazio, ou começa com uma linha vazia"),
    ],
)
def test_what_extract_says_of_a_file_is_read_from_its_table(body: bytes, told: str) -> None:
    outcome = judge(Response("S", "file", "F", "csv", values=body))
    translated = retold(str(outcome.message), PORTUGUESE)
    assert told in translated and not ENGLISH.search(re.sub(r"\(.*?\)|`.*?`", "", translated)), translated


def final_of(code: str, first: str, count: int, *, frequency: str = "monthly") -> pd.DataFrame:
    starts = pd.date_range(first, periods=count, freq="MS")
    values = 50.0 + 5.0 * np.sin(np.arange(count)) + np.arange(count)
    rows = {"code": code, "period_start": starts, "frequency": frequency, "unit": "R$", "mean_value": values}
    return pd.DataFrame(rows)


def test_a_portuguese_page_of_all_series_has_no_english_sentence() -> None:
    twice = pd.concat([final_of("TWICE", "2023-01-01", 4), final_of("TWICE", "2023-01-01", 1)])
    mixed = pd.concat([final_of("MIXED", "2023-01-01", 4), final_of("MIXED", "2023-05-01", 1, frequency="annual")])
    final = pd.concat([final_of("SHORT", "2023-06-01", 5), final_of("STALE", "2010-01-01", 30), twice, mixed])
    found = forecast_many(final, Wanted(3, 2023 * 12 + 10))
    rows = [Row(**{str(k): v for k, v in row.items()}) for row in found.to_dict("records")]
    message = judge(Response("GONE", "ipeadata", "http://i", "odata", error=because("unknown_code", code="GONE"))).message
    given = [
        {"code": "GONE", "status": "failed", "message": message, "frequency": None, "unit": None, "rows": 0},
        {"code": "EMPTY", "status": "empty", "message": None, "frequency": None, "unit": None, "rows": 0},
        {"code": "FEW", "status": "ok", "message": "", "frequency": "annual", "unit": None, "rows": 1},
    ]
    rows += list(not_in_final(pd.DataFrame(given), set(found["code"])))
    assert {row.status for row in rows} == {Status.FAILED, Status.SHORT, Status.STALE}
    entries = [Entry(row, [1.0, 2.0]) for row in rows]
    [packed] = re.findall(r'id="rows">(.*?)</script>', index(entries, summary(entries), "pt-BR"))
    told = {row[0]: row[-1] for row in json.loads(packed)}
    assert {code: why[0] for code, why in told.items()} == {row.code: row.why for row in rows}
    assert [why[1] for why in told.values() if ENGLISH.search(why[1]) or "original" in why[1]] == []
    assert told["GONE"][1].startswith("não foi carregada (com falha): o ipeadata não conhece o código de série GONE")
    assert told["FEW"][1] == "1 valores; uma previsão precisa de um ano completo, com mais 1 antes dele"


def test_a_portuguese_report_has_no_english_sentence(monthly: Monthly) -> None:
    settings = Hyperparameters(
        monthly.code, evaluation_origins=40, candidates=("no_change_monthly_mean", "no_change_last_price", "ridge")
    )
    artifact = train(monthly, settings, "job-1", one_by_one)
    excluded = {
        "auto_ces": unusable(np.full((2, 3), np.nan), monthly.code),
        "ridge": because("model_not_finite", model="x", code=monthly.code, origin="2020-01"),
        "lightgbm": reason_of(ValueError("boo")),
    }
    document = {**report(artifact, monthly, PROVENANCE, "job-1"), "excluded": excluded}
    run = Run(monthly, forecast(artifact, monthly, "job-1"), document, artifact.metadata, PROVENANCE)
    told = article(run, Words("pt-BR"))
    assert "LightGBM falhou nesta série e está fora: a mensagem original é: ValueError: boo" in told
    assert f"está fora: 2 de 2 previsões da série {monthly.code} não são números finitos" in told
    prose = [re.sub(r"<[^>]*>", "", paragraph) for paragraph in re.findall(r"<p>.*?</p>", told)]
    assert [text for text in prose if ENGLISH.search(text)] == []
    english = article(dataclasses.replace(run, report={**document, "excluded": {}}), Words("en"))
    assert ENGLISH.search(re.sub(r"<[^>]*>", "", english)), "the check sees English"
