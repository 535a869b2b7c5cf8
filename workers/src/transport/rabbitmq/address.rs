//! Where the broker is.

use std::{fmt, str::FromStr};

use lapin::uri::AMQPUri;

/// How often each side says that it is there, in seconds, unless the address says otherwise: a broker that is gone
/// without a word is noticed after twice that.
const HEARTBEAT: u16 = 10;
/// How long connecting may take, in milliseconds, unless the address says otherwise.
const CONNECTING: u64 = 10_000;

/// The address of a RabbitMQ broker: `amqp://user:password@host:5672/vhost`, or `amqps://…` with TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct AmqpUrl(AMQPUri);

/// A text that is no such address. It may hold a password, so it is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a broker ({0}): it looks like amqp://user:password@host:5672/%2f")]
pub struct AmqpUrlError(String);

impl AmqpUrl {
    pub(super) fn uri(&self) -> AMQPUri {
        self.0.clone()
    }
}

impl FromStr for AmqpUrl {
    type Err = AmqpUrlError;
    fn from_str(text: &str) -> Result<Self, AmqpUrlError> {
        let mut uri: AMQPUri = text.parse().map_err(AmqpUrlError)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        uri.query.connection_timeout.get_or_insert(CONNECTING);
        Ok(Self(uri))
    }
}

/// Without user and password.
impl fmt::Display for AmqpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = &self.0.authority;
        write!(f, "{}://{}:{}, virtual host {}", self.0.scheme, authority.host, authority.port, self.0.vhost)
    }
}

impl fmt::Debug for AmqpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmqpUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_password() {
        let url: AmqpUrl = "amqp://atr:s3cret@broker:5671/%2f".parse().expect("an address");
        assert_eq!(url.to_string(), "amqp://broker:5671, virtual host /");
        assert!(!format!("{url:?}").contains("s3cret"));
    }

    #[test]
    fn another_address_is_refused_with_what_one_looks_like() {
        for text in ["", "broker:5672", "http://broker", "postgres://atr:s3cret@host/db"] {
            let error = text.parse::<AmqpUrl>().expect_err(text).to_string();
            assert!(error.contains("amqp://user:password@host"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
