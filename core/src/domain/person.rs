//! People who sign in.

use std::{fmt, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Rejection, access::Role};
use crate::{
    hash::{Digest, hex},
    ids::{ExpertId, PersonId},
};

/// For so long an invitation is open.
pub const INVITATION: TimeDelta = TimeDelta::days(7);
/// For so long a link is open by which someone signs in.
pub const LINK: TimeDelta = TimeDelta::minutes(15);
/// For so long a session lasts.
pub const SESSION: TimeDelta = TimeDelta::hours(12);
/// The fewest characters of a password; none is asked to be of a kind (NIST SP 800-63B, section 3.1.1).
const SHORTEST: usize = 12;
/// The most bytes of one, which are hashed.
const LONGEST: usize = 512;

/// An e-mail address, in lower case. Whether it is anyone's shows when they sign in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
pub struct Email(String);

impl Email {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = Rejection;
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let text = text.trim().to_lowercase();
        let whole = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.len() <= 254
        });
        if whole && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            Ok(Self(text))
        } else {
            Err(Rejection::new("email", "is no e-mail address: give one like someone@example.org"))
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A password that may be chosen.
pub struct NewPassword(String);

impl NewPassword {
    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword")
    }
}

impl TryFrom<String> for NewPassword {
    type Error = Rejection;
    fn try_from(text: String) -> Result<Self, Rejection> {
        if text.chars().count() < SHORTEST || text.len() > LONGEST {
            let message = format!("has {SHORTEST} characters or more, and {LONGEST} bytes at most");
            return Err(Rejection::new("password", message));
        }
        Ok(Self(text))
    }
}

/// The secret of a link by which someone signs in, once. It is told to them alone, and kept as its hash.
pub struct LinkSecret(String);

impl LinkSecret {
    /// One of bytes that nobody can foresee.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("lnk_{}", hex(&random)))
    }

    /// What is kept of it.
    pub fn hash(&self) -> Digest {
        blake3::hash(self.0.as_bytes())
    }

    /// The path of the page that it opens.
    pub fn path(&self) -> String {
        format!("/sign-in/link?token={}", self.0)
    }
}

impl From<String> for LinkSecret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret")
    }
}

/// Who is to sign in, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Their address.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// The expert whose reviews they write.
    pub expert: Option<ExpertId>,
}

impl NewPerson {
    /// Someone, as what is asked.
    ///
    /// # Errors
    /// If the address is none, the role is none of a person's, or an expert is not named.
    pub fn parse(email: &str, role: Role, expert: Option<ExpertId>) -> Result<Self, Rejection> {
        match role {
            Role::Ingest => {
                Err(Rejection::new("role", "ingest is a program's role: make it a key, and give people another role"))
            }
            Role::Expert if expert.is_none() => {
                Err(Rejection::new("expert", "whoever has the role expert names the expert whose reviews they write"))
            }
            _ => Ok(Self { email: email.parse()?, role, expert }),
        }
    }
}

/// Who someone is to a provider of OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who they are there: unique at the provider, and never given to another.
    pub subject: String,
}

/// Someone who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// The address they sign in with.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// The expert whose reviews they write.
    pub expert: Option<ExpertId>,
    /// Whether they chose a password yet.
    pub has_password: bool,
    /// Until when an invitation is open by which they choose one.
    pub invited_until: Option<DateTime<Utc>>,
    /// Until when a link is open by which they sign in, once.
    pub link_until: Option<DateTime<Utc>>,
    /// Who they are to the provider at which they sign in, once they did.
    pub identity: Option<Identity>,
    /// When they were invited first.
    pub created_at: DateTime<Utc>,
    /// Since when they sign in no more.
    pub deactivated_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_what_is_none_and_kept_in_lower_case() {
        let read = |text: &str| text.parse::<Email>().map(|email| email.to_string()).map_err(|refused| refused.field);
        assert_eq!(read(" Someone@Example.ORG "), Ok("someone@example.org".to_owned()));
        for none in ["", "someone", "@example.org", "someone@", "a@b@c", "some one@example.org", "a@b\u{0}c"] {
            assert_eq!(read(none), Err("email".to_owned()), "{none:?}");
        }
    }

    #[test]
    fn a_password_is_long_enough_whatever_it_is_made_of() {
        let read = |text: &str| NewPassword::try_from(text.to_owned()).is_ok();
        assert!(read("correct horse") && read("ααααααααααωω") && !read("eleven char") && !read(&"a".repeat(513)));
    }

    #[test]
    fn an_expert_names_the_expert_and_programs_do_not_sign_in() {
        let field = |role| NewPerson::parse("a@b.c", role, None).map(|_| ()).map_err(|refused| refused.field);
        assert_eq!(field(Role::Expert), Err("expert".to_owned()));
        assert_eq!(field(Role::Ingest), Err("role".to_owned()));
        assert_eq!(field(Role::Admin), Ok(()));
    }
}
