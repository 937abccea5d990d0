//! Addresses of the consoles, with account and region.

use crate::monitoring::Alarm;
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;

/// Where things are.
pub(super) struct Places<'a> {
    pub(super) settings: &'a Settings,
}

impl Places<'_> {
    /// A page of a service's console.
    fn console(&self, page: &str) -> String {
        let region = &self.settings.region;
        let domain = match region.partition() {
            "aws-cn" => "amazonaws.cn",
            "aws-us-gov" => "amazonaws-us-gov.com",
            _ => "aws.amazon.com",
        };
        let (service, rest) = page.split_once('#').map_or((page, String::new()), |(service, rest)| (service, format!("#{rest}")));
        let and = if service.contains('?') { '&' } else { '?' };
        format!("https://{region}.console.{domain}/{service}{and}region={region}{rest}")
    }

    pub(super) fn bucket(&self) -> String {
        self.settings.names().bucket(&self.settings.account, &self.settings.region)
    }

    pub(super) fn alarm(&self, alarm: Alarm) -> String {
        self.console(&format!("cloudwatch/home#alarmsV2:alarm/{}", self.settings.names().of(alarm)))
    }

    pub(super) fn dashboard(&self) -> String {
        self.console(&format!("cloudwatch/home#dashboards/dashboard/{}", self.settings.names().of(Single::Dashboard)))
    }

    pub(super) fn executions(&self) -> String {
        self.console(&format!("states/home#/statemachines/view/{}", self.settings.machine_arn()))
    }

    pub(super) fn function_logs(&self) -> String {
        self.logs(&Names::function_logs(&self.settings.names().of(Single::Function)))
    }

    pub(super) fn glue_logs(&self) -> String {
        self.logs(&format!("{}/output", self.settings.names().glue_logs()))
    }

    /// A log group; the console wants slashes encoded twice.
    fn logs(&self, group: &str) -> String {
        self.console(&format!("cloudwatch/home#logsV2:log-groups/log-group/{}", group.replace('/', "$252F")))
    }

    pub(super) fn glue_jobs(&self) -> String {
        self.console("gluestudio/home#/monitoring")
    }

    pub(super) fn training_jobs(&self) -> String {
        self.console("sagemaker/home#/jobs")
    }

    pub(super) fn reports(&self) -> String {
        self.console(&format!("s3/buckets/{}?prefix=reports/", self.bucket()))
    }

    pub(super) fn schedule(&self) -> String {
        self.console(&format!("scheduler/home#schedules/default/{}", self.settings.names().of(Single::Pipeline)))
    }

    pub(super) fn quotas(&self) -> String {
        self.console("servicequotas/home/services/states/quotas")
    }

    /// Billing has no region.
    pub(super) fn bill(&self) -> String {
        "https://console.aws.amazon.com/costmanagement/home#/budgets".to_owned()
    }
}
