//! Lists on the command line: a page of 200, what comes after a record, or all of it.

use atr_core::{
    ids::AnyId,
    store::{Page, PageRequest, page::MOST},
};
use clap::Args;
use serde_json::Value;

use super::output::Output;

/// Which records of a list are printed, newest first.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pages {
    /// Only records after the one with this id
    #[arg(long, value_name = "ID")]
    after: Option<AnyId>,
    /// Every record, however many there are [default: 200 of them]
    #[arg(long)]
    all: bool,
}

impl Pages {
    /// Prints the records that `read` finds, and says where there are more of them; `id` is where a list goes on.
    pub(crate) async fn print<T>(
        &self,
        out: Output,
        kind: &str,
        mut read: impl AsyncFnMut(PageRequest) -> anyhow::Result<Page<T>>,
        id: impl Fn(&T) -> AnyId,
        line: impl Fn(&T) -> Value,
        words: impl Fn(&T) -> String,
    ) -> anyhow::Result<()> {
        let mut after = self.after;
        loop {
            let request = PageRequest { after: after.map(|id| id.uuid), ..PageRequest::first(MOST) };
            let mut page = read(request).await?;
            let last = page.rows.last().map(&id);
            let more = page.has_next;
            page.has_next = false;
            out.page(kind, &page, &line, &words)?;
            match last {
                Some(last) if more && self.all => after = Some(last),
                Some(last) if more => {
                    eprintln!("There are older {kind} too: --after {last} shows the next ones, --all shows them all.");
                    return Ok(());
                }
                _ => return Ok(()),
            }
        }
    }
}
