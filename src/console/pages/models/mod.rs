//! `/models`: what was made, how good it is and how sure that is, and why it is in use or not.

mod list;
mod measures;
mod one;

use crate::console::door::Door;

pub(super) fn doors() -> Vec<Door> {
    [list::doors(), one::doors()].into_iter().flatten().collect()
}
