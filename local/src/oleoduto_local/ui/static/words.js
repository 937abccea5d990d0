// The texts of the page in English and Brazilian Portuguese.

const STORE = "oleoduto-language";

export const WORDS = {
  en: {
    skip: "Go to the chosen state", subtitle: "local AWS", language: "Language", run: "Run", machine: "State machine",
    failures: "Show the states of failures", log: "Log", follow: "Follow the end of the log", tables: "Tables", runs: "Last runs",
    tables_note: "The tables of the catalog, with their files in the bucket.",
    query: "Query (SQL of DuckDB)", query_note: "Read only: one SELECT, at most 500 rows and 10 seconds. Ctrl+Enter asks.", ask: "Ask",
    legend: "Choose a state to see its log: by a click, or by Tab, the arrow keys and Enter.",
    waiting: "No state machine yet: Terraform creates the stacks.", no_run: "No run yet: oleoduto local run starts one.",
    RUNNING: "running", SUCCEEDED: "succeeded", FAILED: "failed", ABORTED: "stopped", TIMED_OUT: "out of time",
    running: "running", succeeded: "succeeded", failed: "failed", stopped: "stopped", not_entered: "not entered",
    headline: "Run {name}: {status}, {seconds} s, started {started}", failure: "The state {state} failed: {message}",
    status: "Status", type: "Type", seconds: "Seconds", attempts: "Attempts", visits: "Entries", next: "Next", reason: "Reason", log_name: "Log",
    no_state: "No state chosen", no_log: "This state writes no log.", log_waits: "The log has no lines yet.",
    log_skipped: "{kb} kB before these lines are left out: oleoduto local logs {name} prints all.",
    report: "Report", series: "All series", quality: "Quality report", mlflow: "Experiment in MLflow",
    no_mlflow: "MLflow: run oleoduto local mlflow, and its link appears here.", no_report: "The report appears here when it is written.",
    table: "files: {files}, {kb} kB, run dates: {partitions}", empty: "no files", column: "Column", kind: "Type", meaning: "Meaning", insert: "Query {name}",
    no_tables: "No tables yet: the stack glue declares them.", rows: "Rows: {rows}, in {seconds} s", more_rows: "The first {rows} rows, in {seconds} s", asking: "Asking…",
    answer: "Answer", run_name: "Run", started: "Started", show: "Show the run {name}",
    news: "{state}: {status}", news_run: "The run {status}.",
    problem_gone: "The local AWS does not answer. It may have been stopped; oleoduto local run starts it.",
    problem_key: "The key in the address was used or is too old: run oleoduto local ui again.",
    problem_session: "This page has no session: run oleoduto local ui, and open the address that it prints.",
    problem_slow: "The query took too long and was stopped.", problem_large: "The tables of this query are too large for the page.",
    "problem_reads-only": "Only SELECT is allowed here.", problem_statements: "Ask one statement at a time.",
    problem_ended: "The process of the query ended; it may have needed too much memory.",
  },
  "pt-BR": {
    skip: "Ir ao estado escolhido", subtitle: "AWS local", language: "Idioma", run: "Execução", machine: "Máquina de estados",
    failures: "Mostrar os estados de falhas", log: "Registro", follow: "Acompanhar o fim do registro", tables: "Tabelas", runs: "Últimas execuções",
    tables_note: "As tabelas do catálogo, com seus arquivos no bucket.",
    query: "Consulta (SQL do DuckDB)", query_note: "Somente leitura: um SELECT, até 500 linhas e 10 segundos. Ctrl+Enter consulta.", ask: "Consultar",
    legend: "Escolha um estado para ver seu registro: com um clique, ou com Tab, as setas e Enter.",
    waiting: "Ainda não há máquina de estados: o Terraform está criando as stacks.", no_run: "Ainda não há execução: oleoduto local run inicia uma.",
    RUNNING: "em execução", SUCCEEDED: "concluída", FAILED: "falhou", ABORTED: "interrompida", TIMED_OUT: "esgotou o tempo",
    running: "em execução", succeeded: "concluído", failed: "falhou", stopped: "interrompido", not_entered: "não alcançado",
    headline: "Execução {name}: {status}, {seconds} s, início {started}", failure: "O estado {state} falhou: {message}",
    status: "Situação", type: "Tipo", seconds: "Segundos", attempts: "Tentativas", visits: "Entradas", next: "Próximos", reason: "Motivo", log_name: "Registro",
    no_state: "Nenhum estado escolhido", no_log: "Este estado não escreve registro.", log_waits: "O registro ainda não tem linhas.",
    log_skipped: "{kb} kB antes destas linhas foram omitidos: oleoduto local logs {name} mostra tudo.",
    report: "Relatório", series: "Todas as séries", quality: "Relatório de qualidade", mlflow: "Experimento no MLflow",
    no_mlflow: "MLflow: rode oleoduto local mlflow, e o link aparece aqui.", no_report: "O relatório aparece aqui quando estiver escrito.",
    table: "arquivos: {files}, {kb} kB, datas de execução: {partitions}", empty: "sem arquivos", column: "Coluna", kind: "Tipo", meaning: "Significado", insert: "Consultar {name}",
    no_tables: "Ainda não há tabelas: a stack glue as declara.", rows: "Linhas: {rows}, em {seconds} s", more_rows: "As primeiras {rows} linhas, em {seconds} s", asking: "Consultando…",
    answer: "Resposta", run_name: "Execução", started: "Início", show: "Mostrar a execução {name}",
    news: "{state}: {status}", news_run: "Execução {status}.",
    problem_gone: "A AWS local não responde. Talvez tenha sido parada; oleoduto local run a inicia.",
    problem_key: "A chave do endereço já foi usada ou é antiga demais: rode oleoduto local ui de novo.",
    problem_session: "Esta página não tem sessão: rode oleoduto local ui e abra o endereço que ele mostra.",
    problem_slow: "A consulta demorou demais e foi parada.", problem_large: "As tabelas desta consulta são grandes demais para a página.",
    "problem_reads-only": "Aqui só SELECT é permitido.", problem_statements: "Consulte uma instrução por vez.",
    problem_ended: "O processo da consulta terminou; talvez precisasse de memória demais.",
  },
};

let language = localStorage.getItem(STORE) ?? (navigator.language.startsWith("pt") ? "pt-BR" : "en");
if (!(language in WORDS)) language = "en";

export const current = () => language;

export function choose(wanted) {
  language = wanted;
  localStorage.setItem(STORE, wanted);
  document.documentElement.lang = wanted;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = words(node.dataset.word);
}

export const known = (name) => name in WORDS[language];

export function words(name, values = {}) {
  return WORDS[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export const number = (value, digits = 0) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

const day = (of, zone) => of.toLocaleDateString(language, { timeZone: zone });

export const time = (milliseconds) => `${day(new Date(milliseconds))}, ${new Date(milliseconds).toLocaleTimeString(language)}`;

// 20240115 as a person writes it.
export const date = (text) =>
  /^\d{8}$/.test(text)
    ? day(new Date(Date.UTC(text.slice(0, 4), text.slice(4, 6) - 1, text.slice(6))), "UTC")
    : text;
