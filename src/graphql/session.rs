//! Who asks, and what one request works with.

use std::sync::Arc;

use async_graphql::{Context, Result};
use atr_core::{domain::access::Permission, store::Tx};

use super::{fault::OrFault, gather::Gatherer, loading::Reader};
use crate::app::{Actor, App};

/// One request: who asks, and the records that it gathers.
pub struct Session {
    /// The use cases' world.
    pub(super) app: App,
    /// Who asks.
    pub(super) actor: Actor,
    /// Gathers the edges of many records into one read.
    pub(super) loader: Arc<Gatherer>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl Session {
    /// Begins a request.
    pub fn new(app: App, actor: Actor) -> Self {
        let reader = Reader { app: app.clone(), actor: actor.clone() };
        let loader = Arc::new(Gatherer::new(reader));
        Self { app, actor, loader }
    }
}

/// The request that a field is part of.
pub(super) fn session<'a>(ctx: &Context<'a>) -> Result<&'a Session> {
    ctx.data::<Session>()
}

/// A transaction to read the caller's project in.
pub(super) async fn reading(ctx: &Context<'_>) -> Result<Tx> {
    let session = session(ctx)?;
    session.actor.may(Permission::Read).or_fault()?;
    session.app.store.begin(session.actor.project).await.or_fault()
}
