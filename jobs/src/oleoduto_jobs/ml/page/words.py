"""Every word of the report in both languages."""

from __future__ import annotations

from typing import ClassVar

from oleoduto_jobs.languages import Texts
from oleoduto_jobs.page.words import COMMON, Phrases

WORDS: Texts = {
    **COMMON,
    "title": ("Forecast of {series}", "Previsão de {series}"),
    "headline": (
        "{series} is expected near {point} {unit} in {month}. In 8 of 10 cases it will lie between {low} and {high}.",
        "Espera-se {series} perto de {point} {unit} em {month}. Em 8 de cada 10 casos ficará entre {low} e {high}.",
    ),
    "lead": (
        "Means of whole {periods}, forecast at the end of {origin} by the model: {model}.",
        "Médias de {periods} inteiros, previstas ao fim de {origin} pelo modelo: {model}.",
    ),
    "details": ("Show the table", "Mostrar a tabela"),
    "past": ("means so far", "médias até agora"),
    "band": ("{level} of 100 cases", "{level} de cada 100 casos"),
    "dots": ("forecast of {ahead} before", "previsão de {ahead} antes"),
    "misses": (
        "Earlier forecasts of this model ({model}) against what happened, in {unit}: {told}.",
        "Previsões anteriores deste modelo ({model}) contra o que aconteceu, em {unit}: {told}.",
    ),
    "miss": (
        "{ahead} ahead they were off by {off} (mean of {count} forecasts)",
        "{ahead} à frente erraram por {off} (média de {count} previsões)",
    ),
    "miss_1": ("{ahead} ahead one was off by {off}", "{ahead} à frente uma errou por {off}"),
    "narrow_level": (
        "An interval is a share of its forecast: where the forecast falls, a later interval may be narrower in units, though "
        "not in percent.",
        "Um intervalo é uma fração da sua previsão: onde a previsão cai, um intervalo posterior pode ser mais estreito em "
        "unidades, mas não em porcentagem.",
    ),
    "narrow_errors": (
        "A later interval is narrower because past errors of this model were smaller so far ahead.",
        "Um intervalo posterior é mais estreito porque os erros passados deste modelo foram menores tão à frente.",
    ),
    "all_series": ("All series of this run", "Todas as séries desta execução"),
    "history": ("History and forecast", "Histórico e previsão"),
    "chart": (
        "Line of monthly means from {first} to {last}, then the forecast to {end} with its 80 and 95 % intervals. "
        "The numbers are in the table below.",
        "Linha das médias mensais de {first} a {last}, depois a previsão até {end} com intervalos de 80 e 95 %. "
        "Os números estão na tabela abaixo.",
    ),
    "forecast": ("Forecast", "Previsão"),
    "month": ("month", "mês"),
    "point": ("forecast", "previsão"),
    "interval": ("{level} % interval", "intervalo de {level} %"),
    "observed": ("monthly mean", "média mensal"),
    "backtest": ("Backtest", "Teste retrospectivo"),
    "backtest_lead": (
        "Errors of every candidate on the origins {first} to {last} ({count}), which the choice did not see. "
        "MSPE over that of the last value: below 1 is better than it.",
        "Erros de cada candidato nas origens de {first} a {last} ({count}), que a escolha não viu. "
        "EQMP sobre o do último valor: abaixo de 1 é melhor que ele.",
    ),
    "mae": ("MAE, {unit}", "EAM, {unit}"),
    "mspe_to_benchmark": ("MSPE / last value", "EQMP / último valor"),
    "coverage": ("inside the 80 % interval, share", "dentro do intervalo de 80 %, fração"),
    "candidate": ("candidate", "candidato"),
    "shipped": ("in use", "em uso"),
    "choice": ("Why this model", "Por que este modelo"),
    "choice_benchmark": (
        "No challenger was better than the last value in a way that chance does not explain, so the last value is the "
        "forecast, and its line is flat. Candidates that look better below were so on too few origins, or only on these.",
        "Nenhum concorrente foi melhor que o último valor além do que o acaso explica; por isso a previsão é o último "
        "valor, e a sua linha é reta. Candidatos que abaixo parecem melhores o foram em poucas origens, ou só nestas.",
    ),
    "choice_fell_back": (
        "{model} was in use until its realised errors broke the written rule; the last value has taken its place.",
        "{model} esteve em uso até seus erros realizados violarem a regra escrita; o último valor tomou seu lugar.",
    ),
    "choice_challenger": (
        "{model} passed the written rule on the selection window.",
        "{model} passou pela regra escrita na janela de seleção.",
    ),
    "choice_simplest": (
        "The series is too short or too even to choose a model by its errors, so the simplest one, {model}, forecasts.",
        "A série é curta ou regular demais para escolher um modelo pelos erros; por isso o mais simples, {model}, prevê.",
    ),
    "excluded": ("{model} failed on this series and is out: {reason}", "{model} falhou nesta série e está fora: {reason}"),
    "verdict": ("mean ratio", "razão média"),
    "worst": ("worst horizon", "pior horizonte"),
    "p": ("p (Holm)", "p (Holm)"),
    "monitored": ("Earlier forecasts, and what to expect", "Previsões anteriores e o que esperar"),
    "realised": ("Realised on the newest origins", "Realizado nas origens mais recentes"),
    "nothing_realised": (
        "No earlier forecast of this model has reached its month yet.",
        "Nenhuma previsão anterior deste modelo chegou ainda ao seu mês.",
    ),
    "origins": ("origins", "origens"),
    "limit": ("limit", "limite"),
    "estimated": ("Estimated for the open forecasts", "Estimado para as previsões em aberto"),
    "estimated_lead": (
        "Direct loss estimation (NannyML): the errors to expect if they still depend on the features as in the backtest. "
        "It sees no outcome, so it does not see that this has changed; nothing is decided by it.",
        "Estimação direta da perda (NannyML): os erros a esperar se ainda dependem das variáveis como no teste retrospectivo. "
        "Não vê nenhum resultado, e por isso não vê que isso mudou; nada é decidido por ela.",
    ),
    "not_estimated": (
        "Errors of the open forecasts were not estimated: {reason}.",
        "Os erros das previsões em aberto não foram estimados: {reason}.",
    ),
    "estimate": ("estimate, % of the price", "estimativa, % do preço"),
    "usual": ("in the backtest, %", "no teste retrospectivo, %"),
    "threshold": ("threshold", "limiar"),
    "alert": ("alert", "alerta"),
    "distances": ("Jensen-Shannon distance of the features", "Distância de Jensen-Shannon das variáveis"),
    "drift": ("Drift of the features", "Desvio das variáveis"),
    "drift_lead": (
        "The last {recent} months against the {before} before them: Kolmogorov-Smirnov, p after Holm's correction.",
        "Os últimos {recent} meses contra os {before} anteriores: Kolmogorov-Smirnov, p após a correção de Holm.",
    ),
    "feature": ("feature", "variável"),
    "statistic": ("distance", "distância"),
    "drifted": ("drifted", "com desvio"),
    "yes": ("yes", "sim"),
    "no": ("no", "não"),
    "quality": ("Data", "Dados"),
    "checked": (
        "{held} of {rules} rules of data quality hold.",
        "{held} de {rules} regras de qualidade dos dados valem.",
    ),
    "quality_page": (
        "All rules, with samples of the rows that break them",
        "Todas as regras, com amostras das linhas que as violam",
    ),
    "unchecked": ("Data quality was not checked in this run.", "A qualidade dos dados não foi verificada nesta execução."),
    "broken": ("Broken rules", "Regras violadas"),
    "months": ("months", "meses"),
    "quarters": ("quarters", "trimestres"),
    "years": ("years", "anos"),
    "months_1": ("month", "mês"),
    "quarters_1": ("quarter", "trimestre"),
    "years_1": ("year", "ano"),
    "first_month": ("first month of the oldest", "primeiro mês do mais antigo"),
    "last_month": ("first month of the newest", "primeiro mês do mais recente"),
    "gaps": ("missing between them", "ausentes entre eles"),
    "hash": ("SHA-256 of the values", "SHA-256 dos valores"),
    "run": ("Run", "Execução"),
    "model": ("model", "modelo"),
    "training_job": ("training job", "tarefa de treino"),
    "model_months": ("model trained to", "modelo treinado até"),
    "versions": ("versions", "versões"),
}

