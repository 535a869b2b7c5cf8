//! How notices reach people and programs: by e-mail, and by signed requests.

mod mail;
pub(crate) mod webhook;

use atr_core::domain::public_url::PublicUrl;

pub use mail::{Mail, MailError};
pub use webhook::{WebhookError, sign};

/// What an installation delivers notices by.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// How e-mail is sent; without it none is.
    pub mail: Option<Mail>,
    /// Whether requests may go to addresses that are not of the public internet.
    pub private_addresses: bool,
    /// Where links in e-mail lead; without it none are mailed.
    pub public_url: Option<PublicUrl>,
}
