//! New items in an expert's review queue.

use atr_core::{
    domain::assignment::Assignment,
    ids::{AssignmentId, ExpertId},
    store::{Place, Topic, Tx},
};

use super::{Follow, Step, Then};
use crate::app::{Actor, AppError};

/// The most items of one event.
const MOST: i64 = 20;

/// Items that were routed to an expert after a place, or from now on. The first event comes at once, with items or
/// without: its place is where a reader goes on who was cut off before anything came.
#[derive(Debug)]
pub struct ReviewQueue {
    expert: ExpertId,
    place: Option<Place<AssignmentId>>,
    begun: bool,
}

impl ReviewQueue {
    /// Of this expert, or of the one that the caller is.
    ///
    /// # Errors
    /// If none is named and the caller is none, or another is named than the one that the caller may follow.
    pub fn new(actor: &Actor, expert: Option<ExpertId>, after: Option<Place<AssignmentId>>) -> Result<Self, AppError> {
        let none = || AppError::invalid("expert", "name the expert: this key is no expert's own");
        let expert = actor.reads_of(expert.or(actor.expert))?;
        Ok(Self { expert: expert.ok_or_else(none)?, place: after, begun: false })
    }
}

/// Items that were routed.
#[derive(Debug)]
pub struct Routed {
    /// Them.
    pub items: Vec<Assignment>,
    /// Where to go on.
    pub place: Place<AssignmentId>,
}

impl Follow for ReviewQueue {
    type Event = Routed;
    const TOPIC: Topic = Topic::Assignments;

    fn may(actor: &Actor) -> Result<(), AppError> {
        actor.may_consult()
    }

    async fn read(&mut self, tx: &mut Tx) -> Result<Step<Routed>, AppError> {
        let first = !std::mem::replace(&mut self.begun, true);
        if first && tx.experts_by_id(&[self.expert]).await?.is_empty() {
            return Err(AppError::NotFound { what: "expert", name: self.expert.to_string() });
        }
        let place = match self.place {
            Some(place) => place,
            // What transactions write that run now is still to come.
            None => tx.place_now().await?,
        };
        let found = tx.assignments_after(self.expert, place, MOST).await?;
        self.place = Some(found.place);
        let then = Then::after(&found);
        let event = (first || !found.items.is_empty()).then_some(Routed { items: found.items, place: found.place });
        Ok(Step { event, then })
    }
}
