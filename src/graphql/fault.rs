//! What a resolver says when something is wrong. Inner detail goes to the log and never to the caller.

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, ServerError};
use atr_core::store::StoreError;

use crate::app::AppError;

/// An error for the caller: the public text and the code of a use case's error.
pub(super) fn fault(error: &AppError) -> Error {
    error.log();
    Error::new(error.to_string()).extend_with(|_, extensions| {
        extensions.set("code", error.code());
        if let AppError::Invalid { field, .. } = error {
            extensions.set("field", argument(field));
        }
        if let Some(seconds) = error.retry_after_seconds() {
            extensions.set("retryAfterSeconds", seconds);
        }
    })
}

/// Why a request is not run at all.
pub(super) fn refused(code: &str, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    error
}

/// A field's name as callers of this door write it: `weekly_capacity` is `weeklyCapacity` here.
pub(super) fn argument(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut rest = word.chars();
        let initial = rest.next().map(|initial| initial.to_ascii_uppercase());
        name + &initial.into_iter().chain(rest).collect::<String>()
    })
}

/// An argument that is wrong.
pub(super) fn invalid(field: &str, message: &str) -> Error {
    fault(&AppError::invalid(field, message))
}

/// Turns what the floors below say into an error for the caller.
pub(super) trait OrFault<T> {
    /// The value, or the error for the caller.
    fn or_fault(self) -> Result<T, Error>;
}

impl<T> OrFault<T> for Result<T, AppError> {
    fn or_fault(self) -> Result<T, Error> {
        self.map_err(|error| fault(&error))
    }
}

impl<T> OrFault<T> for Result<T, StoreError> {
    fn or_fault(self) -> Result<T, Error> {
        self.map_err(|error| fault(&error.into()))
    }
}
