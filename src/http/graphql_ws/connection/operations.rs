//! What goes on over a socket.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Response, ServerError};
use futures_util::{
    StreamExt,
    future::{self, Either},
    stream::{self, AbortHandle, BoxStream, SelectAll, abortable},
};

use crate::{
    app::Actor,
    graphql::{Api, Does, Session},
    http::{
        AppState,
        graphql::{self, Asked},
    },
};

/// The most operations of a socket at once.
const MOST: usize = 50;

/// What becomes of an operation.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer, or an event.
    Next { id: Arc<str>, answer: Response },
    /// It is not run; nothing more comes of it.
    Refused { id: Arc<str>, errors: Vec<ServerError> },
    /// Nothing more comes of it.
    Complete { id: Arc<str> },
}

/// The operations of a socket.
#[derive(Default)]
pub(super) struct Operations {
    live: HashMap<Arc<str>, Live>,
    /// How many there have been.
    begun: u64,
    streams: SelectAll<BoxStream<'static, Step>>,
}

/// One that goes on. Its number tells it from an earlier one with its id.
struct Live {
    number: u64,
    stop: AbortHandle,
    /// Whether nothing came of it yet.
    first: bool,
}

struct Step {
    id: Arc<str>,
    number: u64,
    /// None at the end.
    answer: Option<Response>,
}

impl Operations {
    /// Whether an operation with this id goes on.
    pub(super) fn goes_on(&self, id: &str) -> bool {
        self.live.contains_key(id)
    }

    /// Begins an operation.
    pub(super) fn begin(&mut self, id: String, api: &Api, state: &AppState, actor: &Actor, asked: Asked) {
        let id: Arc<str> = id.into();
        let answers = if self.live.len() >= MOST {
            let message = format!("{MOST} operations go on over this socket: complete one first");
            let mut error = ServerError::new(message, None);
            error.extensions.get_or_insert_default().set("code", "TOO_MANY_OPERATIONS");
            stream::once(future::ready(Response::from_errors(vec![error]))).boxed()
        } else {
            answers(api, state, actor, asked)
        };
        self.begun += 1;
        let number = self.begun;
        let of = Arc::clone(&id);
        let steps = answers.map(Some).chain(stream::once(future::ready(None)));
        let (steps, stop) = abortable(steps.map(move |answer| Step { id: Arc::clone(&of), number, answer }));
        self.streams.push(steps.boxed());
        self.live.insert(id, Live { number, stop, first: true });
    }

    /// Ends an operation, of which nothing is told any more.
    pub(super) fn end(&mut self, id: &str) {
        if let Some(live) = self.live.remove(id) {
            live.stop.abort();
        }
    }

    /// What next becomes of any. It may be given up and asked for again.
    pub(super) async fn next(&mut self) -> Outcome {
        loop {
            let step = match self.streams.is_empty() {
                true => Either::Left(future::pending()),
                false => Either::Right(self.streams.next()),
            };
            let Some(Step { id, number, answer }) = step.await else { continue };
            // What was ended meanwhile is silent, whoever has its id now.
            let Some(live) = self.live.get_mut(&id).filter(|live| live.number == number) else { continue };
            let first = std::mem::replace(&mut live.first, false);
            match answer {
                None => {
                    self.live.remove(&id);
                    return Outcome::Complete { id };
                }
                Some(answer) if first && graphql::was_refused(&answer) => {
                    self.end(&id);
                    return Outcome::Refused { id, errors: answer.errors };
                }
                Some(answer) => return Outcome::Next { id, answer },
            }
        }
    }
}

/// The answers to an operation.
fn answers(api: &Api, state: &AppState, actor: &Actor, asked: Asked) -> BoxStream<'static, Response> {
    let admitted = match api.admit(asked.by(Session::new(state.app.clone(), actor.clone()))) {
        Ok(admitted) => admitted,
        Err(refused) => return stream::once(future::ready(*refused)).boxed(),
    };
    if admitted.does == Does::Subscription {
        return api.follow(admitted);
    }
    let (api, asking) = (api.clone(), state.asking.clone());
    let answer = async move {
        graphql::run(&api, &asking, admitted).await.unwrap_or_else(|late| {
            let mut error = ServerError::new(late, None);
            error.extensions.get_or_insert_default().set("code", "TIMEOUT");
            Response::from_errors(vec![error])
        })
    };
    stream::once(answer).boxed()
}
