//! Where one can go, by what one may.

use atr_core::domain::access::Permission;

use super::{door::May, text::Text};
use crate::app::Actor;

/// A place in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
}

/// What a place is called.
type Label = fn(&Text) -> &'static str;

/// The places, in the order in which they are shown.
const PLACES: [(&str, Label, May); 10] = [
    ("/week", |t| t.my_week, May::Desk),
    ("/traces", |t| t.traces, May::Consult),
    ("/adjudications", |t| t.adjudications, May::Do(Permission::Administer)),
    ("/grounding", |t| t.grounding, May::Consult),
    ("/pipeline", |t| t.pipeline, May::Do(Permission::Read)),
    ("/snapshots", |t| t.snapshots, May::Do(Permission::Read)),
    ("/jobs", |t| t.jobs, May::Do(Permission::Read)),
    ("/models", |t| t.models, May::Do(Permission::Read)),
    ("/people", |t| t.people, May::Do(Permission::Audit)),
    ("/project", |t| t.project_page, May::Do(Permission::Audit)),
];

/// The places that someone may go to.
pub(super) fn links(t: &Text, actor: &Actor) -> Vec<Link> {
    PLACES
        .into_iter()
        .filter(|(_, _, may)| may.admit(actor).is_ok())
        .map(|(path, label, _)| Link { path, label: label(t) })
        .collect()
}

/// Where someone begins: the first place that they may go to. Who only sends has none.
pub(super) fn home(actor: &Actor) -> Option<&'static str> {
    PLACES.iter().find(|(_, _, may)| may.admit(actor).is_ok()).map(|(path, ..)| *path)
}
