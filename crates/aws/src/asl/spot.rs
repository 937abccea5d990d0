//! What SageMaker refuses in a training job on spot capacity.

use oleoduto_cdk::Expr;

use super::template::get;

/// What SageMaker refuses in the times of a training job, or of the training jobs of a tuning job.
pub(super) fn check(api: &str, parameters: &Expr, mistakes: &mut Vec<String>) {
    match api {
        "createTrainingJob" => check_times(parameters, mistakes),
        "createHyperParameterTuningJob" => {
            if let Some(job) = get(parameters, "TrainingJobDefinition") {
                check_times(job, mistakes);
            }
            if let Some(Expr::Array(jobs)) = get(parameters, "TrainingJobDefinitions") {
                jobs.iter().for_each(|job| check_times(job, mistakes));
            }
        }
        _ => {}
    }
}

fn check_times(job: &Expr, mistakes: &mut Vec<String>) {
    // If the spot flag or the times are only known at run time, nothing is checked.
    let known = |key: &str| get(job, &format!("{key}.$")).is_none();
    if !matches!(job, Expr::Object(_)) || !known("EnableManagedSpotTraining") || !known("StoppingCondition") {
        return;
    }
    let spot = match get(job, "EnableManagedSpotTraining") {
        None => false,
        Some(Expr::Bool(spot)) => *spot,
        Some(_) => return,
    };
    let times = match get(job, "StoppingCondition") {
        Some(times @ Expr::Object(_)) => Some(times),
        None => None,
        Some(_) => return,
    };
    let time = |key: &str| times.and_then(|times| get(times, key).or_else(|| get(times, &format!("{key}.$"))));
    match (time("MaxWaitTimeInSeconds"), time("MaxRuntimeInSeconds")) {
        (None, _) if spot => {
            mistakes.push("a spot job needs MaxWaitTimeInSeconds: SageMaker refuses it without".to_owned());
        }
        (Some(_), _) if !spot => mistakes.push(
            "MaxWaitTimeInSeconds is given, but EnableManagedSpotTraining is not true: SageMaker refuses the job".to_owned(),
        ),
        (Some(Expr::Int(wait)), Some(Expr::Int(runtime))) if wait < runtime => mistakes.push(format!(
            "MaxWaitTimeInSeconds ({wait}) is less than MaxRuntimeInSeconds ({runtime}): SageMaker refuses the job"
        )),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(spot: Option<bool>, times: &[(&'static str, i64)]) -> Vec<String> {
        let times = Expr::object(times.iter().map(|(key, value)| (*key, Expr::Int(*value))));
        let mut pairs = vec![("StoppingCondition", times)];
        pairs.extend(spot.map(|spot| ("EnableManagedSpotTraining", spot.into())));
        let job = Expr::object(pairs);
        let mut found = Vec::new();
        check("createTrainingJob", &job, &mut found);
        let tuning = Expr::object([("TrainingJobDefinitions", Expr::Array(vec![job]))]);
        let mut in_tuning = Vec::new();
        check("createHyperParameterTuningJob", &tuning, &mut in_tuning);
        assert_eq!(found, in_tuning);
        found
    }

    #[test]
    fn spot_and_times_belong_together() {
        let (run, wait) = (("MaxRuntimeInSeconds", 60), ("MaxWaitTimeInSeconds", 60));
        assert_eq!(mistakes(Some(true), &[run, wait]), Vec::<String>::new());
        assert_eq!(mistakes(None, &[run]), Vec::<String>::new());
        assert_eq!(mistakes(Some(false), &[run]), Vec::<String>::new());
        assert!(mistakes(Some(true), &[run])[0].contains("needs MaxWaitTimeInSeconds"));
        assert!(mistakes(None, &[run, wait])[0].contains("EnableManagedSpotTraining is not true"));
        assert!(mistakes(Some(true), &[run, ("MaxWaitTimeInSeconds", 59)])[0].contains("(59) is less than"));
    }
}
