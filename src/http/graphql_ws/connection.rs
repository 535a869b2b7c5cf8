//! One socket: a single task reads it, runs its operations and writes to it, so that a client that does not read holds
//! up its own operations and nothing else, for as long as [`PATIENCE`].

mod operations;

use std::{net::IpAddr, time::Duration};

use atr_core::{
    hash::Digest,
    store::{Change, Topic},
};
use axum::{
    extract::ws::{Message, WebSocket},
    http::HeaderMap,
};
use serde_json::{Map, Value};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use self::operations::{Operations, Outcome};
use super::{
    message::{Close, Incoming, Outgoing},
    sockets::{Place, PlaceOfKey, Sockets},
};
use crate::{
    app::{Actor, keys},
    graphql::Api,
    http::{AppState, auth, graphql},
};

/// How long the first message may take.
const INIT: Duration = Duration::from_secs(10);
/// How long a client may take to make room for a message.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether the key still works, beside being told that one was withdrawn.
const ASKED_AGAIN: Duration = Duration::from_secs(3);
/// How often a silent client is pinged, and after how long it is taken for gone.
const PING: Duration = Duration::from_secs(20);
const GONE: Duration = Duration::from_secs(60);
/// How long a client may take to answer that it is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// Who a client says to be.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    key: Option<Digest>,
    project: Option<String>,
}

impl Credentials {
    /// As the headers of the upgrade say.
    pub(super) fn of_headers(headers: &HeaderMap) -> Self {
        let project = headers.get(auth::PROJECT).and_then(|slug| slug.to_str().ok());
        // A page of another site would follow by the session of who is signed in here.
        let session = auth::session(headers).filter(|_| auth::is_of_this_site(headers));
        let key = auth::bearer(headers).or(session.as_deref()).map(keys::token_hash);
        Self { key, project: project.map(str::to_owned) }
    }

    /// As the first message says, and the headers where it says nothing. Names are read as those of headers are.
    fn or(self, payload: &Map<String, Value>) -> Self {
        let said = |wanted: &str| {
            let found = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str().unwrap_or_default())
        };
        let key = said("authorization").map(|value| keys::token_hash(auth::secret(value).unwrap_or(value)));
        Self { key: key.or(self.key), project: said(auth::PROJECT).map(str::to_owned).or(self.project) }
    }
}

/// A client that is let in.
struct Caller {
    hash: Digest,
    project: Option<String>,
    actor: Actor,
    /// Told when a key of the project was withdrawn.
    withdrawn: watch::Receiver<()>,
    _place: Option<PlaceOfKey>,
}

/// A socket.
pub(super) struct Connection {
    state: AppState,
    api: Api,
    sockets: Sockets,
    socket: WebSocket,
    /// The address that it was opened from.
    origin: Option<IpAddr>,
    /// What the headers said, until the first message.
    given: Option<Credentials>,
    caller: Option<Caller>,
    operations: Operations,
}

/// Why a socket is done with.
enum End {
    /// It is to be closed.
    Close(Close),
    /// The client is gone, or does not read.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Connection {
    pub(super) fn new(
        state: AppState,
        sockets: Sockets,
        socket: WebSocket,
        given: Credentials,
        origin: Option<IpAddr>,
    ) -> Self {
        let api = graphql::served(&state.asking);
        let operations = Operations::default();
        Self { state, api, sockets, socket, given: Some(given), origin, caller: None, operations }
    }

    /// Serves it to its end.
    pub(super) async fn serve(mut self, _place: Place) {
        let end = if self.socket.protocol().is_some() { self.turn().await } else { Close::Subprotocol.into() };
        if let End::Close(close) = end
            && self.write(Message::Close(Some(close.frame()))).await.is_ok()
        {
            // Whoever drops a socket at once may take the frame back.
            let answered = async { while let Some(Ok(_)) = self.socket.recv().await {} };
            drop(timeout(FAREWELL, answered).await);
        }
    }

