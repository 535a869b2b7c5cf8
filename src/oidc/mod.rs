//! A provider of OpenID Connect, at which people sign in: the authorisation code flow with PKCE. What the provider says of
//! itself and its keys are discovered when they are needed, and read anew after an hour or when a key is not known; a provider
//! that does not answer keeps nothing else from working.

mod claims;
mod http;
mod issuer;

use std::{error::Error, fmt, sync::Arc};

use atr_core::{
    clock::Clock,
    domain::{person::Email, public_url::PublicUrl},
    hash::hex,
    ids::Ids,
};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
    core::{CoreClientAuthMethod, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore};

use claims::{Discovered, UserInfo, verified};
use http::Http;

pub use issuer::Issuer;

/// The path at which the provider answers.
pub const CALLBACK: &str = "/sign-in/oidc/callback";
/// What the provider says of itself is read anew after so long.
const LASTS: TimeDelta = TimeDelta::hours(1);
/// A provider that did not answer is asked again after so long.
const AGAIN: TimeDelta = TimeDelta::seconds(5);
/// The most characters of a subject (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;
/// How many answers this process holds against the provider at once.
static EXCHANGES: Semaphore = Semaphore::const_new(16);

/// Why someone is not signed in. The inner detail is for the log.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider does not answer, or not as the standard has it.
    #[error("the provider cannot be used: {0}")]
    Provider(String),
    /// The answer that came does not belong to a sign-in that this browser began.
    #[error("the answer is not to what was asked: {0}")]
    Foreign(&'static str),
    /// The provider did not sign them in.
    #[error("the provider answers: {0}")]
    Declined(String),
    /// What the provider says does not hold.
    #[error("what the provider says does not hold: {0}")]
    Invalid(String),
}

/// A provider, and what this service is to it.
pub struct Provider {
    issuer: Issuer,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    /// What people call it.
    name: String,
    callback: RedirectUrl,
    http: Http,
    known: Mutex<Option<Known>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider {}", self.issuer)
    }
}

/// What was read of the provider, and when.
struct Known {
    at: DateTime<Utc>,
    read: Result<Arc<CoreProviderMetadata>, String>,
}

/// What a browser keeps while someone is at the provider. It is told to nobody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

/// What the provider sends a browser back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Who someone is to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The provider.
    pub issuer: String,
    /// Who: unique at the provider, and never given to another.
    pub subject: String,
    /// Their address, where the provider says that it is theirs.
    pub email: Option<Email>,
}

