"""Why the answer of a service, or a kept one, is no series."""

from __future__ import annotations

from oleoduto_jobs.languages import Texts

ANSWERS: Texts = {
    "redirect": (
        "ipeadata redirects {url} to {target}, which is not followed: it is another host, or https becomes http",
        "o ipeadata redireciona {url} para {target}, que não é seguido: é outro servidor, ou https passa a http",
    ),
    "took_too_long": (
        "ipeadata is unreachable: no whole answer within {seconds} s ({url})",
        "o ipeadata está fora de alcance: nenhuma resposta completa em {seconds} s ({url})",
    ),
    "http_status": (
        "ipeadata answered HTTP {answer} to {url}; {advice}",
        "o ipeadata respondeu HTTP {answer} a {url}; {advice}",
    ),
    "try_later": ("try again later", "tente de novo mais tarde"),
    "try_not_again": (
        "the same call will not help: check the series' code and the address",
        "a mesma chamada não adianta: verifique o código da série e o endereço",
    ),
    "answer_too_large": (
        "ipeadata's answer to {url} is larger than {count} bytes",
        "a resposta do ipeadata a {url} tem mais de {count} bytes",
    ),
    "broke_off": (
        "ipeadata's answer to {url} broke off before its end (truncated)",
        "a resposta do ipeadata a {url} parou antes do fim (truncada)",
    ),
    "unreachable": ("ipeadata is unreachable: {reason} ({url})", "o ipeadata está fora de alcance: {reason} ({url})"),
    "no_connection": ("no connection in time", "sem conexão a tempo"),
    "no_answer": ("no answer in time", "sem resposta a tempo"),
    "unknown_code": (
        "ipeadata does not know the series code {code}; check it on the Ipeadata site",
        "o ipeadata não conhece o código de série {code}; verifique-o no site do Ipeadata",
    ),
    "texts": ("series {code} of ipeadata holds texts, not numbers", "a série {code} do ipeadata tem textos, não números"),
    "answer_of_other": (
        "ipeadata's answer to {url} is of series {other}, not of {code}",
        "a resposta do ipeadata a {url} é da série {other}, não de {code}",
    ),
    "no_odata": (
        "ipeadata answered {url} with JSON that is not OData (no list `value`)",
        "o ipeadata respondeu a {url} com JSON que não é OData (sem a lista `value`)",
    ),
    "in_pages": (
        "ipeadata answered {url} in pages, which is not supported; rows would be lost",
        "o ipeadata respondeu a {url} em páginas, o que não é lido; linhas se perderiam",
    ),
    "too_deep": (
        "ipeadata's answer to {url} is JSON nested too deeply, which is not OData",
        "a resposta do ipeadata a {url} é JSON com níveis demais, o que não é OData",
    ),
    "answer_not_text": (
        "ipeadata's answer to {url} is not UTF-8 text",
        "a resposta do ipeadata a {url} não é texto em UTF-8",
    ),
    "broken_json": (
        "ipeadata's answer to {url} is broken or truncated JSON ({count} bytes: {error})",
        "a resposta do ipeadata a {url} é JSON quebrado ou truncado ({count} bytes: {error})",
    ),
    "answer_xml": (
        "ipeadata's answer to {url} is an XML document, it begins with {start}",
        "a resposta do ipeadata a {url} é um documento XML, começa com {start}",
    ),
    "answer_html": (
        "ipeadata's answer to {url} is an HTML page, it begins with {start}",
        "a resposta do ipeadata a {url} é uma página HTML, começa com {start}",
    ),
    "answer_no_json": (
        "ipeadata's answer to {url} is not JSON, it begins with {start}",
        "a resposta do ipeadata a {url} não é JSON, começa com {start}",
    ),
    "row_of_hour": (
        "row {number} of ipeadata's {call} has the date {date}; expected YYYY-MM-DDT... at midnight: another hour may be "
        "of another day",
        "a linha {number} de {call} do ipeadata tem a data {date}; esperava-se YYYY-MM-DDT... à meia-noite: outra hora pode "
        "ser de outro dia",
    ),
    "row_of_no_date": (
        "row {number} of ipeadata's {call} has the date {date}, which is no calendar date",
        "a linha {number} de {call} do ipeadata tem a data {date}, que não existe no calendário",
    ),
    "row_no_number": (
        "row {number} of ipeadata's {call} ({date}) has the value {value}; expected a number or null",
        "a linha {number} de {call} do ipeadata ({date}) tem o valor {value}; esperava-se um número ou null",
    ),
    "row_not_finite": (
        "row {number} of ipeadata's {call} ({date}) has the value {value}; expected a finite number or null",
        "a linha {number} de {call} do ipeadata ({date}) tem o valor {value}; esperava-se um número finito ou null",
    ),
    "package_missing": (
        "the source `ipeadatapy` needs the Python package of that name, which is not installed here; install "
        "`oleoduto-jobs[ipeadatapy]` (on Glue: in jobs/glue/etl.in), or use the source `ipeadata`",
        "a fonte `ipeadatapy` precisa do pacote Python desse nome, que não está instalado aqui; instale "
        "`oleoduto-jobs[ipeadatapy]` (no Glue: em jobs/glue/etl.in), ou use a fonte `ipeadata`",
    ),
    "package_too_long": (
        "ipeadatapy has no answer for {code} within {seconds} s; use the source `ipeadata`",
        "o ipeadatapy não tem resposta para {code} em {seconds} s; use a fonte `ipeadata`",
    ),
    "package_unreachable": (
        "ipeadatapy does not reach Ipeadata for {code}: {reason}",
        "o ipeadatapy não alcança o Ipeadata para {code}: {reason}",
    ),
    "package_failed": (
        "ipeadatapy failed for {code} with {error}. It does not say what Ipeadata answered (an HTTP error, an empty series and "
        "an HTML page look alike); the source `ipeadata` does",
        "o ipeadatapy falhou para {code} com {error}. Não diz o que o Ipeadata respondeu (um erro HTTP, uma série vazia e uma "
        "página HTML parecem iguais); a fonte `ipeadata` diz",
    ),
    "kept_version": (
        "{where} is of version {version}; this program reads version {known}",
        "{where} é da versão {version}; este programa lê a versão {known}",
    ),
    "kept_broken": (
        "{where} is not a whole response ({error}); extract the run date again from its source",
        "{where} não é uma resposta inteira ({error}); extraia de novo a data da execução da sua fonte",
    ),
    "kept_changed": (
        "{where} was changed after it was written (its hash differs); extract the run date again",
        "{where} foi alterado depois de escrito (seu hash é outro); extraia de novo a data da execução",
    ),
    "no_values": (
        "the response of {origin} for {code} holds no values",
        "a resposta de {origin} para {code} não tem valores",
    ),
    "no_metadata": (
        "the response of {origin} for {code} holds no metadata",
        "a resposta de {origin} para {code} não tem metadados",
    ),
}
"""By kind."""
