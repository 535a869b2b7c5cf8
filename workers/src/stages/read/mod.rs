//! Read: the text in attached pictures, by the program `tesseract` where it is installed, and in what was retrieved from
//! sources, which are fetched here where the operator says so. Where that cannot be done, that is what is noted, and everything
//! else goes on.

mod copy;
mod fetch;
mod picture;
mod program;
mod refresh;
mod text;

use atr_core::queue::{Claim, Work};

pub use fetch::FetchError;
pub use program::{Installed, installed};

use crate::{Context, StageError};

/// Does one piece of work.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    match claim.work {
        Work::ReadAttachment { attachment } => picture::read(cx, claim, attachment).await,
        Work::FetchSource { source } => refresh::fetch_source(cx, claim, source).await,
        Work::RefreshSource { source } => refresh::refresh_source(cx, claim, source).await,
        Work::ReadCopy { copy } => copy::read(cx, claim, copy).await,
        _ => Ok(()),
    }
}
