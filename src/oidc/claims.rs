//! What the provider says of someone: the claims of OpenID Connect, and one of Microsoft Entra ID, which says nothing of
//! whether an address is verified by the standard's claim.

use atr_core::domain::person::Email;
use openidconnect::{
    AdditionalClaims, Client, EmptyExtraTokenFields, EndUserEmail, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A client of a provider whose endpoints were discovered.
pub(super) type Discovered = Client<
    Entra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

type Fields = IdTokenFields<
    Entra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What the provider tells of someone when it is asked by itself.
pub(super) type UserInfo = UserInfoClaims<Entra, CoreGenderClaim>;

/// What Microsoft Entra ID says beside the standard's claims, where it is told to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Entra {
    /// Whether the owner of the address's domain is verified. It is written in several ways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xms_edov: Option<Value>,
}

impl AdditionalClaims for Entra {}

/// An address that the provider says is theirs; `None` where it does not say so, or it is no address.
pub(super) fn verified(email: Option<&EndUserEmail>, is_verified: Option<bool>, entra: &Entra) -> Option<Email> {
    let by_entra = || entra.xms_edov.as_ref().is_some_and(|said| [json!(true), json!(1), json!("1")].contains(said));
    let is_verified = is_verified.unwrap_or_else(by_entra);
    email.filter(|_| is_verified)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_theirs_only_where_the_provider_says_that_it_is_verified() {
        let email = EndUserEmail::new("Someone@example.org".to_owned());
        let entra = |said: Value| Entra { xms_edov: Some(said) };
        let theirs = |is_verified, entra: &Entra| verified(Some(&email), is_verified, entra).is_some();
        let nothing = Entra::default();
        assert!(theirs(Some(true), &nothing) && !theirs(Some(false), &nothing) && !theirs(None, &nothing));
        for said in [json!(true), json!(1), json!("1")] {
            assert!(theirs(None, &entra(said.clone())), "{said}");
            assert!(!theirs(Some(false), &entra(said.clone())), "the standard's claim goes first: {said}");
        }
        for said in [json!(false), json!(0), json!("0"), json!("no"), json!(null), json!([true])] {
            assert!(!theirs(None, &entra(said.clone())), "{said}");
        }
        assert!(verified(None, Some(true), &nothing).is_none());
        assert!(verified(Some(&EndUserEmail::new("nobody".to_owned())), Some(true), &nothing).is_none());
    }
}
