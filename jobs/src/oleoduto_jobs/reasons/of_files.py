"""Why a file is no series."""

from __future__ import annotations

from oleoduto_jobs.languages import Texts

FILES: Texts = {
    "file_missing": (
        "the file {path} of `--source file:{path}` does not exist",
        "o arquivo {path} de `--source file:{path}` não existe",
    ),
    "file_folder": (
        "{path} is a folder: give the path of a file in it",
        "{path} é uma pasta: dê o caminho de um arquivo nela",
    ),
    "file_unreadable": ("the file {path} cannot be read: {reason}", "o arquivo {path} não pode ser lido: {reason}"),
    "file_too_large": (
        "the file {path} has {size} MB; one of a single series has at most {most} MB: keep only its dates and values",
        "o arquivo {path} tem {size} MB; o de uma só série tem no máximo {most} MB: mantenha só suas datas e valores",
    ),
    "file_gzip": (
        "the file {path} is compressed with gzip: unpack it with `gunzip`",
        "o arquivo {path} está comprimido com gzip: descomprima-o com `gunzip`",
    ),
    "file_archive": (
        "the file {path} is a spreadsheet or a ZIP archive: export or unpack it as CSV",
        "o arquivo {path} é uma planilha ou um arquivo ZIP: exporte-o ou extraia-o como CSV",
    ),
    "file_parquet": (
        "the file {path} is a Parquet file: export it as CSV",
        "o arquivo {path} é um arquivo Parquet: exporte-o como CSV",
    ),
    "file_utf16": (
        "the file {path} is UTF-16 text: convert it with `iconv -f UTF-16 -t UTF-8`",
        "o arquivo {path} é texto em UTF-16: converta-o com `iconv -f UTF-16 -t UTF-8`",
    ),
    "file_not_utf8": (
        "the file {path} is not UTF-8 text ({error} at byte {byte}): save it as UTF-8; `iconv -f ISO-8859-1 -t UTF-8` converts "
        "what Brazilian Windows programs write",
        "o arquivo {path} não é texto em UTF-8 ({error} no byte {byte}): salve-o em UTF-8; `iconv -f ISO-8859-1 -t UTF-8` "
        "converte o que os programas brasileiros de Windows escrevem",
    ),
    "file_empty": (
        "{path} is empty, or begins with an empty line; its first line must be a header, as `{header}`",
        "{path} está vazio, ou começa com uma linha vazia; sua primeira linha deve ser um cabeçalho, como `{header}`",
    ),
    "header_of_options": (
        "line 1 of {path} is `{found}`: it must have one column `{name}`, as the source's options say",
        "a linha 1 de {path} é `{found}`: deve ter uma coluna `{name}`, como dizem as opções da fonte",
    ),
    "header": (
        "line 1 of {path} is `{found}`; the header must be `{header}`, or {advice}",
        "a linha 1 de {path} é `{found}`; o cabeçalho deve ser `{header}`, ou {advice}",
    ),
    "name_columns": (
        "name the columns, as in `file:PATH?date=Data&value=Valor`",
        "nomeie as colunas, como em `file:PATH?date=Data&value=Valor`",
    ),
    "name_separator": (
        "name columns and separator, as in `file:PATH?date={date}&value={value}&sep={separator}` (`&decimal=,`)",
        "nomeie colunas e separador, como em `file:PATH?date={date}&value={value}&sep={separator}` (`&decimal=,`)",
    ),
    "line_no_csv": ("line {number} of {path} is not CSV: {error}", "a linha {number} de {path} não é CSV: {error}"),
    "line_repeats": (
        "line {number} of {path} repeats the date {day} of line {first}",
        "a linha {number} de {path} repete a data {day} da linha {first}",
    ),
    "line_fields": (
        "line {number} of {path} has {count} fields; expected {all} (`{header}`): remove lines that are no data",
        "a linha {number} de {path} tem {count} campos; esperavam-se {all} (`{header}`): retire as linhas que não são dados",
    ),
    "line_comma": (
        "line {number} of {path} has {count} fields; expected {all} (`{header}`): remove lines that are no data; a decimal "
        "comma needs quotes around the number, or another separator between the columns",
        "a linha {number} de {path} tem {count} campos; esperavam-se {all} (`{header}`): retire as linhas que não são dados; "
        "uma vírgula decimal pede aspas em volta do número, ou outro separador entre as colunas",
    ),
    "line_date": (
        "line {number} of {path} has the date `{text}`; expected a calendar date as {form}",
        "a linha {number} de {path} tem a data `{text}`; esperava-se uma data do calendário como {form}",
    ),
    "line_date_form": (
        "line {number} of {path} has the date `{text}`; expected a calendar date as {form}; for other dates name their form, "
        "as in `file:PATH?format=%d/%m/%Y`",
        "a linha {number} de {path} tem a data `{text}`; esperava-se uma data do calendário como {form}; para outras datas "
        "nomeie sua forma, como em `file:PATH?format=%d/%m/%Y`",
    ),
    "line_price": (
        "line {number} of {path} has the price `{text}`; expected a number with a decimal `{sign}`, or nothing; {advice}",
        "a linha {number} de {path} tem o preço `{text}`; esperava-se um número com o decimal `{sign}`, ou nada; {advice}",
    ),
    "decimal_comma": (
        "for a decimal comma write `file:PATH?decimal=,`",
        "para uma vírgula decimal escreva `file:PATH?decimal=,`",
    ),
    "name_missing": (
        "if `{text}` means that there is none, write `file:PATH?missing={text}`",
        "se `{text}` quer dizer que não há preço, escreva `file:PATH?missing={text}`",
    ),
    "plain_digits": (
        "write digits 0 to 9 without other signs between them",
        "escreva os algarismos de 0 a 9 sem outros sinais entre eles",
    ),
    "line_not_finite": (
        "line {number} of {path} has the price `{text}`; expected a finite number or nothing",
        "a linha {number} de {path} tem o preço `{text}`; esperava-se um número finito ou nada",
    ),
}
"""By kind."""
