"""Every word of the page of all series, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

INDEX_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("All series of the run", "Todas as séries da execução"),
    "lead": (
        "{series} series of the run of {day}: {counts}. The page has {shown} of them, those that need attention first.",
        "{series} séries da execução de {day}: {counts}. A página tem {shown} delas, primeiro as que pedem atenção.",
    ),
    "source_lead": (
        "Source: {source}. Newest observation: {last}. Run of {day}. Units are in the table.",
        "Fonte: {source}. Observação mais recente: {last}. Execução de {day}. As unidades estão na tabela.",
    ),
    "quality_page": ("Data quality", "Qualidade dos dados"),
    "stale_banner": (
        "Stale data. {stale} of {series} series ended too long before the run of {day} and have no forecast.",
        "Dados desatualizados. {stale} de {series} séries terminaram muito antes da execução de {day} e não têm previsão.",
    ),
    "mase_lead": (
        "MASE is the mean absolute error on the newest periods, forecast from before them, over that of repeating the same "
        "season of the year before: below 1 is better than repeating. A number of the column with the next forecast opens "
        "all horizons.",
        "MASE é o erro absoluto médio nos períodos mais recentes, previstos de antes deles, sobre o de repetir a mesma estação "
        "do ano anterior: abaixo de 1 é melhor que repetir. Um número da coluna da próxima previsão abre todos os horizontes.",
    ),
    "ratio_lead": (
        "Earlier forecasts are judged by their mean squared error over that of repeating the season: above 1 they were worse.",
        "Previsões anteriores são avaliadas pelo erro quadrático médio sobre o de repetir a estação: acima de 1 foram piores.",
    ),
    "no_script": (
        "The table needs JavaScript. The tables `verdicts` and `forecasts` of the data bucket have the same rows.",
        "A tabela precisa de JavaScript. As tabelas `verdicts` e `forecasts` do bucket de dados têm as mesmas linhas.",
    ),
    "search": ("Search", "Buscar"),
    "count": ("{shown} of {found} rows; {all} series on this page", "{shown} de {found} linhas; {all} séries nesta página"),
    "more": ("Show more", "Mostrar mais"),
    "open": ("All horizons", "Todos os horizontes"),
    "code": ("series", "série"),
    "status": ("status", "situação"),
    "history": ("newest values and forecast", "valores recentes e previsão"),
    "origin": ("newest period", "período mais recente"),
    "next": ("next forecast", "próxima previsão"),
    "period": ("period", "período"),
    "point": ("forecast", "previsão"),
    "interval_80": ("80 % interval", "intervalo de 80 %"),
    "interval_95": ("95 % interval", "intervalo de 95 %"),
    "unit": ("unit", "unidade"),
    "unknown_unit": ("unit unknown", "unidade desconhecida"),
    "model": ("method", "método"),
    "mase": ("MASE", "MASE"),
    "ratio": ("earlier forecasts", "previsões anteriores"),
    "why": ("remarks", "observações"),
    "quarter_letter": ("Q", "T"),
    "counted": ("{count} {status}", "{status} ({count})"),
    "method_median": ("median", "mediana"),
    "method_last_value": ("last value", "último valor"),
    "status_all": ("all", "todas"),
    "status_ok": ("ok", "ok"),
    "status_constant": ("constant", "constante"),
    "status_short": ("short", "curta"),
    "status_stale": ("stale", "desatualizada"),
    "status_failed": ("failed", "com falha"),
}
