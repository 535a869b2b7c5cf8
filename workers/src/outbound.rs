//! Requests to addresses that others name: to nothing but the public internet unless the operator allows it, to an address that
//! was looked at, by no proxy.

mod address;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use reqwest::{Client, redirect};
use url::{Host, Url};

use self::address::is_public;

/// Why an address is not asked.
#[derive(Debug, thiserror::Error)]
pub enum NotReached {
    /// It is at an address of a private network.
    #[error("{0} is not an address of the public internet")]
    Private(IpAddr),
    /// Its name leads to no address.
    #[error("its name leads to no address: {0}")]
    Unresolved(String),
    /// No client could be made for it.
    #[error("it cannot be asked: {0}")]
    Client(String),
}

/// A client that asks `url` alone, at an address that was looked at, and follows no redirect: where one leads is another
/// address to look at.
///
/// # Errors
/// If its name leads nowhere in time, or to an address that is not of the public internet, unless those are allowed.
pub(crate) async fn client(url: &Url, private_addresses: bool, patience: Duration) -> Result<Client, NotReached> {
    let addresses = addresses(url, patience).await?;
    if let Some(private) = addresses.iter().map(SocketAddr::ip).find(|ip| !is_public(*ip))
        && !private_addresses
    {
        return Err(NotReached::Private(private));
    }
    let mut client = Client::builder()
        .user_agent(concat!("atr/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .timeout(patience)
        .no_proxy();
    if let Some(Host::Domain(name)) = url.host() {
        client = client.resolve_to_addrs(name, &addresses);
    }
    client.build().map_err(|error| NotReached::Client(crate::chain(&error)))
}

async fn addresses(url: &Url, patience: Duration) -> Result<Vec<SocketAddr>, NotReached> {
    let port = url.port_or_known_default().unwrap_or(443);
    let unresolved = |why: &str| NotReached::Unresolved(why.to_owned());
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(vec![SocketAddr::new(address.into(), port)]),
        Some(Host::Ipv6(address)) => Ok(vec![SocketAddr::new(address.into(), port)]),
        Some(Host::Domain(name)) => {
            let found = tokio::time::timeout(patience, tokio::net::lookup_host((name, port))).await;
            let found = found.map_err(|_| unresolved("no answer in time"))?;
            let found: Vec<_> = found.map_err(|error| unresolved(&error.to_string()))?.collect();
            if found.is_empty() { Err(unresolved("none is known")) } else { Ok(found) }
        }
        None => Err(unresolved("it has none")),
    }
}
