//! An endpoint that is compatible with OpenAI's, of a test's own: it says what the test has it say.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde_json::{Value, json};

/// What came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub authorization: Option<String>,
    pub body: Value,
}

impl Asked {
    /// What the model is shown: the user's message.
    pub fn data(&self) -> Value {
        serde_json::from_str(self.body["messages"][1]["content"].as_str().expect("a message")).expect("one JSON object")
    }
}

/// What goes out.
pub enum Reply {
    /// A completion with this text.
    Says(String),
    /// Something else, as it stands.
    Body(String),
    Status(StatusCode),
    Redirect(String),
    /// Nothing, for ever.
    Silence,
}

/// An answer of the form that is asked for.
pub fn says(verdict: &str, fact: usize, quote: &str) -> Reply {
    Reply::Says(json!({"verdict": verdict, "fact": fact, "quote": quote, "reason": "so it is"}).to_string())
}

type Says = Box<dyn FnMut(&Asked) -> Reply + Send>;

struct Inner {
    asked: Vec<Asked>,
    says: Says,
}

/// The endpoint.
#[derive(Clone)]
pub struct FakeModel {
    /// The base of its API.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl FakeModel {
    /// One that replies to what it is shown.
    pub async fn that(mut reply: impl FnMut(&Value) -> Reply + Send + 'static) -> Self {
        Self::to_requests(move |asked| reply(&asked.data())).await
    }

    /// One that replies to whole requests.
    pub async fn to_requests(says: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let model = Self { url, inner: Arc::new(Mutex::new(Inner { asked: vec![], says: Box::new(says) })) };
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        model
    }

    /// All that came in.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().expect("nobody panicked").asked.clone()
    }
}

async fn complete(State(model): State<FakeModel>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).map(|key| key.to_str().expect("text").to_owned());
    let reply = {
        let mut inner = model.inner.lock().expect("nobody panicked");
        let asked = Asked { authorization, body };
        inner.asked.push(asked.clone());
        (inner.says)(&asked)
    };
    match reply {
        Reply::Says(text) => Json(json!({
            "id": "c", "object": "chat.completion", "created": 0, "model": "small-judge-2",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, "refusal": null}}],
            "usage": {"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340},
        }))
        .into_response(),
        Reply::Body(body) => body.into_response(),
        Reply::Status(status) => status.into_response(),
        Reply::Redirect(to) => Redirect::temporary(&to).into_response(),
        Reply::Silence => std::future::pending().await,
    }
}
