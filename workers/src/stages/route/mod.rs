//! Route: the items of the week, for each expert the few whose judgement is worth most; and the weeks, as they open and
//! close, and who is told of them. What else is mailed is mailed here too.

mod cycle;
mod handler;
mod notices;
pub mod rules;
mod sign_in_link;
mod standing;

use atr_core::queue::{Claim, Work};

use crate::{Context, StageError};

/// Does what a claim asks for.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    match claim.work {
        Work::RouteCycle { cycle } => handler::route(cx, claim, cycle).await,
        Work::OpenCycle { cycle, .. } => cycle::open(cx, claim, cycle).await,
        Work::CloseCycle { cycle, .. } => cycle::close(cx, claim, cycle).await,
        Work::NotifyCycle { cycle, event, .. } => notices::notify(cx, claim, cycle, event).await,
        Work::DeliverNotice { notice } => notices::deliver(cx, claim, notice).await,
        Work::MailSignInLink { person } => sign_in_link::mail(cx, claim, person).await,
        _ => Err(StageError::Lasting(format!("route does not do {:?}", claim.work))),
    }
}
