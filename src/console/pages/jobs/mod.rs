//! `/jobs`: training, how it goes and what it made.

mod list;
mod one;
mod report;

use crate::console::door::Door;

pub(super) fn doors() -> Vec<Door> {
    [list::doors(), one::doors()].into_iter().flatten().collect()
}
