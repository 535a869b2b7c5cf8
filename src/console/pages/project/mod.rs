//! `/project`: how a project is set, who may enter it, how answers are judged in it, and what was done by whom.

mod audit;
mod guidelines;
mod keys;
mod settings;
mod webhooks;

use crate::console::door::Door;

pub(super) fn doors() -> Vec<Door> {
    [settings::doors(), keys::doors(), guidelines::doors(), webhooks::doors(), audit::doors()]
        .into_iter()
        .flatten()
        .collect()
}
