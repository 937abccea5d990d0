//! The forecast, read back from the bucket.

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;

/// A forecast.
pub(crate) struct Forecast {
    /// `predictions.csv`: a header, then one line per horizon.
    pub(crate) csv: String,
    /// `report.html`.
    pub(crate) page: String,
    /// `quality.html`, to which the report links.
    pub(crate) quality: String,
}

/// Download `predictions.csv`, `report.html` and `quality.html` of `reports/dataproc=.../` from the data bucket.
pub(crate) async fn download(config: &SdkConfig, bucket: &str, dataproc: &str) -> anyhow::Result<Forecast> {
    let client = client(config);
    let csv = text(&client, bucket, &format!("reports/dataproc={dataproc}/predictions.csv")).await?;
    let page = text(&client, bucket, &format!("reports/dataproc={dataproc}/report.html")).await?;
    let quality = text(&client, bucket, &format!("reports/dataproc={dataproc}/quality.html")).await?;
    Ok(Forecast { csv, page, quality })
}

/// All series of a run that has several.
pub(crate) struct Series {
    /// `series.html`.
    pub(crate) page: String,
    /// Their number, and that of each status.
    pub(crate) summary: String,
}

/// Download `series.html` and `series.json`.
pub(crate) async fn series(config: &SdkConfig, bucket: &str, dataproc: &str) -> anyhow::Result<Series> {
    let client = client(config);
    let page = text(&client, bucket, &format!("reports/dataproc={dataproc}/series.html")).await?;
    let counts = text(&client, bucket, &format!("reports/dataproc={dataproc}/series.json")).await?;
    Ok(Series { page, summary: summary(&counts)? })
}

/// `20: 15 ok, 2 short, 3 failed` from `series.json`.
fn summary(counts: &str) -> anyhow::Result<String> {
    let counts: Counts = serde_json::from_str(counts).context("series.json has another form")?;
    let statuses: Vec<String> = counts.statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
    Ok(format!("{}: {}", counts.series, statuses.join(", ")))
}

#[derive(serde::Deserialize)]
struct Counts {
    series: u64,
    statuses: std::collections::BTreeMap<String, u64>,
}

fn client(config: &SdkConfig) -> Client {
    Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

async fn text(client: &Client, bucket: &str, key: &str) -> anyhow::Result<String> {
    let object = client.get_object().bucket(bucket).key(key).send().await;
    let object = object.with_context(|| format!("s3://{bucket}/{key} could not be read"))?;
    let bytes =
        object.body.collect().await.with_context(|| format!("s3://{bucket}/{key} can't be read to its end"))?.into_bytes();
    String::from_utf8(bytes.to_vec()).with_context(|| format!("s3://{bucket}/{key} is not text"))
}

/// The forecast as a table for people, after what they must know first: that the values are a sample's, or stale.
pub(crate) fn table(csv: &str) -> anyhow::Result<String> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().context("the forecast is empty")?.split(',').collect();
    let column =
        |name: &str| header.iter().position(|h| *h == name).with_context(|| format!("the forecast has no column `{name}`"));
    let (target, point, model) = (column("target_start")?, column("point")?, column("model")?);
    // The last column, because a unit may contain a comma.
    anyhow::ensure!(header.last() == Some(&"unit"), "the forecast's last column is not `unit`");
    let bounds = [column("lower_80")?, column("upper_80")?, column("lower_95")?, column("upper_95")?];
    let known = [column("source")?, column("last_observation")?, column("run_date")?, column("stale")?];
    let mut rows = Vec::new();
    let mut data = Data::default();
    for line in lines.filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.splitn(header.len(), ',').collect();
        let number = |index: usize| -> anyhow::Result<f64> {
            let cell = cells.get(index).with_context(|| format!("the forecast's line `{line}` is short"))?;
            cell.parse().with_context(|| format!("`{cell}` in the forecast is not a number"))
        };
        let text = |index: usize| cells.get(index).copied().unwrap_or_default();
        let [low, high, lowest, highest] = bounds;
        let month = text(target).get(..7).unwrap_or_default();
        let numbers = [number(point)?, number(low)?, number(high)?, number(lowest)?, number(highest)?];
        rows.push((month, numbers, text(model)));
        let [source, last, run_date, stale] = known.map(text);
        data = Data { source, last, run_date, stale: stale == "True", unit: unquoted(text(header.len() - 1)) };
    }
    let largest = rows.iter().flat_map(|(_, numbers, _)| numbers).fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let shown: Vec<[String; 5]> = rows.iter().map(|(_, numbers, _)| numbers.map(|value| written(value, largest))).collect();
    let width = shown.iter().flatten().map(String::len).max().unwrap_or_default().max(9);
    let (wide, both) = (width + 1, 2 * width + 1);
    let mut text = data.warnings();
    text.push_str(&format!(
        "{:<10} {:>wide$} {:>both$} {:>both$}  model\n",
        "month", "forecast", "80 % interval", "95 % interval"
    ));
    for ((month, _, model), [point, low, high, lowest, highest]) in rows.iter().zip(&shown) {
        text.push_str(&format!(
            "{month:<10} {point:>wide$} {low:>width$}-{high:<width$} {lowest:>width$}-{highest:<width$}  {model}\n"
        ));
    }
    text.push_str(&data.facts());
    Ok(text)
}

