"""Why a source's series is not loaded, and what is remarkable about one that is."""

from __future__ import annotations

from oleoduto_jobs.languages import Texts
from oleoduto_jobs.reasons.of_answers import ANSWERS
from oleoduto_jobs.reasons.of_files import FILES

SOURCES: Texts = {
    **ANSWERS,
    **FILES,
    "not_asked": (
        "not asked: {source} was unreachable for too many codes in a row; run again later",
        "não foi pedida: {source} estava fora de alcance para códigos demais em seguida; execute de novo mais tarde",
    ),
    "unit_changed": (
        "the unit of {code} is now {unit}, it was {known}; its values don't continue the earlier ones. If that is right, run "
        "extract once with `--accept-unit-change {code}`",
        "a unidade de {code} agora é {unit}, era {known}; seus valores não continuam os anteriores. Se está certo, execute "
        "extract uma vez com `--accept-unit-change {code}`",
    ),
    "discontinued": (
        "{source} marks the series as discontinued: {said}; no new values will come",
        "{source} marca a série como descontinuada: {said}; não virão novos valores",
    ),
    "all_later": (
        "series {code} has no value up to the run date {day}; {count} dates are later",
        "a série {code} não tem valor até a data da execução, {day}; {count} datas são posteriores",
    ),
    "some_later": (
        "{count} dates after the run date {day} are left out, the last is {last}",
        "{count} datas após a data da execução, {day}, ficam de fora, a última é {last}",
    ),
    "no_observations": (
        "{origin} has no observations of series {code}; nothing to load",
        "{origin} não tem observações da série {code}; não há o que carregar",
    ),
    "no_price": (
        "{origin} has {count} dates of series {code} but not one price",
        "{origin} tem {count} datas da série {code}, mas nenhum preço",
    ),
    "date_twice": (
        "{origin} gives date {day} of series {code} twice (values {value} and {other}); a date must occur once",
        "{origin} dá a data {day} da série {code} duas vezes (valores {value} e {other}); uma data deve ocorrer uma só vez",
    ),
    "dates_of_no_frequency": (
        "its dates are {days} days apart (median); known are {frequencies}",
        "suas datas distam {days} dias (mediana); conhecidas são: {frequencies}",
    ),
    "unknown_frequency": (
        "its frequency is `{word}`; known are {frequencies}",
        "sua frequência é `{word}`; conhecidas são: {frequencies}",
    ),
    "other_frequency": (
        "its frequency is `{word}`, but its dates are {days} days apart (median): it is taken as {frequency}",
        "sua frequência é `{word}`, mas suas datas distam {days} dias (mediana): é tratada como {frequency}",
    ),
    "territories": (
        "series {code} of ipeadata has {count} territories: {listed}; {advice}",
        "a série {code} do ipeadata tem {count} territórios: {listed}; {advice}",
    ),
    "no_territory": (
        "series {code} of ipeadata has no territories `{wanted}`; it has {listed}; {advice}",
        "a série {code} do ipeadata não tem territórios `{wanted}`; tem {listed}; {advice}",
    ),
    "many_territories": (
        "series {code} of ipeadata has {count} territories `{wanted}`; it has {listed}; {advice}",
        "a série {code} do ipeadata tem {count} territórios `{wanted}`; tem {listed}; {advice}",
    ),
    "and_more": ("{first} and {count} more", "{first} e mais {count}"),
    "choose_territory": (
        "choose one with the source `ipeadata?territory=CODE` or, if levels share a code, `ipeadata?territory=LEVEL/CODE`",
        "escolha um com a fonte `ipeadata?territory=CODE` ou, se níveis têm o mesmo código, `ipeadata?territory=LEVEL/CODE`",
    ),
    "other_series": (
        "the source `{source}` holds one series, which is used for {first}, the first code; for {code} use `ipeadata` or "
        "`file:PATH` with {place} in the path",
        "a fonte `{source}` tem uma série só, que é usada para {first}, o primeiro código; para {code} use `ipeadata` ou "
        "`file:PATH` com {place} no caminho",
    ),
    "other_than_sample": (
        "the sample holds Brent crude ({sample}), not {code}: use the source `ipeadata`, or `file:PATH` with a CSV of the "
        "series",
        "a amostra tem o petróleo Brent ({sample}), não {code}: use a fonte `ipeadata`, ou `file:PATH` com um CSV da série",
    ),
    "nothing_to_replay": (
        "there is no kept response of {code} of {day} to replay; that run did not ask for it",
        "não há resposta guardada de {code} de {day} para repetir; aquela execução não a pediu",
    ),
}
"""By kind."""
