//! E-mail, through a server that takes it by SMTP.

use std::fmt;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

/// How e-mail is sent.
#[derive(Clone)]
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for Mail {
    /// Without the server's password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail from {}", self.from)
    }
}

/// Why e-mail cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server's address is none.
    #[error(
        "the address of the mail server is none: give one like smtps://user:password@mail.example.org, or for STARTTLS \
             smtp://user:password@mail.example.org:587?tls=required"
    )]
    Server(#[source] lettre::transport::smtp::Error),
    /// The sender's address is none.
    #[error("`{0}` is no address to send from: give one like `Reviews <reviews@example.org>`")]
    Sender(String),
    /// The message cannot be made: the address of who it is for is none.
    #[error("the message cannot be made: {0}")]
    Message(String),
    /// The server does not take it now.
    #[error("the mail server does not take it now: {0}")]
    Passing(String),
    /// The server will not take it.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
}

impl Mail {
    /// Through the server at an address, from someone.
    ///
    /// # Errors
    /// If one of the two is no address.
    pub fn new(url: &str, from: &str) -> Result<Self, MailError> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(MailError::Server)?.build();
        let from = from.parse().map_err(|_| MailError::Sender(from.to_owned()))?;
        Ok(Self { server, from })
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn try_out(&self) -> Result<(), MailError> {
        match self.server.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Passing("it answers and takes no commands".to_owned())),
            Err(error) => Err(MailError::Passing(crate::chain(&error))),
        }
    }

    /// Sends a message under an id, by which who gets it twice tells that.
    pub(crate) async fn send(&self, id: &str, to: &str, subject: &str, text: String) -> Result<(), MailError> {
        let wrong = |error: &dyn std::error::Error| MailError::Message(crate::chain(error));
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.parse::<Mailbox>().map_err(|error| wrong(&error))?)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| wrong(&error))?;
        match self.server.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(crate::chain(&error))),
            Err(error) => Err(MailError::Passing(crate::chain(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_told_with_what_one_looks_like_and_no_password_is_shown() {
        assert!(matches!(Mail::new("mail.example.org", "a@example.org"), Err(MailError::Server(_))));
        assert!(matches!(Mail::new("smtp://localhost", "nobody"), Err(MailError::Sender(_))));
        let mail = Mail::new("smtps://u:secret@mail.example.org", "Reviews <a@example.org>").expect("addresses");
        assert!(!format!("{mail:?}").contains("secret"));
    }
}
