//! What to look at and to run when an alarm tells.

use super::part::Part;
use super::places::Places;
use crate::monitoring::Alarm;
use crate::support::language::{Text, text};

/// Pages, by what they show.
pub(super) fn links(alarm: Alarm, places: &Places<'_>) -> Vec<(Text, String)> {
    let executions = || (text("the executions", "as execuções"), places.executions());
    let reports = || (text("the reports of each run date", "os relatórios de cada data de execução"), places.reports());
    let glue_logs = || (text("the log of the Glue jobs", "o log dos jobs do Glue"), places.glue_logs());
    let sagemaker = || (text("the jobs of SageMaker", "os jobs do SageMaker"), places.training_jobs());
    let mut links = match alarm {
        Alarm::Budget => return vec![(text("the budgets", "os orçamentos"), places.bill())],
        Alarm::Failed | Alarm::TimedOut | Alarm::Aborted => vec![
            executions(),
            glue_logs(),
            (text("the log of the function", "o log da função"), places.function_logs()),
            sagemaker(),
        ],
        Alarm::Throttled => {
            vec![executions(), (text("the quotas of Step Functions", "as cotas do Step Functions"), places.quotas())]
        }
        Alarm::TooLong => vec![
            executions(),
            (text("the runs of the Glue jobs", "as rodadas dos jobs do Glue"), places.glue_jobs()),
            sagemaker(),
        ],
        Alarm::NoSuccess | Alarm::NotStarted => vec![executions(), (text("the schedule", "o agendamento"), places.schedule())],
        Alarm::Quality => vec![reports(), glue_logs()],
        Alarm::Degraded | Alarm::FellBack | Alarm::StaleData => vec![reports(), executions()],
    };
    if places.settings.parameters.recorded().dashboard {
        links.push((text("the dashboard", "o painel"), places.dashboard()));
    }
    links.push((text("the alarm", "o alarme"), places.alarm(alarm)));
    links
}

