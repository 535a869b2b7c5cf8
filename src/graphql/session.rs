//! Who asks, and what one request works with.

use std::sync::Arc;

use async_graphql::{Context, Result};
use atr_core::domain::access::Permission;

use super::{
    fault::OrFault,
    gather::Gatherer,
    reader::{Apart, Reader, Reading},
};
use crate::app::{Actor, App};

/// One request: who asks, and the records that it gathers.
pub struct Session {
    /// The use cases' world.
    pub(super) app: App,
    /// Who asks.
    pub(super) actor: Actor,
    /// Reads for it.
    pub(super) reader: Arc<Reader>,
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
        let reader = Arc::new(Reader::new(app.clone(), actor.clone()));
        let loader = Arc::new(Gatherer::new(Arc::clone(&reader)));
        Self { app, actor, reader, loader }
    }
}

/// The request that a field is part of.
pub(super) fn session<'a>(ctx: &Context<'a>) -> Result<&'a Session> {
    ctx.data::<Session>()
}

/// A transaction to read the caller's project in.
pub(super) async fn reading<'a>(ctx: &Context<'a>) -> Result<Reading<'a>> {
    session(ctx)?.reader.begin(Permission::Read).await.or_fault()
}

/// The same, for what a judgement is made with.
pub(super) async fn consulting<'a>(ctx: &Context<'a>) -> Result<Reading<'a>> {
    session(ctx)?.reader.consult().await.or_fault()
}

/// The request, for a use case that reads in a transaction of its own; until the second is dropped, nothing else of the
/// request holds one.
pub(super) async fn apart<'a>(ctx: &Context<'a>) -> Result<(&'a Session, Apart<'a>)> {
    let session = session(ctx)?;
    Ok((session, session.reader.apart().await))
}
