"""What the tables' page and the page of the local AWS say in Portuguese: the descriptions and units of the schema by their
English text, and the words of the tables' page."""

from __future__ import annotations

from collections.abc import Mapping

from oleoduto_jobs.languages import Texts
from oleoduto_jobs.schema import LAGS, MOMENTUM_PERIODS, SERIES_UNIT

WORDS: Texts = {
    "head": (
        """\
# Tables and rules

Written by `PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.etl.document docs` from
[schema.py](../jobs/src/oleoduto_jobs/schema.py) and [rules.py](../jobs/src/oleoduto_jobs/etl/quality/rules.py);
a test compares the two. Every table is a folder of the data bucket with a partition `dataproc=YYYYMMDD` per run date.

A rule of severity `fail` stops the pipeline if a row of the main series breaks it, or a row without a code. The same rule warns
for every other series.
""",
        """\
# Tabelas e regras

Escrita por `PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.etl.document docs` a partir de
[schema.py](../jobs/src/oleoduto_jobs/schema.py) e [rules.py](../jobs/src/oleoduto_jobs/etl/quality/rules.py);
um teste compara os dois. Toda tabela é uma pasta do bucket de dados com uma partição `dataproc=YYYYMMDD` por data da execução.

Uma regra de gravidade `fail` para o pipeline se uma linha da série principal a viola, ou uma linha sem código. Nas outras
séries a mesma regra apenas avisa.
""",
    ),
    "key": ("Key: {names}.", "Chave: {names}."),
    "column": ("column", "coluna"),
    "type": ("type", "tipo"),
    "unit": ("unit", "unidade"),
    "null": ("null", "nulo"),
    "limits": ("limits", "limites"),
    "what": ("what", "o que é"),
    "nullable": ("may be", "pode ser"),
    "complete": ("never", "nunca"),
    "rules": ("Rules", "Regras"),
    "rule": ("rule", "regra"),
    "dataset": ("dataset", "conjunto de dados"),
    "severity": ("severity", "gravidade"),
    "holds": ("what holds for every row", "o que vale em toda linha"),
}

UNITS: Mapping[str, str] = {
    "": "",
    SERIES_UNIT: "na unidade da série",
    "values": "valores",
    "periods": "períodos",
    "rows": "linhas",
    "%": "%",
}

_DATASETS = "raw, months (linhas brutas por código e mês), final, ou series (uma linha por código)"
_LAGGED = "mean value {k} period(s) earlier, or of the newest period before that has one; null before the first"
_LAGGED_PT = "média de {k} período(s) antes, ou do período mais recente antes dele que tem uma; nula antes do primeiro"
_MOMENTUM = "log of the newest value over that of {k} period(s) earlier"
_MOMENTUM_PT = "logaritmo do valor mais recente sobre o de {k} período(s) antes"
_SCALED = "mean absolute error on the newest periods over that of the seasonal naive, {of}"
_SCALED_PT = "erro absoluto médio nos períodos mais recentes sobre o do ingênuo sazonal, {of}"

