//! Values that stand by themselves, written as text without a task and a value of the engine's for each. `#[at_hand]` and the
//! derives of its crate make these from the fields as they are declared.

use async_graphql::{ID, resolver_utils::EnumType};
use chrono::{DateTime, Utc};

use super::{
    scalars::Int64,
    text::{Sequence, plain},
};

/// A record, of which some fields are at hand.
pub(super) trait AtHand {
    /// Writes the value of a field; false, and nothing is written, where it is not at hand or no value by itself.
    fn write(&self, field: &str, to: &mut Vec<u8>) -> bool;
}

impl<T: AtHand> AtHand for &T {
    fn write(&self, field: &str, to: &mut Vec<u8>) -> bool {
        (**self).write(field, to)
    }
}

/// A value that stands by itself.
pub(super) trait Leaf {
    /// Writes it, as the engine would.
    fn write(&self, to: &mut Vec<u8>);
}

/// A value of a field, leaf or not: its own `write` is for leaves, and that of [`ByEngine`] for all others.
pub(super) struct Held<'a, T: ?Sized>(pub(super) &'a T);

impl<T: Leaf + ?Sized> Held<'_, T> {
    /// Writes a leaf.
    pub(super) fn write(&self, to: &mut Vec<u8>) -> bool {
        self.0.write(to);
        true
    }
}

/// What is no leaf is left to the engine.
pub(super) trait ByEngine {
    /// Writes nothing.
    fn write(&self, _: &mut Vec<u8>) -> bool {
        false
    }
}

impl<T: ?Sized> ByEngine for Held<'_, T> {}

macro_rules! plain_leaves {
    ($($leaf:ty),*) => {$(
        impl Leaf for $leaf {
            fn write(&self, to: &mut Vec<u8>) {
                plain(self, to);
            }
        }
    )*};
}

// A number that JSON has no form of is null in both.
plain_leaves!(bool, i32, f64, str, String);

impl Leaf for ID {
    fn write(&self, to: &mut Vec<u8>) {
        plain(&self.0, to);
    }
}

impl Leaf for Int64 {
    fn write(&self, to: &mut Vec<u8>) {
        plain(&self.0, to);
    }
}

impl Leaf for DateTime<Utc> {
    fn write(&self, to: &mut Vec<u8>) {
        plain(&self.to_rfc3339(), to);
    }
}

impl<T: Leaf + ?Sized> Leaf for &T {
    fn write(&self, to: &mut Vec<u8>) {
        (**self).write(to);
    }
}

impl<T: Leaf> Leaf for Option<T> {
    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Some(leaf) => leaf.write(to),
            None => to.extend_from_slice(b"null"),
        }
    }
}

impl<T: Leaf> Leaf for [T] {
    fn write(&self, to: &mut Vec<u8>) {
        let mut list = Sequence::begin(b'[', to);
        for leaf in self {
            leaf.write(list.next());
        }
        list.end(b']');
    }
}

impl<T: Leaf> Leaf for Vec<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.as_slice().write(to);
    }
}

/// Writes a word of an enum.
pub(super) fn word<T: EnumType>(value: T, to: &mut Vec<u8>) {
    if let Some(item) = T::items().iter().find(|item| item.value == value) {
        plain(item.name, to);
    }
}