    /// Reads, runs and writes until there is a reason to end.
    async fn turn(&mut self) -> End {
        let stop = self.sockets.stop.clone();
        let init = Instant::now() + INIT;
        let mut heard = Instant::now();
        let (mut ping, mut again) = (interval(PING), interval(ASKED_AGAIN));
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                biased;
                () = stop.cancelled() => Err(Close::GoingAway.into()),
                () = sleep_until(init), if self.caller.is_none() => Err(Close::InitTimeout.into()),
                () = withdrawn(&mut self.caller) => self.ask_again().await,
                _ = again.tick() => self.ask_again().await,
                _ = ping.tick() => match heard.elapsed() > GONE {
                    true => Err(End::Gone),
                    false => self.write(Message::Ping(axum::body::Bytes::new())).await,
                },
                message = self.socket.recv() => {
                    heard = Instant::now();
                    self.read(message).await
                }
                outcome = self.operations.next() => self.tell(outcome).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn read(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match message {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(message) => self.heed(message).await,
                Err(_) => Err(Close::Invalid("Invalid message received").into()),
            },
            Some(Ok(Message::Binary(_))) => Err(Close::Invalid("Messages are JSON in text frames").into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            // The socket answers a close by itself.
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(_)) => Err(Close::Invalid("A message was broken, or longer than 1 MiB").into()),
        }
    }

    async fn heed(&mut self, message: Incoming) -> Result<(), End> {
        match message {
            Incoming::ConnectionInit { payload } => {
                let given = self.given.take().ok_or(Close::InitTwice)?;
                self.let_in(given.or(&payload.unwrap_or_default())).await?;
                self.send(&Outgoing::ConnectionAck).await
            }
            Incoming::Ping { payload } => self.send(&Outgoing::Pong { payload }).await,
            Incoming::Pong => Ok(()),
            Incoming::Subscribe { id, payload } => {
                let actor = &self.caller.as_ref().ok_or(Close::Unauthorized)?.actor;
                if id.is_empty() {
                    return Err(Close::Invalid("An operation needs an id").into());
                }
                if self.operations.goes_on(&id) {
                    return Err(Close::IdInUse.into());
                }
                self.state.app.process.rates.admit(actor).map_err(|_| Close::TooOften)?;
                self.operations.begin(id, &self.api, &self.state, actor, payload);
                Ok(())
            }
            Incoming::Complete { id } => {
                self.operations.end(&id);
                Ok(())
            }
        }
    }

    async fn let_in(&mut self, given: Credentials) -> Result<(), End> {
        let app = &self.state.app;
        let hash = given.key.ok_or(Close::Forbidden)?;
        let actor = match keys::recognise_hash(app, &hash, given.project.as_deref(), self.origin).await {
            Ok(Some(actor)) => actor,
            Ok(None) => return Err(Close::Forbidden.into()),
            Err(error) => return Err(refused(&error).into()),
        };
        app.process.rates.admit(&actor).map_err(|_| Close::TooOften)?;
        let place = match actor.key {
            Some(key) => Some(self.sockets.enter_as(key).ok_or(Close::TooMany)?),
            None => None,
        };
        let change = Change { project: actor.project, topic: Topic::Keys };
        let withdrawn = app.process.changes.watch(&app.store, change).await;
        let withdrawn = withdrawn.map_err(|error| refused(&error))?;
        self.caller = Some(Caller { hash, project: given.project, actor, withdrawn, _place: place });
        Ok(())
    }

    /// Whether the client may still be here.
    async fn ask_again(&mut self) -> Result<(), End> {
        let Some(caller) = &self.caller else { return Ok(()) };
        match keys::recognise_hash(&self.state.app, &caller.hash, caller.project.as_deref(), self.origin).await {
            Ok(Some(actor)) if actor == caller.actor => Ok(()),
            Ok(_) => Err(Close::Forbidden.into()),
            Err(error) => match refused(&error) {
                // What is running cannot read anything either.
                Close::Unavailable => Ok(()),
                close => Err(close.into()),
            },
        }
    }

    async fn tell(&mut self, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Next { id, answer } => self.send(&Outgoing::Next { id: &id, payload: &answer }).await,
            Outcome::Refused { id, errors } => self.send(&Outgoing::Error { id: &id, payload: &errors }).await,
            Outcome::Complete { id } => self.send(&Outgoing::Complete { id: &id }).await,
        }
    }

    async fn send(&mut self, message: &Outgoing<'_>) -> Result<(), End> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Message::text(text)).await,
            Err(error) => {
                tracing::error!(%error, "a message could not be written");
                Err(End::Gone)
            }
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}

/// Ends when a key of the caller's project was withdrawn.
async fn withdrawn(caller: &mut Option<Caller>) {
    let told = match caller {
        Some(caller) => caller.withdrawn.changed().await.is_ok(),
        None => false,
    };
    if !told {
        // Nobody to tell of, or nobody who tells.
        std::future::pending::<()>().await;
    }
}

/// Why nobody is let in whom the database does not tell of.
fn refused(error: &crate::app::AppError) -> Close {
    error.log();
    if matches!(error, crate::app::AppError::Store(_)) { Close::Unavailable } else { Close::Forbidden }
}
