//! A page each: what is read for it, and what its template is given.

mod home;
mod invitation;
mod paging;
mod sign_in;
mod trace;
mod traces;

use super::door::Door;

/// The doors of every page.
pub(super) fn doors() -> Vec<Door> {
    [home::doors(), sign_in::doors(), invitation::doors(), traces::doors(), trace::doors()]
        .into_iter()
        .flatten()
        .collect()
}
