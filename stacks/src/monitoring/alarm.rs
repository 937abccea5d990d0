//! The alarms: what each watches, and what it means.

use crate::parameters::Environment;
use crate::support::contract::{Contract, ContractError};
use crate::support::language::{Text, text};
use crate::support::listed::listed;

listed!(
    /// An alarm; its text is the last part of its name.
    pub enum Alarm {
        /// An execution failed.
        Failed = "failed",
        /// An execution ran into its time limit.
        TimedOut = "timed-out",
        /// An execution was stopped.
        Aborted = "aborted",
        /// Step Functions slowed an execution down.
        Throttled = "throttled",
        /// An execution took too long.
        TooLong = "too-long",
        /// Nothing succeeded for days.
        NoSuccess = "no-success",
        /// The schedule could not start an execution.
        NotStarted = "not-started",
        /// A data-quality rule of severity `fail` does not hold.
        Quality = "quality",
        /// Forecasts are worse than the rule allows.
        Degraded = "degraded",
        /// The benchmark forecasts in the place of a champion.
        FellBack = "fell-back",
        /// The newest data are old.
        StaleData = "stale-data",
        /// The account costs more than planned.
        Budget = "budget",
    }
);

/// Seconds of the period of alarms about single events.
const EVENT: i64 = 300;
const DAY: i64 = 86_400;

/// Whose metric is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The state machine's.
    Executions,
    /// The queue of starts that failed.
    DeadLetters,
    /// Those that the jobs publish.
    Jobs,
}

/// What an alarm of CloudWatch watches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) source: Source,
    pub(super) metric: &'static str,
    pub(super) statistic: &'static str,
    pub(super) period: i64,
    pub(super) periods: i64,
    pub(super) comparison: &'static str,
    pub(super) threshold: i64,
}

impl Watched {
    /// More than a number of events, or a value over a limit, within five minutes.
    fn above(source: Source, metric: &'static str, statistic: &'static str, threshold: i64) -> Self {
        Self { source, metric, statistic, period: EVENT, periods: 1, comparison: "GreaterThanThreshold", threshold }
    }
}

/// What missing data mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing: `notBreaching`.
    Normal,
    /// The fault: `breaching`.
    Fault,
    /// That nothing has changed: `ignore`.
    Unchanged,
}

impl Silence {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "notBreaching",
            Self::Fault => "breaching",
            Self::Unchanged => "ignore",
        }
    }

    /// What follows on "Missing data".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Normal => "are normal",
            Self::Fault => "count as the fault",
            Self::Unchanged => "change nothing",
        }
    }
}

impl Alarm {
    /// The alarms of an environment, in their order.
    pub fn of(environment: &Environment) -> Vec<Self> {
        let Some(alarms) = &environment.alarms else { return Vec::new() };
        let has = |alarm: &Self| match alarm {
            Self::NoSuccess => environment.no_success_days().is_some(),
            Self::NotStarted => environment.schedule.is_some(),
            Self::Budget => alarms.budget.is_some(),
            _ => true,
        };
        Self::ALL.into_iter().filter(has).collect()
    }

    /// Those of them that are alarms of CloudWatch.
    pub(crate) fn in_cloudwatch(environment: &Environment) -> impl Iterator<Item = Self> {
        Self::of(environment).into_iter().filter(|alarm| *alarm != Self::Budget)
    }

