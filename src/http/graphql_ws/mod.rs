//! `/graphql/ws`: subscriptions, and queries and mutations too, by the subprotocol graphql-transport-ws. The same limits
//! hold as over HTTP. Who connects says who they are in the first message, or in the headers of the upgrade.

mod connection;
mod message;
mod sockets;

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{Extensions, HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};

use self::connection::{Connection, Credentials};
use super::{AppState, auth, problem::Problem};

pub(super) use sockets::Sockets;

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The most bytes of a message: what is sent in bulk goes to the doors for lines.
const MESSAGE: usize = 1 << 20;

pub(super) fn router(sockets: Sockets) -> Router<AppState> {
    Router::new().route(
        "/graphql/ws",
        get(move |state, headers, extensions, asked| upgrade(sockets, state, headers, extensions, asked)),
    )
}

async fn upgrade(
    sockets: Sockets,
    State(state): State<AppState>,
    headers: HeaderMap,
    extensions: Extensions,
    asked: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(refused) => {
            let status = refused.into_response().status();
            let detail = format!("open a WebSocket here, by the subprotocol {PROTOCOL}");
            return Problem::new(status, "BAD_USER_INPUT", detail).into_response();
        }
    };
    let Some(place) = sockets.enter() else {
        let detail = "as many WebSockets are open as this server takes: connect again later";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail).into_response();
    };
    let given = Credentials::of_headers(&headers);
    let origin = auth::origin(&extensions, &headers, &state);
    asked
        .protocols([PROTOCOL])
        .max_message_size(MESSAGE)
        .max_frame_size(MESSAGE)
        .on_upgrade(move |socket: WebSocket| Connection::new(state, sockets, socket, given, origin).serve(place))
}
