//! The messages of graphql-transport-ws, and the codes by which a socket is closed.

use async_graphql::{Response, ServerError};
use axum::extract::ws::CloseFrame;
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::{Map, Value, value::RawValue};

use crate::{graphql::body, http::graphql::Asked};

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping { payload: Option<Map<String, Value>> },
    Pong,
    Subscribe { id: String, payload: Asked },
    Complete { id: String },
}

/// What it is sent.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        #[serde(serialize_with = "written")]
        payload: &'a Response,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

/// An answer stands in a message as it is written elsewhere.
fn written<S: Serializer>(answer: &Response, to: S) -> Result<S::Ok, S::Error> {
    let json = String::from_utf8(body(answer, true)).map_err(S::Error::custom)?;
    RawValue::from_string(json).map_err(S::Error::custom)?.serialize(to)
}

/// Why a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Close {
    /// The server stops.
    GoingAway,
    /// The key has as many sockets as a key may have.
    TooMany,
    /// The key asks more often than it may.
    TooOften,
    /// A message is none of the subprotocol's.
    Invalid(&'static str),
    /// Something was asked before the first message was acknowledged.
    Unauthorized,
    /// The key is not known, was withdrawn or has expired; or the project is not its own.
    Forbidden,
    /// The subprotocol was not asked for.
    Subprotocol,
    /// The first message did not come.
    InitTimeout,
    /// An operation has this id already.
    IdInUse,
    /// A second first message.
    InitTwice,
    /// The database is out of reach, so that nobody is known.
    Unavailable,
}

impl Close {
    pub(super) fn frame(&self) -> CloseFrame {
        let (code, reason) = match self {
            Self::GoingAway => (1001, "the server stops: connect again"),
            Self::TooMany => (1013, "this key has 20 sockets open: close one, or connect again later"),
            Self::TooOften => (1013, "this key asks more often than it may: connect again in a minute"),
            Self::Unavailable => (1013, "the database is out of reach: connect again later"),
            Self::Invalid(why) => (4400, *why),
            Self::Unauthorized => (4401, "Unauthorized: send connection_init first"),
            Self::Forbidden => (4403, "Forbidden: send a key that works as payload.authorization, `Bearer <key>`"),
            Self::Subprotocol => (4406, "Subprotocol not acceptable: ask for graphql-transport-ws"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::IdInUse => (4409, "Subscriber already exists: an operation with this id goes on"),
            Self::InitTwice => (4429, "Too many initialisation requests"),
        };
        CloseFrame { code, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_frame() {
        for close in [
            Close::GoingAway,
            Close::TooMany,
            Close::TooOften,
            Close::Unavailable,
            Close::Unauthorized,
            Close::Forbidden,
            Close::Subprotocol,
            Close::InitTimeout,
            Close::IdInUse,
            Close::InitTwice,
        ] {
            assert!(close.frame().reason.len() <= 123, "{close:?}");
        }
    }

    #[test]
    fn what_the_subprotocol_does_not_know_is_no_message() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type": "start"}"#,
            r#"{"type": "subscribe"}"#,
            r#"{"type": "subscribe", "id": 1, "payload": {}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {"variables": []}}"#,
            r#"{"type": "connection_init", "payload": []}"#,
        ] {
            assert!(serde_json::from_str::<Incoming>(text).is_err(), "{text}");
        }
        for text in [r#"{"type": "pong", "payload": {}, "more": 1}"#, r#"{"type": "ping", "payload": null}"#] {
            assert!(serde_json::from_str::<Incoming>(text).is_ok(), "{text}");
        }
    }
}