/// What to run. The variables are those of the part `First`.
pub(super) fn part(alarm: Alarm) -> Part {
    match alarm {
        Alarm::Failed => ended(
            "FAILED",
            text(
                "The cause names the job and its reason. Correct it, then run the date or the state again.",
                "A causa diz o nome do job e o motivo. Corrija-o e refaça a data ou o estado.",
            ),
        ),
        Alarm::TimedOut => ended(
            "TIMED_OUT",
            text(
                "The last event names the state that did not end: its job has a log.",
                "O último evento diz o nome do estado que não terminou: o job dele tem um log.",
            ),
        ),
        Alarm::Aborted => ended(
            "ABORTED",
            text(
                "The cause says why, if the person who stopped it gave one. Run the date again if it is missing.",
                "A causa diz por quê, se quem a interrompeu deu uma. Refaça a data se ela falta.",
            ),
        ),
        Alarm::Throttled => Part::new(text(
            "Executions go on more slowly; none is lost. Count what runs, and ask for a higher quota if it is this pipeline's.",
            "As execuções continuam mais devagar; nenhuma se perde. Conte o que está rodando, e peça uma cota maior se for deste pipeline.",
        ))
        .run(&["aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --status-filter RUNNING --no-paginate"])
        .run_there(&["aws service-quotas list-service-quotas --service-code states"]),
        Alarm::TooLong => Part::new(text(
            "Times of the newest execution's states show which one is slow.",
            "As horas dos estados da execução mais recente mostram qual deles é lento.",
        ))
        .run(&[
                &newest(""),
                "aws stepfunctions get-execution-history --execution-arn \"$EXECUTION\" --no-paginate \
                 --query 'events[?stateEnteredEventDetails].[timestamp,stateEnteredEventDetails.name]' --output text",
            ]),
        Alarm::NoSuccess => Part::new(text(
            "Either executions fail, which other alarms tell, or none starts. A new environment tells this until its first success.",
            "Ou as execuções falham, o que outros alarmes avisam, ou nenhuma começa. Um ambiente novo avisa isto até sua primeira \
             execução bem-sucedida.",
        ))
        .run(&[
            "aws scheduler get-schedule --name \"$PIPELINE\" --query '[State,ScheduleExpression]' --output text",
            "aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --no-paginate --query 'executions[].[name,status]' --output text",
        ]),
        Alarm::NotStarted => Part::new(text(
            "A message has the attributes ERROR_CODE and ERROR_MESSAGE. Mostly the role of the schedule or the state machine is \
             missing: apply the stacks `iam` and `stepfunctions`. Run the date by hand, then empty the queue, which ends the alarm.",
            "Uma mensagem tem os atributos ERROR_CODE e ERROR_MESSAGE. Quase sempre falta o papel do agendamento ou a máquina de \
             estados: aplique as stacks `iam` e `stepfunctions`. Execute a data à mão e depois esvazie a fila, o que encerra o alarme.",
        ))
        .run(&[
            "QUEUE=$(aws sqs get-queue-url --queue-name \"$DEAD_LETTERS\" --query QueueUrl --output text)",
            "aws sqs receive-message --queue-url \"$QUEUE\" --message-attribute-names All --visibility-timeout 1",
            "aws sqs purge-queue --queue-url \"$QUEUE\"",
        ]),
        Alarm::Quality => Part::new(text(
            "The page lists the rules that do not hold, with samples. If the source is wrong, wait for its correction and run the \
             date again. If the rule is wrong, correct it in jobs/src/oleoduto_jobs/etl/quality/rules.py.",
            "A página lista as regras que não valem, com amostras. Se a fonte está errada, espere a correção dela e refaça a data. \
             Se a regra está errada, corrija-a em jobs/src/oleoduto_jobs/etl/quality/rules.py.",
        ))
        .run(&["aws s3 ls \"s3://$BUCKET/reports/dataproc=$DATE/\" || echo 'no report of this date'"])
        .run_there(&["aws s3 cp \"s3://$BUCKET/reports/dataproc=$DATE/quality.html\" ."]),
        Alarm::Degraded | Alarm::FellBack => Part::new(text(
            "The page shows realized errors by horizon, and `series.json` those of a list's series, if the run has one. Without a \
             fall-back the next training chooses again; `fell-back` says that the benchmark forecasts until then. To train now, \
             run the date again with mode `train`; to return to an earlier model, roll it back.",
            "A página mostra os erros realizados por horizonte, e `series.json` os das séries de uma lista, se a execução tem uma. Sem a \
             troca pela referência, o próximo treino escolhe de novo; `fell-back` diz que até lá quem prevê é a referência. Para treinar \
             agora, refaça a data com o modo `train`; para voltar a um modelo anterior, há um procedimento abaixo.",
        ))
        .run(&["aws s3 ls \"s3://$BUCKET/reports/dataproc=$DATE/\" || echo 'no report of this date'"])
        .run_there(&["aws s3 cp \"s3://$BUCKET/reports/dataproc=$DATE/monitoring.json\" -"]),
        Alarm::StaleData => Part::new(text(
            "The source has no newer month. If it has one by now, run the date again.",
            "A fonte não tem um mês mais recente. Se agora já tem, refaça a data.",
        ))
        .run(&["aws s3 ls \"s3://$BUCKET/raw/dataproc=$DATE/\" || echo 'no data of this date'"]),
        Alarm::Budget => Part::new(text(
            "The services that cost most, of this month. A tracking server of MLflow costs by the hour.",
            "Os serviços que mais custam neste mês. Um servidor do MLflow custa por hora.",
        ))
        .run(&["aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --no-paginate --query 'length(executions)'"])
            .run_there(&["aws ce get-cost-and-usage --time-period \"Start=$(date -u +%Y-%m-01),End=$(date -u +%F)\" \
                          --granularity MONTHLY --metrics UnblendedCost --group-by Type=DIMENSION,Key=SERVICE"]),
    }
}

/// Sets `EXECUTION` to the newest execution, of those that options select.
fn newest(options: &str) -> String {
    format!(
        "EXECUTION=$(aws stepfunctions list-executions --state-machine-arn \"$MACHINE\"{options} --no-paginate \
         --query 'executions[0].executionArn' --output text)"
    )
}

/// An execution that ended without success.
fn ended(status: &str, what_to_do: Text) -> Part {
    Part::new(what_to_do).run(&[
        &newest(&format!(" --status-filter {status}")),
        "aws stepfunctions describe-execution --execution-arn \"$EXECUTION\" --query '[error,cause,input]' --output text",
        "aws stepfunctions get-execution-history --execution-arn \"$EXECUTION\" --reverse-order --no-paginate \
         --query 'events[:5].[timestamp,type]' --output text",
    ])
}
