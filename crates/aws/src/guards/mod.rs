#![doc = include_str!("../../docs/guards.md")]

mod buckets;
mod costs;
mod encryption;
mod quoted;
mod regions;
mod tags;

pub use buckets::PrivateBuckets;
pub use costs::RunningCosts;
pub use encryption::Encryption;
pub use regions::AllowedRegions;
pub use tags::RequiredTags;
