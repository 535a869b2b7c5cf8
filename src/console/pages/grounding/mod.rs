//! `/grounding`: the facts that claims are held against, where they come from, and what rests on each.

mod conflicts;
mod enter;
mod fact;
mod list;
mod reach;
mod retract;
mod source;

pub(super) use self::list::found;
use crate::console::door::Door;

pub(super) fn doors() -> Vec<Door> {
    [list::doors(), conflicts::doors(), enter::doors(), fact::doors(), retract::doors(), source::doors()]
        .into_iter()
        .flatten()
        .collect()
}
