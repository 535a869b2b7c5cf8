//! How notices reach people and programs: by e-mail, and by signed requests.

mod address;
mod mail;
pub(crate) mod webhook;

pub use mail::{Mail, MailError};
pub use webhook::{WebhookError, sign};

/// What an installation delivers notices by.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// How e-mail is sent; without it none is.
    pub mail: Option<Mail>,
    /// Whether requests may go to addresses that are not of the public internet.
    pub private_addresses: bool,
}
