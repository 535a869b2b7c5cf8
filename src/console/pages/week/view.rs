//! Texts with what is found in them: an answer with its claims, a fact with the words that decide.

use atr_core::domain::{citation::CitationInput, judgement::ClaimVerdict};

use crate::app::week::ClaimSeen;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::console::pages) struct Piece<'a> {
    pub(in crate::console::pages) text: &'a str,
    /// The number of the claim that it is, from 1.
    pub(super) claim: Option<usize>,
    /// How it is shown: `good`, `bad`, `warn`, or nothing in particular.
    pub(in crate::console::pages) tone: &'static str,
}

/// How a verdict is shown.
pub(super) fn tone(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Supported => "good",
        ClaimVerdict::Contradicted => "bad",
        ClaimVerdict::Unverifiable => "warn",
    }
}

/// An answer with its claims, in order. Where claims overlap, or do not lie in the text, the first holds.
pub(super) fn answer_pieces<'a>(answer: &'a str, claims: &[ClaimSeen]) -> Vec<Piece<'a>> {
    let marks = claims.iter().zip(1..).map(|(claim, number)| {
        let tone = claim.found.as_ref().map_or("", |found| tone(found.verdict));
        (claim.span, Some(number), tone)
    });
    cut(answer, marks)
}

/// A statement with the words that decide.
pub(in crate::console::pages) fn aligned_pieces(statement: &str, aligned: Option<(usize, usize)>) -> Vec<Piece<'_>> {
    cut(statement, aligned.into_iter().map(|span| (span, None, "aligned")))
}

fn cut(text: &str, marks: impl Iterator<Item = ((usize, usize), Option<usize>, &'static str)>) -> Vec<Piece<'_>> {
    let plain = |text| Piece { text, claim: None, tone: "" };
    let (mut pieces, mut at) = (vec![], 0);
    for ((from, to), claim, tone) in marks {
        let Some(marked) = text.get(from..to).filter(|marked| from >= at && !marked.is_empty()) else { continue };
        if from > at {
            pieces.push(plain(&text[at..from]));
        }
        pieces.push(Piece { text: marked, claim, tone });
        at = to;
    }
    if at < text.len() {
        pieces.push(plain(&text[at..]));
    }
    pieces
}

/// What a citation names, as it is written.
pub(super) fn cited_name(cited: &CitationInput) -> &str {
    [&cited.fact, &cited.source, &cited.url, &cited.doi].into_iter().flatten().next().map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_its_claims_lie_and_nothing_of_it_is_lost() {
        let text = "Größe: 3 m. Farbe: rot.";
        let marks = [
            ((0, 13), Some(1), "bad"),
            ((5, 9), Some(2), "good"),
            ((14, 99), Some(3), ""),
            ((14, 20), Some(4), "warn"),
        ];
        let pieces = cut(text, marks.into_iter());
        assert_eq!(pieces.iter().map(|piece| piece.text).collect::<String>(), text);
        let marked: Vec<_> = pieces.iter().filter_map(|piece| Some((piece.claim?, piece.text))).collect();
        assert_eq!(marked, [(1, "Größe: 3 m."), (4, "Farbe:")]);
        assert!(cut("", std::iter::empty()).is_empty());
    }

    #[test]
    fn an_offset_within_a_character_marks_nothing() {
        let pieces = cut("ö", [((0, 1), Some(1), "bad")].into_iter());
        assert_eq!(pieces, [Piece { text: "ö", claim: None, tone: "" }]);
    }
}
