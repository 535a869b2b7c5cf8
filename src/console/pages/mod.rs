//! A page each: what is read for it, and what its template is given.

mod adjudications;
mod grounding;
mod handles;
mod home;
mod invitation;
mod jobs;
mod models;
mod paging;
mod people;
mod pipeline;
mod project;
mod sign_in;
mod sign_in_link;
mod single_sign_on;
mod snapshots;
mod trace;
mod traces;
mod week;

use super::door::Door;

/// The doors of every page.
pub(super) fn doors() -> Vec<Door> {
    [
        home::doors(),
        sign_in::doors(),
        sign_in_link::doors(),
        single_sign_on::doors(),
        invitation::doors(),
        traces::doors(),
        trace::doors(),
        week::doors(),
        adjudications::doors(),
        grounding::doors(),
        pipeline::doors(),
        snapshots::doors(),
        jobs::doors(),
        models::doors(),
        people::doors(),
        project::doors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