MODELS: Texts = {
    "no_change_last_price": ("last value", "último valor"),
    "no_change_monthly_mean": ("last mean", "última média"),
    "drift": ("drift", "tendência média"),
    "seasonal_naive": ("value of a year ago", "valor de um ano antes"),
    "ridge": ("ridge regression", "regressão ridge"),
    "elastic_net": ("elastic net", "elastic net"),
    "lightgbm": ("LightGBM", "LightGBM"),
    "auto_arima": ("AutoARIMA", "AutoARIMA"),
    "auto_theta": ("AutoTheta", "AutoTheta"),
    "dynamic_theta": ("DynamicOptimizedTheta", "DynamicOptimizedTheta"),
    "auto_ces": ("AutoCES", "AutoCES"),
    "existing_chain": ("chain of gradient boosting", "cadeia de gradient boosting"),
    "combination": ("combination", "combinação"),
}
"""What readers call the candidates."""


class Words(Phrases):
    """The words of the report in one language."""

    texts: ClassVar[Texts] = WORDS

    def model(self, name: str) -> str:
        """What readers call a candidate; the name of one that nobody named."""
        return MODELS.get(name, (name, name))[self.place]

    def ahead(self, count: int, periods: str) -> str:
        """``1 month`` or ``6 meses``; ``periods`` is the key of several."""
        return f"{count} {self(periods if count > 1 else f'{periods}_1')}"
