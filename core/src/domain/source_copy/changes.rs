//! What changed between two texts, line by line (Myers 1986, "An O(ND) difference algorithm and its variations").

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

/// How long two texts are compared exactly; what is left of them then is told less finely.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most changes that are told.
const MOST: usize = 1000;

words! {
    /// What became of a part of a text.
    TextChangeKind {
        /// It is new.
        Added = "added",
        /// It is no more.
        Removed = "removed",
    }
}

/// Lines that follow each other and are new, or are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    /// What became of them.
    pub kind: TextChangeKind,
    /// The lines.
    pub text: String,
}

/// What changed from one text to the other, in order: the first thousand changes.
pub fn changes(before: &str, after: &str) -> Vec<TextChange> {
    let difference = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(before, after);
    let mut changes: Vec<TextChange> = vec![];
    let mut goes_on = false;
    for change in difference.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Insert => TextChangeKind::Added,
            ChangeTag::Delete => TextChangeKind::Removed,
            ChangeTag::Equal => {
                goes_on = false;
                continue;
            }
        };
        if let Some(last) = changes.last_mut().filter(|last| goes_on && last.kind == kind) {
            last.text.push_str(change.value());
        } else if changes.len() == MOST {
            break;
        } else {
            changes.push(TextChange { kind, text: change.value().to_owned() });
        }
        goes_on = true;
    }
    changes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_that_changed_together_are_told_together() {
        let before = "Gold\nGold is 78.\nIt melts.\nIt is soft.\n";
        let after = "Gold\nGold is 79.\nIt melts.\nIt is soft.\nIt is dense.\n";
        let told: Vec<_> = changes(before, after).into_iter().map(|change| (change.kind, change.text)).collect();
        let expected = [
            (TextChangeKind::Removed, "Gold is 78.\n"),
            (TextChangeKind::Added, "Gold is 79.\n"),
            (TextChangeKind::Added, "It is dense.\n"),
        ];
        assert_eq!(told, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    proptest! {
        #[test]
        fn what_is_told_is_all_that_differs(before in "[ab\n]{0,80}", after in "[ab\n]{0,80}") {
            let told = changes(&before, &after);
            let bytes = |kind| told.iter().filter(|change| change.kind == kind).map(|change| change.text.len()).sum::<usize>();
            prop_assert_eq!(before == after, told.is_empty());
            prop_assert_eq!(before.len() + bytes(TextChangeKind::Added), after.len() + bytes(TextChangeKind::Removed));
        }
    }
}
