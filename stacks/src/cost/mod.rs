//! What an environment costs: a month without executions, and one execution.

mod prices;
mod quantities;

pub use prices::PriceError;
use prices::Prices;
use quantities::Quantity;

use crate::support::settings::Settings;

/// An estimate as a text with a line for each item. A `*` marks a price that nobody has verified.
///
/// # Errors
/// The table has no prices for the region, or can't be parsed.
pub fn cost(settings: &Settings) -> Result<String, PriceError> {
    let prices = Prices::of(&settings.region)?;
    let (idle, once) = (quantities::idle(settings), quantities::execution(settings));
    let heading = format!(
        "US$ of `{}` in {}, without taxes and free tiers; list prices of {}, * is to be verified\n",
        settings.environment,
        settings.region,
        prices.read()
    );
    let idle = table("a month without executions", &idle, &prices);
    let once = table("one execution with training, of the assumed length", &once, &prices);
    Ok(format!("{heading}{idle}{once}"))
}

/// What one stack costs for a month without executions, or for one execution with training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StackCost {
    /// The name of the stack.
    pub stack: &'static str,
    /// US$.
    pub usd: f64,
    /// `month` or `execution`.
    pub per: &'static str,
    /// Whether it has all prices, and somebody verified each.
    pub certain: bool,
}

/// The same estimate by stack, without the stacks that cost nothing.
///
/// # Errors
/// Same as [`cost`].
pub fn stack_costs(settings: &Settings) -> Result<Vec<StackCost>, PriceError> {
    let prices = Prices::of(&settings.region)?;
    let mut costs: Vec<StackCost> = Vec::new();
    for (per, quantities) in [("month", quantities::idle(settings)), ("execution", quantities::execution(settings))] {
        for Quantity { stack, item, amount, .. } in quantities {
            let stack = stack.as_str();
            let price = prices.get(&item);
            let (usd, certain) = price.map_or((0.0, false), |price| (amount * price.usd, price.verified));
            if let Some(sum) = costs.iter_mut().find(|sum| (sum.stack, sum.per) == (stack, per)) {
                sum.usd += usd;
                sum.certain &= certain;
            } else {
                costs.push(StackCost { stack, usd, per, certain });
            }
        }
    }
    Ok(costs)
}

/// The lines of quantities, and their sum; what has no price is named and left out of the sum.
fn table(title: &str, quantities: &[Quantity], prices: &Prices) -> String {
    let mut text = format!("\n{title}\n");
    let (mut sum, mut verified, mut complete) = (0.0, true, true);
    for Quantity { what, item, amount, .. } in quantities {
        match prices.get(item) {
            Some(price) => {
                let cost = amount * price.usd;
                sum += cost;
                verified &= price.verified;
                text.push_str(&format!("  {what:<58} {cost:>9.3}{}\n", if price.verified { "" } else { " *" }));
            }
            None => {
                complete = false;
                text.push_str(&format!("  {what:<58}         ?  no price of `{item}` in stacks/prices.json\n"));
            }
        }
    }
    let what = if complete { "together" } else { "together, without what has no price" };
    text.push_str(&format!("  {what:<58} {sum:>9.3}{}\n", if verified { "" } else { " *" }));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::support::settings::example::settings;

    /// The sums of the two tables.
    fn sums(text: &str) -> Vec<f64> {
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("together"));
        lines.map(|line| line.replace('*', "").split_whitespace().last().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn the_sums_are_those_of_the_lines_and_the_sizes_count() {
        let plain = sums(&cost(&settings("us-east-1", serde_json::json!({}))).unwrap());
        // 20 images of 0.3 GB, a GB of data and 0.1 GB of logs that are kept as data.
        assert!((plain[0] - (6.0 * 0.1 + 1.1 * 0.023)).abs() < 0.002, "{plain:?}");
        // 2 DPU for 5 minutes, 10 minutes of ml.m5.large, 0.02 GB of logs, 30 metrics for an hour.
        let expected = 2.0 * 5.0 / 60.0 * 0.44 + 10.0 / 60.0 * 0.115 + 0.02 * 0.5 + 30.0 / 730.0 * 0.3;
        assert!((plain[1] - expected).abs() < 0.002, "{plain:?} {expected}");
        let sizes = serde_json::json!({"sizes": {"glue_workers": 4, "glue_worker_type": "G.2X"}});
        let large = sums(&cost(&settings("us-east-1", sizes)).unwrap());
        assert!((large[1] - plain[1] - 6.0 * 5.0 / 60.0 * 0.44).abs() < 0.002, "{large:?}");
    }

    #[test]
    fn a_tracking_server_and_alarms_cost_by_the_month() {
        let plain = sums(&cost(&settings("us-east-1", serde_json::json!({}))).unwrap());
        let alarms = serde_json::json!({"alarms": {"email": "a@b.org"}});
        let watched = sums(&cost(&settings("us-east-1", alarms)).unwrap());
        // Nine alarms without a schedule, and a dashboard.
        assert!((watched[0] - plain[0] - 3.9).abs() < 0.002, "{watched:?}");
        let server = cost(&settings("us-east-1", serde_json::json!({"mlflow": {"server": "Small"}}))).unwrap();
        assert!((sums(&server)[0] - plain[0] - 438.0).abs() < 0.002, "{server}");
        assert!(server.contains("MLflow server Small, 730 hours"), "{server}");
        let unknown = cost(&settings("us-east-1", serde_json::json!({"mlflow": {"server": "Large"}}))).unwrap();
        assert!(
            unknown.contains("no price of `mlflow Large hour`") && unknown.contains("without what has no price"),
            "{unknown}"
        );
    }

    #[test]
    fn the_stacks_together_cost_what_the_tables_say() {
        let values =
            serde_json::json!({"alarms": {"email": "a@b.org"}, "mlflow": {"server": "Small"}, "security": {"kms_key": "create"}});
        let watched = settings("us-east-1", values);
        let tables = sums(&cost(&watched).unwrap());
        let stacks = stack_costs(&watched).unwrap();
        for (per, table) in ["month", "execution"].into_iter().zip(tables) {
            let sum: f64 = stacks.iter().filter(|cost| cost.per == per).map(|cost| cost.usd).sum();
            assert!((sum - table).abs() < 0.001, "{per}: {sum} {table}");
        }
        let of = |stack: &str| stacks.iter().filter(|cost| cost.stack == stack).map(|cost| cost.per).collect::<Vec<_>>();
        assert_eq!((of("s3"), of("glue"), of("iam")), (vec!["month"], vec!["execution"], vec![]));
        let unknown = stack_costs(&settings("us-east-1", serde_json::json!({"mlflow": {"server": "Large"}}))).unwrap();
        assert!(unknown.iter().any(|cost| cost.stack == "mlflow" && !cost.certain), "it has no price: {unknown:?}");
    }

    #[test]
    fn a_region_without_prices_is_an_error_that_says_what_to_do() {
        let error = cost(&settings("eu-north-1", serde_json::json!({}))).unwrap_err().to_string();
        assert!(
            error.contains("eu-north-1") && error.contains("sa-east-1, us-east-1") && error.contains("stacks/prices.json"),
            "{error}"
        );
    }
}
