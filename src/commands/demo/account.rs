//! Whether all that was sent is accounted for: what the client sent, what the door says became of it, and what is in the
//! tables. Pure.

use atr_core::domain::intake::Balance;

/// A door, with the three counts that must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accounted {
    pub(super) door: &'static str,
    /// Lines that the client sent.
    pub(super) sent: i64,
    /// What the server's batches say became of them.
    pub(super) became: Balance,
    /// Records in the tables.
    pub(super) kept: i64,
}

impl Accounted {
    /// Fails where a line or a record is missing or doubled.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self { door, sent, became, kept } = self;
        anyhow::ensure!(
            became.received() == *sent,
            "{sent} lines were sent to the door {door}, and its batches account for {}",
            became.received()
        );
        anyhow::ensure!(
            became.stored == *kept,
            "the door {door} says that it stored {}, and the tables hold {kept}",
            became.stored
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_or_a_record_that_is_missing_or_doubled_is_found() {
        let became = Balance { stored: 7, duplicate: 2, rejected: 1, ..Balance::default() };
        let right = Accounted { door: "traces", sent: 10, became, kept: 7 };
        assert!(right.check().is_ok());
        for wrong in [Accounted { sent: 11, ..right }, Accounted { kept: 6, ..right }, Accounted { kept: 8, ..right }] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
