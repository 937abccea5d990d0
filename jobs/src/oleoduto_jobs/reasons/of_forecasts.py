"""Why a series has no forecast or a simple one, and why a model or an estimate is missing."""

from __future__ import annotations

from oleoduto_jobs.languages import Texts

FORECASTS: Texts = {
    "stale": (
        "its newest period begins in {origin}, more than {count} {periods} before that of {month}",
        "seu período mais recente começa em {origin}, mais de {count} {periods} antes do de {month}",
    ),
    "few_values": ("{count} values; models need {fewest}", "{count} valores; os modelos precisam de {fewest}"),
    "few_rows": (
        "{count} values; a forecast needs a complete {period} and {before} {period}(s) before it",
        "{count} valores; uma previsão precisa de um {period} completo, com mais {before} antes dele",
    ),
    "without": ("without {model}: {reason}", "sem {model}: {reason}"),
    "forecast_not_finite": ("its forecast is no finite number", "sua previsão não é um número finito"),
    "forecasts_not_finite": (
        "{count} of {all} forecasts of series {code} are no finite numbers",
        "{count} de {all} previsões da série {code} não são números finitos",
    ),
    "model_not_finite": (
        "{model} gave no finite forecast of series {code} from {origin}",
        "{model} não deu uma previsão finita da série {code} a partir de {origin}",
    ),
    "mixed_rows": (
        "its rows are {frequencies}; they must all be one of {known_frequencies}",
        "a frequência de suas linhas é {frequencies}; todas devem ser de uma só destas: {known_frequencies}",
    ),
    "month_twice": ("{month} occurs twice", "{month} ocorre duas vezes"),
    "month_no_step": (
        "{month} is no {frequency} step after the row before",
        "{month} não vem um passo depois da linha anterior, numa série {frequency}",
    ),
    "month_not_finite": ("{month} has no finite value", "{month} não tem um valor finito"),
    "not_loaded": ("not loaded ({status}): {reason}", "não foi carregada ({status}): {reason}"),
    "nothing_said": ("the source says nothing", "a fonte não diz nada"),
    "no_frequency": (
        "its frequency has no forecasts: {said}",
        "não há previsões para sua frequência. A fonte diz: {said}",
    ),
    "no_nannyml": (
        "NannyML is not installed; it has no release for Python 3.13 and later",
        "o NannyML não está instalado; não tem versão para o Python 3.13 e posteriores",
    ),
    "old_backtest": (
        "the champion was trained before backtests kept their forecasts; train again",
        "o modelo em uso foi treinado antes de os testes retrospectivos guardarem suas previsões; treine de novo",
    ),
    "nothing_realized": (
        "no earlier forecast of this model has reached its month yet",
        "nenhuma previsão anterior deste modelo chegou ainda ao seu mês",
    ),
}
"""By kind."""
