//! Who the provider is.

use std::{fmt, str::FromStr};

use atr_core::domain::public_url::is_of_this_machine;
use openidconnect::{IssuerUrl, url::Url};

/// The address by which a provider names itself: over TLS, or on this machine. Kept as it is written: the provider's own word
/// for itself must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(IssuerUrl);

impl Issuer {
    pub(super) fn url(&self) -> &IssuerUrl {
        &self.0
    }
}

impl FromStr for Issuer {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{error}: give the issuer as its provider names it"))?;
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_of_this_machine(&url));
        if !is_safe || !url.has_host() || url.query().is_some() || url.fragment().is_some() {
            return Err("is no issuer over https: give one like https://login.example.org/realms/staff".to_owned());
        }
        IssuerUrl::new(text.to_owned()).map(Self).map_err(|error| error.to_string())
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_over_tls_or_is_on_this_machine_and_is_kept_as_it_is_written() {
        for right in ["https://login.example.org/realms/staff", "https://login.example.org/", "http://127.0.0.1:9000"] {
            assert_eq!(right.parse::<Issuer>().map(|issuer| issuer.to_string()), Ok(right.to_owned()));
        }
        for wrong in ["", "login.example.org", "http://login.example.org", "https://a.example.org/?b", "file:///etc"] {
            assert!(wrong.parse::<Issuer>().is_err(), "{wrong}");
        }
    }
}
