//! A server on a socket of its own, and a client of graphql-transport-ws.

use std::{sync::Arc, time::Duration};

use atr::{
    app::App,
    http::{AppState, Listeners, serve},
};
use atr_core::{
    ids::Ids,
    store::{Connect, Store},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server over a world's database, as another process would be: with connections, listeners and state of its own.
pub struct Server {
    pub app: App,
    pub address: String,
    pub stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub async fn start(world: &World, seed: u64) -> Self {
        let clock = world.database.clock.clone();
        let ids = Ids::seeded(clock.clone(), seed);
        let connect = Connect { url: world.database.url_of("postgres"), connections: 4, clock, ids };
        let store = Store::connect(connect).await.expect("a store");
        let app = App { store, blobs: world.app.blobs.clone(), process: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let stop = CancellationToken::new();
        let state = AppState { app: app.clone(), ..world.state.clone() };
        let serving = tokio::spawn(serve(
            Listeners { http: listener, otlp_grpc: None, tls: None },
            state,
            stop.clone(),
            Duration::from_secs(30),
        ));
        Self { app, address, stop, serving }
    }

    /// Waits for its end.
    pub async fn ended(self) {
        timeout(PATIENCE, self.serving).await.expect("it ends").expect("it did not panic").expect("it served");
    }
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Message(Value),
    Closed(u16),
    /// Without a word.
    Gone,
}

pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Opens a socket, with these headers.
    pub async fn open(server: &Server, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{}/graphql/ws", server.address).into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let (socket, _) = connect_async(request).await.expect("a socket");
        Self(socket)
    }

    /// Opens a socket by the subprotocol.
    pub async fn connect(server: &Server) -> Self {
        Self::open(server, &[("sec-websocket-protocol", "graphql-transport-ws")]).await
    }

    /// Opens a socket and says who it is.
    pub async fn of(server: &Server, key: &str) -> Self {
        let mut client = Self::connect(server).await;
        client.send(json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {key}")}})).await;
        assert_eq!(client.hear().await, Heard::Message(json!({"type": "connection_ack"})));
        client
    }

    pub async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// Sends what may no longer be taken.
    pub async fn try_send(&mut self, text: &str) -> bool {
        matches!(timeout(PATIENCE, self.0.send(Message::text(text.to_owned()))).await, Ok(Ok(())))
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.expect("sent");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// The next message, or how the socket was closed.
    pub async fn hear(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("something is heard") {
                Some(Ok(Message::Text(text))) => return Heard::Message(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("{other:?}"),
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    /// The next message, which must be one.
    pub async fn message(&mut self) -> Value {
        match self.hear().await {
            Heard::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The data of the next event of an operation.
    pub async fn event(&mut self, id: &str) -> Value {
        let message = self.message().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message:#}");
        assert!(message["payload"].get("errors").is_none(), "{message:#}");
        message["payload"]["data"].clone()
    }
}