/// What the file says of the values.
#[derive(Default)]
struct Data<'a> {
    /// The kind of source that answered.
    source: &'a str,
    last: &'a str,
    run_date: &'a str,
    stale: bool,
    unit: String,
}

impl Data<'_> {
    /// A line for each thing that a reader must know before the values.
    fn warnings(&self) -> String {
        let Self { last, run_date, .. } = self;
        let mut text = String::new();
        if self.source == "sample" {
            text.push_str(&format!("sample data: they end on {last} and are not today's: decide nothing by them\n"));
        }
        if self.stale {
            text.push_str(&format!("stale data: the last value, {last}, is too old for the run of {run_date}\n"));
        }
        text
    }

    fn facts(&self) -> String {
        let Self { source, last, run_date, unit, .. } = self;
        format!("unit: {unit}\nsource: {source}\nlast observation: {last}\nrun date: {run_date}\n")
    }
}

/// A number among others up to a size: at least five digits of the largest, and two decimals below a million.
fn written(value: f64, largest: f64) -> String {
    if (1e6..1e15).contains(&largest) {
        return format!("{value:.0}");
    }
    if largest == 0.0 || (1e-6..1e6).contains(&largest) {
        let places = (2_u8..=10).find(|places| largest * 10_f64.powi(i32::from(*places)) >= 1e4).unwrap_or(2);
        return format!("{value:.*}", usize::from(places));
    }
    format!("{value:.5e}")
}

/// A cell of the CSV file as it was before it was written.
fn unquoted(cell: &str) -> String {
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_counted() {
        let text = r#"{"series": 20, "statuses": {"failed": 3, "ok": 15, "short": 2}}"#;
        assert_eq!(summary(text).unwrap(), "20: 3 failed, 15 ok, 2 short");
        assert!(summary("{}").is_err());
    }

    const HEADER: &str =
        "target_start,point,lower_80,upper_80,lower_95,upper_95,model,source,last_observation,run_date,stale,unit";

    #[test]
    fn the_table_has_the_series_own_unit() {
        let csv = format!(
            "{HEADER}\n2024-02-01,1.5,1.0,2.0,0.5,2.5,ridge,file,2024-01-31,2024-02-05,False,\"R$ (mil, \"\"novo\"\")\"\n"
        );
        let text = table(&csv).unwrap();
        assert!(text.starts_with("month") && text.contains("2024-02        1.5000"), "{text}");
        let facts = "unit: R$ (mil, \"novo\")\nsource: file\nlast observation: 2024-01-31\nrun date: 2024-02-05\n";
        assert!(text.ends_with(&format!("ridge\n{facts}")), "{text}");
        assert!(!text.contains("US$"), "{text}");
    }

    #[test]
    fn a_sample_and_stale_values_are_told_first() {
        let row = "2020-02-01,1.5,1.0,2.0,0.5,2.5,ridge,sample,2020-01-15,2026-11-27,True,US$ per barrel";
        let text = table(&format!("{HEADER}\n{row}\n")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "sample data: they end on 2020-01-15 and are not today's: decide nothing by them");
        assert_eq!(lines[1], "stale data: the last value, 2020-01-15, is too old for the run of 2026-11-27");
        assert!(lines[2].starts_with("month"), "{text}");
        assert!(lines.iter().all(|line| line.len() <= 80), "{text}");
    }

    #[test]
    fn large_and_small_numbers_can_be_read() {
        for (scale, point) in
            [(1e-9, "1.23457e-9"), (1e-3, "0.0012346"), (1.0, "1.2346"), (1e9, "1234567890"), (1e15, "1.23457e15")]
        {
            let numbers = [1.234_567_89, 1.0, 2.0, -0.5, 2.5].map(|value| (value * scale).to_string()).join(",");
            let csv = format!("{HEADER}\n2024-02-01,{numbers},ridge,file,2024-01-31,2024-02-05,,unknown\n");
            let text = table(&csv).unwrap();
            let row: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
            assert_eq!((row[0], row[1], row.len()), ("2024-02", point, 5), "{text}");
        }
    }
}
