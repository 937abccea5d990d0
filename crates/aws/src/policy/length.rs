//! Lengths of texts that only Terraform will know exactly.

use std::ops::Add;

/// A number of characters that only Terraform will know exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) least: usize,
    /// Without references of which nothing is known.
    pub(super) most: usize,
}

impl Length {
    pub(super) fn exact(length: usize) -> Self {
        Self { least: length, most: length }
    }
}

impl Add for Length {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }
}

impl std::iter::Sum for Length {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::default(), Add::add)
    }
}
