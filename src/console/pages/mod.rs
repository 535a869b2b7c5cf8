//! A page each: what is read for it, and what its template is given.

mod adjudications;
mod home;
mod invitation;
mod paging;
mod sign_in;
mod trace;
mod traces;
mod week;

use super::door::Door;

/// The doors of every page.
pub(super) fn doors() -> Vec<Door> {
    [
        home::doors(),
        sign_in::doors(),
        invitation::doors(),
        traces::doors(),
        trace::doors(),
        week::doors(),
        adjudications::doors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