    /// What it means, in one sentence without a period.
    pub fn meaning(self, environment: &Environment) -> Text {
        match self {
            Self::Failed => text("An execution of the pipeline failed", "Uma execução do pipeline falhou"),
            Self::TimedOut => text(
                "An execution of the pipeline ran into its time limit and was ended",
                "Uma execução do pipeline chegou ao seu limite de tempo e foi encerrada",
            ),
            Self::Aborted => text(
                "An execution of the pipeline was stopped by somebody, or with its state machine",
                "Uma execução do pipeline foi interrompida por alguém, ou com sua máquina de estados",
            ),
            Self::Throttled => text(
                "Step Functions slowed executions down: the account's quota of state transitions is used up",
                "O Step Functions desacelerou execuções: a cota de transições de estado da conta se esgotou",
            ),
            Self::TooLong => {
                let minutes = environment.recorded().execution_minutes;
                text(
                    format!("An execution took more than {minutes} minutes (monitoring.execution_minutes)"),
                    format!("Uma execução levou mais de {minutes} minutos (monitoring.execution_minutes)"),
                )
            }
            Self::NoSuccess => {
                let days = environment.no_success_days().unwrap_or_default();
                text(
                    format!("No execution succeeded for {days} days, with a schedule"),
                    format!("Nenhuma execução teve sucesso por {days} dias, com um agendamento"),
                )
            }
            Self::NotStarted => text(
                "The schedule could not start an execution: what it tried is in the dead-letter queue",
                "O agendamento não conseguiu iniciar uma execução: o que ele tentou está na fila de mensagens mortas",
            ),
            Self::Quality => text(
                "A data-quality rule of severity fail does not hold: the execution ended before training",
                "Uma regra de qualidade de gravidade fail não vale: a execução terminou antes do treino",
            ),
            Self::Degraded => text(
                "At some horizon, or for a list's median series, the realised MSPE is over the limit of the written rule",
                "Em algum horizonte, ou na série mediana de uma lista, o MSPE realizado está acima do limite da regra escrita",
            ),
            Self::FellBack => text(
                "The champion degraded: the benchmark forecasts in its place",
                "O campeão se degradou: a referência prevê no lugar dele",
            ),
            Self::StaleData => text(
                "The newest complete month is older than a run accepts",
                "O mês completo mais recente é mais antigo do que uma execução aceita",
            ),
            Self::Budget => text(
                "The account costs more this month than 80 % of its budget, or will cost more than all of it",
                "A conta custa neste mês mais que 80 % do seu orçamento, ou vai custar mais que ele todo",
            ),
        }
    }

    /// What missing data mean, and why.
    pub(super) fn silence(self) -> (Silence, &'static str) {
        match self {
            Self::Failed | Self::TimedOut | Self::Aborted | Self::Throttled | Self::TooLong => {
                (Silence::Normal, "without an execution there is no fault of one")
            }
            Self::NoSuccess => (Silence::Fault, "an execution that never starts publishes nothing, and that is the fault"),
            Self::NotStarted => {
                (Silence::Unchanged, "SQS publishes nothing about a queue that nobody used for six hours, whatever is in it")
            }
            Self::Quality => (Silence::Normal, "a quality job that did not run found nothing; other alarms tell that it did not"),
            Self::Degraded | Self::FellBack | Self::StaleData => {
                (Silence::Normal, "a monitor that did not run found nothing; other alarms tell that it did not")
            }
            Self::Budget => (Silence::Normal, "a budget always has a value"),
        }
    }

    /// What it watches in CloudWatch; nothing if it is a budget.
    pub(super) fn watched(
        self,
        environment: &Environment,
        contract: &Contract<'static>,
    ) -> Result<Option<Watched>, ContractError> {
        let executions = |metric| Watched::above(Source::Executions, metric, "Sum", 0);
        let jobs = |metric, threshold| {
            Ok::<_, ContractError>(Watched::above(Source::Jobs, contract.metric(metric)?, "Maximum", threshold))
        };
        // Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html.
        Ok(Some(match self {
            Self::Failed => executions("ExecutionsFailed"),
            Self::TimedOut => executions("ExecutionsTimedOut"),
            Self::Aborted => executions("ExecutionsAborted"),
            Self::Throttled => executions("ExecutionThrottled"),
            Self::TooLong => {
                let milliseconds = i64::from(environment.recorded().execution_minutes) * 60_000;
                Watched::above(Source::Executions, "ExecutionTime", "Maximum", milliseconds)
            }
            Self::NoSuccess => Watched {
                period: DAY,
                periods: environment.no_success_days().unwrap_or(1).into(),
                comparison: "LessThanThreshold",
                threshold: 1,
                ..executions("ExecutionsSucceeded")
            },
            Self::NotStarted => Watched::above(Source::DeadLetters, "ApproximateNumberOfMessagesVisible", "Maximum", 0),
            Self::Quality => jobs("RulesFailed", 0)?,
            Self::Degraded => jobs("MspeToLimit", 1)?,
            Self::FellBack => jobs("FellBack", 0)?,
            Self::StaleData => jobs("DataAgeMonths", contract.execution.max_data_age_months)?,
            Self::Budget => return Ok(None),
        }))
    }

    /// Whether the end of the fault is told as well: of alarms that stay until somebody acts.
    pub(super) fn tells_its_end(self) -> bool {
        matches!(self, Self::NoSuccess | Self::NotStarted)
    }
}
