//! What people and programs are told of the weekly review.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use url::Url;

use super::{Rejection, public_url::is_of_this_machine};
use crate::ids::{NoticeId, PersonId, WebhookEndpointId};

/// So long before a cycle is due, who has items left is reminded.
pub const REMINDED_BEFORE: TimeDelta = TimeDelta::days(1);
/// So many endpoints a project has at most.
pub const ENDPOINTS: usize = 20;

words! {
    /// What is told of a cycle.
    NoticeEvent {
        /// It is open, and there are items.
        Opened = "opened",
        /// It is due soon, and items are left.
        Due = "due",
        /// It is closed, and this came of it.
        Closed = "closed",
    }
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A program, by a signed request.
    Endpoint(WebhookEndpointId),
    /// A person, by e-mail.
    Person(PersonId),
}

/// What someone is told of a cycle, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id, by which who hears it twice tells that.
    pub id: NoticeId,
    /// The cycle.
    pub cycle: NaiveDate,
    /// What.
    pub event: NoticeEvent,
    /// Who is told.
    pub to: Recipient,
    /// How many items are held: by the person, else by all.
    pub items: i64,
    /// When it was to be told.
    pub created_at: DateTime<Utc>,
    /// When it was.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// Where a program hears of the weekly review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Where requests are sent.
    pub url: EndpointUrl,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Since when nothing is sent there any more.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The address of an endpoint: over TLS, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for EndpointUrl {
    type Err = Rejection;
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let wrong = |message: &str| Rejection::new("url", message);
        let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("is no URL: {error}")))?;
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_of_this_machine(&url) => {}
            _ => return Err(wrong("is neither https nor on this machine: give one like https://example.org/hook")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("names a user: requests are signed, leave it out"));
        }
        if url.as_str().len() > 2_000 {
            return Err(wrong("has more than 2,000 characters"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_reached_over_tls_or_is_on_this_machine_and_names_no_user() {
        for right in ["https://example.org/hook", "http://localhost:8000/", "http://127.0.0.1:1/a?b=c", "http://[::1]/"]
        {
            assert!(right.parse::<EndpointUrl>().is_ok(), "{right}");
        }
        for wrong in
            ["", "example.org", "http://example.org/", "ftp://example.org/", "https://a:b@example.org/", "file:///etc"]
        {
            assert_eq!(wrong.parse::<EndpointUrl>().map(|_| ()).unwrap_err().field, "url", "{wrong}");
        }
        assert!(format!("https://example.org/{}", "a".repeat(2_000)).parse::<EndpointUrl>().is_err());
    }
}
