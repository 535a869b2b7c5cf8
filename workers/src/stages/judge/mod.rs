//! Judge: a second opinion on claims for which facts were found and no rule decides.
//!
//! Verification asks for it and does not wait: the rules' word is written first. The judge is asked outside of every transaction, within
//! a day's bound; what it says is kept as it came, and then the trace is verified again, which hears it ([`super::verify::opinion`] says what
//! of it counts). Nothing that the rules decide is asked about.

mod endpoint;
mod handler;

pub use endpoint::{AskError, CALLS_PER_DAY, Endpoint, EndpointError, EndpointSettings, PATIENCE};
pub(crate) use handler::run;

/// Who is asked.
#[derive(Debug, Clone)]
pub enum Judge {
    /// A model behind an endpoint that is compatible with OpenAI's.
    Endpoint(Endpoint),
}

impl Judge {
    /// The model's name: what it said is kept under it.
    pub fn model(&self) -> &str {
        match self {
            Self::Endpoint(endpoint) => endpoint.model(),
        }
    }

    /// Asks it what everyone knows.
    ///
    /// # Errors
    /// If it gives no answer, or one that does not count.
    pub async fn try_out(&self) -> Result<(), AskError> {
        match self {
            Self::Endpoint(endpoint) => endpoint.try_out().await,
        }
    }
}