DESCRIPTIONS: Mapping[str, str] = {
    "Ipeadata code of the series": "código da série no Ipeadata",
    "calendar date of the observation, as the source writes it": "data da observação, como a fonte a escreve",
    "the source's own text of the date": "o texto da fonte para a data",
    "day of the month of the observation": "dia do mês da observação",
    "month of the observation, 1 to 12": "mês da observação, de 1 a 12",
    "year of the observation": "ano da observação",
    "value of the day, null where the source has none": "valor do dia, nulo onde a fonte não tem nenhum",
    "value of the nearest earlier day that has one": "valor do dia anterior mais próximo que tem um",
    "number of the code (Spark's xxhash64), by which many series are grouped": (
        "número do código (xxhash64 do Spark), pelo qual muitas séries são agrupadas"
    ),
    "values that a year of the series has by its frequency: 365, 52, 12, 4 or 1; 0 for any other": (
        "valores que um ano da série tem pela sua frequência: 365, 52, 12, 4 ou 1; 0 em qualquer outra"
    ),
    "first day of the period": "primeiro dia do período",
    "length of a row's period: monthly, quarterly or annual; daily and weekly series have monthly rows": (
        "duração do período de uma linha: monthly, quarterly ou annual; séries diárias e semanais têm linhas mensais"
    ),
    "unit of the values with its multiplier, as the source writes it; `unknown` if the source names none": (
        "unidade dos valores com seu multiplicador, como a fonte a escreve; `unknown` se a fonte não diz nenhuma"
    ),
    "mean of the values of the period": "média dos valores do período",
    "value of the newest day of the period": "valor do dia mais recente do período",
    "date of the newest value of the period": "data do valor mais recente do período",
    "number of values in the period": "número de valores no período",
    **{_LAGGED.format(k=k): _LAGGED_PT.format(k=k) for k in LAGS},
    "how many of the previous 6 periods (since the first) have no value, so that an earlier one stands for it": (
        "quantos dos 6 períodos anteriores (desde o primeiro) não têm valor, de modo que um mais antigo toma o lugar"
    ),
    "mean of the lags": "média das defasagens",
    "sample standard deviation of the lags, null for a single one": (
        "desvio padrão amostral das defasagens, nulo se há uma só"
    ),
    "lowest of the lags": "menor das defasagens",
    "highest of the lags": "maior das defasagens",
    "quarter of the first day of the period, 1 to 4": "trimestre do primeiro dia do período, de 1 a 4",
    "year of the period": "ano do período",
    "month of the first day of the period, 1 to 12": "mês do primeiro dia do período, de 1 a 12",
    **{_MOMENTUM.format(k=k): _MOMENTUM_PT.format(k=k) for k in MOMENTUM_PERIODS},
    "square root of the sum of the period's squared log returns": (
        "raiz quadrada da soma dos quadrados dos retornos logarítmicos do período"
    ),
    "first day of the newest period that the forecast knows": "primeiro dia do período mais recente que a previsão conhece",
    "periods (months, quarters or years) from the origin to the target": (
        "períodos (meses, trimestres ou anos) da origem ao alvo"
    ),
    "first day of the period that is forecast": "primeiro dia do período previsto",
    "forecast of the mean of the values of the target period": "previsão da média dos valores do período-alvo",
    **{
        f"{end} end of the {level} % prediction interval": f"limite {portuguese} do intervalo de previsão de {level} %"
        for level in (80, 95)
        for end, portuguese in (("lower", "inferior"), ("upper", "superior"))
    },
    "name of the model that forecasts": "nome do modelo que prevê",
    "beginning of the SHA-256 of the fitted model": "começo do SHA-256 do modelo ajustado",
    "name of the training job that made the model": "nome do job de treino que fez o modelo",
    "ok, constant, short, stale or failed; stale and failed series have no forecast": (
        "ok, constant, short, stale ou failed; séries stale e failed não têm previsão"
    ),
    "why it has no forecast or a simple one, or which methods failed": (
        "por que não tem previsão ou tem uma simples, ou quais métodos falharam"
    ),
    "name of the method that forecasts": "nome do método que prevê",
    "name of the method that the series alone would choose": "nome do método que a série sozinha escolheria",
    "periods from the oldest to the newest": "períodos do mais antigo ao mais recente",
    _SCALED.format(of="of the method that forecasts"): _SCALED_PT.format(of="do método que prevê"),
    _SCALED.format(of="of the choice"): _SCALED_PT.format(of="do método escolhido"),
    _SCALED.format(of="of the combination"): _SCALED_PT.format(of="da combinação"),
    "symmetric mean absolute percentage error of the method on the newest periods": (
        "erro percentual absoluto médio simétrico do método nos períodos mais recentes"
    ),
    "newest origins whose earlier forecasts have an outcome now, at most 12; null if none has": (
        "origens mais recentes cujas previsões anteriores já têm resultado, no máximo 12; nulo se nenhuma tem"
    ),
    "mean squared error of these forecasts over that of the seasonal naive": (
        "erro quadrático médio dessas previsões sobre o do ingênuo sazonal"
    ),
    "mean absolute error of these forecasts over the mean change from year to year before them": (
        "erro absoluto médio dessas previsões sobre a mudança média de um ano a outro antes delas"
    ),
    "share of the outcomes inside the 80 % intervals": "fração dos resultados dentro dos intervalos de 80 %",
    "share of the outcomes inside the 95 % intervals": "fração dos resultados dentro dos intervalos de 95 %",
    "ok, reused, discontinued (all three loaded), empty, unit-changed or failed": (
        "ok, reused, discontinued (as três carregadas), empty, unit-changed ou failed"
    ),
    "observations loaded into the raw table": "observações carregadas na tabela raw",
    "date of the oldest observation, null where none was loaded": (
        "data da observação mais antiga, nula onde nenhuma foi carregada"
    ),
    "date of the newest observation, null where none was loaded": (
        "data da observação mais recente, nula onde nenhuma foi carregada"
    ),
    "unit of the values that are loaded or were loaded last, as the source writes it": (
        "unidade dos valores que são carregados ou foram os últimos carregados, como a fonte a escreve"
    ),
    "daily, weekly, monthly, quarterly or annual; null for any other, which has no final rows": (
        "daily, weekly, monthly, quarterly ou annual; nula em qualquer outra, que não tem linhas finais"
    ),
    "the source's own text of the moment of its last update": "o texto da fonte para o momento da sua última atualização",
    "run date whose values stand for this one's, since nothing was updated": (
        "data da execução cujos valores valem por esta, pois nada foi atualizado"
    ),
    "kind of source that answered": "tipo da fonte que respondeu",
    "what the source says of the series, or why it was not loaded": "o que a fonte diz da série, ou por que não foi carregada",
    "date of the observation that differs": "data da observação que difere",
    "revised, added (came late) or removed": "revised (revista), added (chegou tarde) ou removed (retirada)",
    "value of the previous extract, null where it had none": "valor da extração anterior, nulo onde não tinha nenhum",
    "value of this extract, null where it has none": "valor desta extração, nulo onde não tem nenhum",
    "run date of the previous extract, YYYYMMDD": "data da execução da extração anterior, AAAAMMDD",
    "name of the rule": "nome da regra",
    "what was checked: raw, months (raw rows by code and month), final, or series (one row per code)": (
        f"o que foi verificado: {_DATASETS}"
    ),
    "fail stops the pipeline before training, warn is reported": "fail para o pipeline antes do treino, warn é relatado",
    "what every row must fulfil": "o que toda linha precisa cumprir",
    "rows that were checked": "linhas verificadas",
    "rows that do not fulfil it": "linhas que não a cumprem",
    "some of them, as JSON": "algumas delas, como JSON",
    "where the row is from: raw, months (raw rows by code and month), final, or series (one row per code)": (
        f"de onde é a linha: {_DATASETS}"
    ),
    "names of the rules that it does not fulfil, separated by commas": (
        "nomes das regras que ela não cumpre, separados por vírgulas"
    ),
    "the whole row, as JSON": "a linha inteira, como JSON",
    "run date of the pipeline, YYYYMMDD": "data da execução do pipeline, AAAAMMDD",
}
