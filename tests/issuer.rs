//! A provider of OpenID Connect for tests: as small as one can be, and as wrong as it is told to be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use atr::oidc::Provider;
use atr_core::clock::Clock;
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

/// What this service is to the provider.
pub const CLIENT: (&str, &str) = ("atr", "a secret of letters: and more");

/// A provider, whose people are signed in to it already.
#[derive(Clone)]
pub struct Issuer {
    pub address: String,
    clock: Arc<OnceLock<Clock>>,
    state: Arc<Mutex<Inner>>,
}

/// What it does and says.
pub struct Inner {
    /// What it says of who comes, beside what each token says.
    pub says: Value,
    /// What it tells only who asks for it with the access token; null where there is no such door.
    pub told_apart: Value,
    /// What it answers instead of a code.
    pub declines: Option<&'static str>,
    /// Which issuer it names in its answers (RFC 9207).
    pub iss: Option<String>,
    /// Whether it answers at all.
    pub works: bool,
    /// How often it was asked for its keys.
    pub keys_read: usize,
    /// The key that it signs with, and those that it publishes.
    key: CoreEdDsaPrivateSigningKey,
    published: CoreJsonWebKeySet,
    /// The codes that are out, with what each is for.
    codes: HashMap<String, Asked>,
}

/// What a client asks for.
#[derive(Debug, Clone, serde::Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key").serialize_pem();
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.to_owned()))).expect("a key")
}

fn published(key: &CoreEdDsaPrivateSigningKey) -> CoreJsonWebKeySet {
    CoreJsonWebKeySet::new(vec![key.as_verification_key()])
}

impl Issuer {
    /// One that vouches for an address. It goes by a name, and services by a number, so that to browsers the two are
    /// different sites.
    pub async fn of(email: &str) -> Self {
        // As the program does when it starts; another test may have done it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let key = key("first");
        let inner = Inner {
            says: json!({"sub": "subject-1", "email": email, "email_verified": true}),
            told_apart: Value::Null,
            declines: None,
            iss: Some(address.clone()),
            works: true,
            keys_read: 0,
            published: published(&key),
            key,
            codes: HashMap::new(),
        };
        let issuer = Self { address, clock: Arc::default(), state: Arc::new(Mutex::new(inner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/page", get(page))
            .route("/token", post(token))
            .route("/me", get(me))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// What a service that is reached at an address knows of it.
    pub fn provider(&self, public: &str) -> Provider {
        let (id, secret) = CLIENT;
        let issuer = self.address.parse().expect("an issuer");
        let public = public.parse().expect("an address");
        Provider::new(issuer, id.to_owned(), Some(secret.to_owned()), "Staff login".to_owned(), &public)
            .expect("a provider")
    }

    /// Goes by a service's clock.
    pub fn goes_by(&self, clock: &Clock) {
        self.clock.set(clock.clone()).expect("one clock");
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().expect("nobody panicked")
    }

    /// Says something else of who comes.
    pub fn says(&self, name: &str, what: Value) {
        self.inner().says[name] = what;
    }

    /// Signs with a new key, and publishes it.
    pub fn rotates_its_key(&self) {
        let mut inner = self.inner();
        inner.key = key("second");
        inner.published = published(&inner.key);
    }

    /// Signs with a key that nobody knows, under the name of the one that it publishes.
    pub fn signs_with_another_key(&self) {
        self.inner().key = key("first");
    }

    fn token(&self, asked: &Asked) -> String {
        let inner = self.inner();
        let now = self.clock.get().expect("a clock").now().timestamp();
        let mut claims = json!({
            "iss": self.address, "aud": asked.client_id, "nonce": asked.nonce, "iat": now, "exp": now + 300,
        });
        claims.as_object_mut().expect("an object").extend(inner.says.as_object().expect("an object").clone());
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let kid = inner.key.as_verification_key();
        let header = json!({"alg": "EdDSA", "kid": openidconnect::JsonWebKey::key_id(&kid)});
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = inner.key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Response {
    let inner = issuer.inner();
    if !inner.works {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let at = |path: &str| format!("{}{path}", issuer.address);
    let mut told = json!({
        "issuer": issuer.address, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA", "HS256", "none"],
    });
    if !inner.told_apart.is_null() {
        told["userinfo_endpoint"] = json!(at("/me"));
    }
    Json(told).into_response()
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    let mut inner = issuer.inner();
    inner.keys_read += 1;
    Json(serde_json::to_value(&inner.published).expect("keys"))
}

/// Where browsers come: a page at which they press a button, as at a real one.
async fn authorize(State(issuer): State<Issuer>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    assert_eq!(asked.client_id, CLIENT.0);
    assert_eq!((asked.response_type.as_str(), asked.scope.as_str()), ("code", "openid email"));
    assert_eq!(asked.code_challenge_method, "S256");
    assert!(asked.state.len() >= 32 && asked.nonce.len() >= 32);
    let mut inner = issuer.inner();
    let answer = match inner.declines {
        Some(error) => format!("error={error}&error_description=%3Cb%3Einner+detail"),
        None => {
            let code = format!("code-{}", asked.state);
            inner.codes.insert(code.clone(), asked.clone());
            format!("code={code}")
        }
    };
    let iss = inner.iss.as_ref().map(|iss| format!("&iss={iss}")).unwrap_or_default();
    let place = format!("{}?{answer}&state={}{iss}", asked.redirect_uri, asked.state);
    let is_browser =
        headers.get(header::ACCEPT).is_some_and(|kinds| kinds.to_str().is_ok_and(|k| k.contains("text/html")));
    if !is_browser {
        return Redirect::to(&place).into_response();
    }
    let place = place.replace('&', "&amp;").replace('"', "&quot;");
    Html(format!(
        "<!DOCTYPE html><html lang=en><title>Staff login</title><form action=/page><input type=hidden name=to value=\"{place}\">\
         <button>Continue as someone</button></form>"
    ))
    .into_response()
}

/// Sends the browser back, once its button was pressed.
async fn page(Query(to): Query<HashMap<String, String>>) -> Redirect {
    Redirect::to(&to["to"])
}

async fn token(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(sent): Form<HashMap<String, String>>,
) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    // Both are encoded as a form's values are (RFC 6749, section 2.3.1).
    let basic = |text: &str| text.replace(' ', "+").replace(':', "%3A");
    let known = STANDARD.encode(format!("{}:{}", CLIENT.0, basic(CLIENT.1)));
    if headers.get(header::AUTHORIZATION).is_none_or(|told| *told != format!("Basic {known}")) {
        return refused("invalid_client");
    }
    assert_eq!(sent["grant_type"], "authorization_code");
    let Some(asked) = issuer.inner().codes.remove(&sent["code"]) else { return refused("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&sent["code_verifier"]));
    if challenge != asked.code_challenge || sent["redirect_uri"] != asked.redirect_uri {
        return refused("invalid_grant");
    }
    let token = issuer.token(&asked);
    Json(json!({"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": token})).into_response()
}

async fn me(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    if headers.get(header::AUTHORIZATION).is_none_or(|told| told != "Bearer access") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(issuer.inner().told_apart.clone()).into_response()
}
