//! `/snapshots`: what is trained on: of what it is made, what fell and why, and what changed since the one before.

mod composition;
mod difference;
mod list;
mod one;

use crate::console::door::Door;

pub(super) fn doors() -> Vec<Door> {
    [list::doors(), one::doors(), difference::doors()].into_iter().flatten().collect()
}
