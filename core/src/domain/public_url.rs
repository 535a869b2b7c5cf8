//! Where people reach the console.

use std::{fmt, str::FromStr};

use url::{Host, Url};

use super::Rejection;

/// The address at which people reach the console: a scheme, a name and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The address of a page, by its path, which begins with `/`.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for PublicUrl {
    type Err = Rejection;
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let wrong = |message: &str| Rejection::new("public_url", message);
        let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("is neither http nor https: give one like https://atr.example.org"));
        }
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("has more than a name and a port: give one like https://atr.example.org"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.at(""))
    }
}

/// Whether an address is one of this machine.
pub fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_addresses_below_the_one_that_is_given() {
        for (given, page) in [
            ("https://atr.example.org", "https://atr.example.org/sign-in"),
            (" https://ATR.example.org/ ", "https://atr.example.org/sign-in"),
            ("http://127.0.0.1:8321", "http://127.0.0.1:8321/sign-in"),
        ] {
            assert_eq!(given.parse::<PublicUrl>().map(|url| url.at("/sign-in")), Ok(page.to_owned()), "{given}");
        }
    }

    #[test]
    fn what_is_more_than_a_name_and_a_port_is_refused() {
        for wrong in [
            "",
            "atr.example.org",
            "ftp://atr.example.org",
            "https://atr.example.org/console",
            "https://atr.example.org/?a=b",
            "https://atr.example.org/#a",
            "https://a:b@atr.example.org",
            "file:///etc",
        ] {
            assert_eq!(
                wrong.parse::<PublicUrl>().map_err(|refused| refused.field),
                Err("public_url".to_owned()),
                "{wrong}"
            );
        }
    }
}
