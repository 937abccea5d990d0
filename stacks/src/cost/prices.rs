//! The table of prices.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::parameters::Region;

const PRICES: &str = include_str!("../../prices.json");

#[derive(Deserialize)]
struct Table<'a> {
    /// The day on which the prices were written down.
    read: &'a str,
    #[serde(borrow)]
    prices: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    region: &'a str,
    item: &'a str,
    #[serde(flatten)]
    price: Price,
}

/// A price of one unit.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Price {
    pub(super) usd: f64,
    /// Whether somebody compared it with AWS's page.
    pub(super) verified: bool,
}

/// The prices of one region.
#[derive(Debug)]
pub(super) struct Prices {
    read: &'static str,
    items: BTreeMap<&'static str, Price>,
}

/// There are no prices.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The table has another form.
    #[error("stacks/prices.json can't be parsed: correct it")]
    Json(#[from] serde_json::Error),
    /// The table lacks the region.
    #[error(
        "there are no prices of {region}: stacks/prices.json has {known}. Add rows for the region, from the pages that it names"
    )]
    Region {
        /// The region.
        region: String,
        /// The regions of the table.
        known: String,
    },
}

impl Prices {
    pub(super) fn of(region: &Region) -> Result<Self, PriceError> {
        let table: Table<'static> = serde_json::from_str(PRICES)?;
        let items: BTreeMap<_, _> =
            table.prices.iter().filter(|row| row.region == region.as_str()).map(|row| (row.item, row.price)).collect();
        if items.is_empty() {
            let known: BTreeSet<&str> = table.prices.iter().map(|row| row.region).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(PriceError::Region { region: region.to_string(), known });
        }
        Ok(Self { read: table.read, items })
    }

    /// The price of an item, if the table has it.
    pub(super) fn get(&self, item: &str) -> Option<Price> {
        self.items.get(item).copied()
    }

    /// The day on which the prices were written down.
    pub(super) fn read(&self) -> &str {
        self.read
    }
}