impl Provider {
    /// A provider, to which this service is a client by this name and secret; public clients have none.
    ///
    /// # Errors
    /// If no client of HTTP can be made, or the address is none to come back to.
    pub fn new(
        issuer: Issuer,
        client_id: String,
        client_secret: Option<String>,
        name: String,
        public: &PublicUrl,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            issuer,
            client_id: ClientId::new(client_id),
            client_secret: client_secret.map(ClientSecret::new),
            name,
            callback: RedirectUrl::new(public.at(CALLBACK))?,
            http: Http::new()?,
            known: Mutex::default(),
        })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it answers: what it must know of this service.
    pub fn callback(&self) -> &str {
        self.callback.as_str()
    }

    /// Where people sign in.
    ///
    /// # Errors
    /// If the provider does not answer, or not as the standard has it.
    pub async fn try_out(&self, clock: &Clock) -> Result<String, OidcError> {
        Ok(self.known(clock, None).await?.authorization_endpoint().to_string())
    }

    /// Begins to sign someone in: the address to send their browser to, and what it is to keep.
    ///
    /// # Errors
    /// If the provider does not answer.
    pub async fn begin(&self, clock: &Clock, ids: &Ids) -> Result<(String, Begun), OidcError> {
        let known = self.known(clock, None).await?;
        let [state, nonce] = [hex(&ids.random::<16>()), hex(&ids.random::<16>())];
        let begun = Begun { state: state.clone(), nonce: nonce.clone(), verifier: hex(&ids.random::<32>()) };
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(begun.verifier.clone()));
        let client = self.client(&known);
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (address, ..) = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok((address.to_string(), begun))
    }

    /// Takes the provider's answer, and says who came.
    ///
    /// # Errors
    /// If the answer is not to what was begun, or does not hold; if the provider does not answer.
    pub async fn finish(&self, clock: &Clock, begun: Option<Begun>, answer: Answer) -> Result<Identified, OidcError> {
        let begun = begun.ok_or(OidcError::Foreign("this browser keeps no sign-in"))?;
        let hash = |text: &str| blake3::hash(text.as_bytes());
        // Hashes are compared in constant time.
        if answer.state.as_deref().map(hash) != Some(hash(&begun.state)) {
            return Err(OidcError::Foreign("its state is another one"));
        }
        // RFC 9207.
        if answer.iss.is_some_and(|iss| iss != self.issuer.url().as_str()) {
            return Err(OidcError::Foreign("another issuer gives it"));
        }
        if let Some(error) = answer.error {
            let error = format!("{error}: {}", answer.error_description.unwrap_or_default());
            return Err(OidcError::Declined(error.chars().filter(|c| !c.is_control()).take(500).collect()));
        }
        let code = answer.code.ok_or(OidcError::Foreign("there is no code in it"))?;
        let _turn = EXCHANGES.acquire().await.expect("never closed");
        self.exchange(clock, begun, code).await
    }

    async fn exchange(&self, clock: &Clock, begun: Begun, code: String) -> Result<Identified, OidcError> {
        let mut known = self.known(clock, None).await?;
        let client = self.client(&known);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Provider(chain(&error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => OidcError::Declined(said.to_string()),
                // Without what stands in it: that may be tokens.
                error => OidcError::Provider(chain(&error)),
            })?;
        let token = tokens.id_token().ok_or_else(|| OidcError::Provider("it gives no ID token".to_owned()))?;
        let nonce = Nonce::new(begun.nonce);
        let read = |known: &CoreProviderMetadata| {
            let client = self.client(known);
            let verifier = client.id_token_verifier().set_allowed_algs(algorithms(known)).set_time_fn(|| clock.now());
            token.claims(&verifier, &nonce).cloned()
        };
        let claims = match read(&known) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
            )) => {
                // Its keys may be new.
                known = self.known(clock, Some(&known)).await?;
                read(&known)
            }
            read => read,
        };
        let claims = claims.map_err(|error| OidcError::Invalid(chain(&error)))?;
        if claims.authorized_party().is_some_and(|party| *party != self.client_id) {
            return Err(OidcError::Invalid("the token was given to another client (azp)".to_owned()));
        }
        let subject = claims.subject().to_string();
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
            return Err(OidcError::Invalid("its subject has no length that is allowed".to_owned()));
        }
        let email = match claims.email() {
            Some(email) => verified(Some(email), claims.email_verified(), claims.additional_claims()),
            None => {
                match self.client(&known).user_info(tokens.access_token().clone(), Some(claims.subject().clone())) {
                    // Some providers tell the address only there.
                    Ok(request) => match request.request_async::<_, Http, _>(&self.http).await {
                        Ok(info) => {
                            let info: UserInfo = info;
                            verified(info.email(), info.email_verified(), info.additional_claims())
                        }
                        Err(error) => {
                            tracing::warn!(error = chain(&error), "the provider of single sign-on tells no address");
                            None
                        }
                    },
                    Err(_) => None,
                }
            }
        };
        Ok(Identified { issuer: self.issuer.to_string(), subject, email })
    }

    /// What this service is to the provider.
    fn client(&self, known: &CoreProviderMetadata) -> Discovered {
        let methods = known.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
        let in_body = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        Discovered::from_provider_metadata(known.clone(), self.client_id.clone(), self.client_secret.clone())
            .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
            .set_redirect_uri(self.callback.clone())
    }

    /// What the provider says of itself, and its keys; other than what is out of date.
    async fn known(
        &self,
        clock: &Clock,
        stale: Option<&Arc<CoreProviderMetadata>>,
    ) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let mut known = self.known.lock().await;
        let now = clock.now();
        match &*known {
            Some(Known { at, read: Ok(read) })
                if now - *at < LASTS && !stale.is_some_and(|stale| Arc::ptr_eq(stale, read)) =>
            {
                return Ok(read.clone());
            }
            Some(Known { at, read: Err(why) }) if now - *at < AGAIN => return Err(OidcError::Provider(why.clone())),
            _ => {}
        }
        let read = CoreProviderMetadata::discover_async(self.issuer.url().clone(), &self.http).await;
        let read = read.map(Arc::new).map_err(|error| chain(&error));
        *known = Some(Known { at: now, read: read.clone() });
        read.map_err(OidcError::Provider)
    }
}

/// By what an ID token may be signed: by keys that the provider alone has.
fn algorithms(known: &CoreProviderMetadata) -> Vec<CoreJwsSigningAlgorithm> {
    use CoreJwsSigningAlgorithm::{HmacSha256, HmacSha384, HmacSha512, None};
    let offered = known.id_token_signing_alg_values_supported().iter();
    offered.filter(|offered| !matches!(offered, HmacSha256 | HmacSha384 | HmacSha512 | None)).cloned().collect()
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}
