//! What answers cite, checked against the sources that are known here and what these are known to state: for a task of verifying,
//! and for a program that asks before it answers.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::{
        citation::{CitationKind, CitationState},
        grounding::Source,
    },
    ids::SourceId,
    store::Tx,
};

use super::{
    citations::{self, CitationForm, CitationMention, KnownSource},
    handler::blocking,
    words::Span,
};
use crate::StageError;

/// A citation of an answer, checked.
#[derive(Debug, Clone)]
pub struct CheckedCitation {
    /// How it names what it refers to.
    pub kind: CitationKind,
    /// Where it stands in the answer.
    pub span: Span,
    /// The source it names, where it is known.
    pub source: Option<SourceId>,
    /// The words it quotes.
    pub quoted: Option<String>,
    /// Whether it holds.
    pub state: CitationState,
    /// Why, in words.
    pub reason: String,
}

/// The citations of each answer, in order, checked.
///
/// # Errors
/// If the database is out of reach.
pub async fn cite(tx: &mut Tx, answers: Vec<String>) -> Result<Vec<Vec<CheckedCitation>>, StageError> {
    let found = blocking(move || {
        let mentions = |answer: String| (citations::find(&answer), answer);
        answers.into_iter().map(mentions).collect::<Vec<_>>()
    })
    .await?;
    let sources = Sources::read(tx, found.iter().flat_map(|(mentions, _)| mentions)).await?;
    blocking(move || {
        let checked = |(mentions, answer): (Vec<CitationMention>, String)| {
            mentions.iter().map(|mention| sources.check(mention, &answer)).collect()
        };
        found.into_iter().map(checked).collect()
    })
    .await
}

/// What is known of the sources cited.
#[derive(Debug, Default)]
struct Sources {
    by_url: HashMap<String, SourceId>,
    by_doi: HashMap<String, SourceId>,
    known: HashMap<SourceId, (Source, String)>,
}

impl Sources {
    /// Reads the sources that the mentions name by address or DOI.
    async fn read<'a>(tx: &mut Tx, mentions: impl Iterator<Item = &'a CitationMention>) -> Result<Self, StageError> {
        let (mut urls, mut dois) = (BTreeSet::new(), BTreeSet::new());
        for mention in mentions {
            match &mention.form {
                CitationForm::Url(url) => {
                    urls.insert(url.clone());
                }
                CitationForm::Doi(doi) => {
                    dois.insert(doi.clone());
                }
                CitationForm::Marker(_) | CitationForm::AuthorYear(..) => {}
            }
        }
        if urls.is_empty() && dois.is_empty() {
            return Ok(Self::default());
        }
        let by_url = tx.sources_at(&urls.into_iter().collect::<Vec<_>>()).await?;
        let by_doi = tx.sources_with_doi(&dois.into_iter().collect::<Vec<_>>()).await?;
        let ids: BTreeSet<SourceId> = by_url.values().chain(by_doi.values()).copied().collect();
        let mut known = HashMap::new();
        for source in tx.sources_by_id(&ids.into_iter().collect::<Vec<_>>()).await? {
            let texts = tx.texts_of_source(source.id, None).await?;
            let text = texts.into_iter().flat_map(|(_, statement, quote)| [Some(statement), quote]).flatten();
            let text = text.collect::<Vec<_>>().join("\n");
            known.insert(source.id, (source, text));
        }
        Ok(Self { by_url, by_doi, known })
    }

    /// Checks a mention in an answer, with the words it quotes.
    fn check(&self, mention: &CitationMention, answer: &str) -> CheckedCitation {
        let (kind, source) = match &mention.form {
            CitationForm::Url(url) => (CitationKind::Url, self.by_url.get(url)),
            CitationForm::Doi(doi) => (CitationKind::Doi, self.by_doi.get(doi)),
            // An answer's own list of references is not at hand: a mark alone names nothing that is known here.
            CitationForm::Marker(_) | CitationForm::AuthorYear(..) => (CitationKind::Marker, None),
        };
        let found = source.and_then(|id| self.known.get(id));
        let known = found.map(|(source, text)| KnownSource {
            title: &source.title,
            url: source.url.as_deref(),
            doi: source.doi.as_deref(),
            retracted: false,
            stale: false,
            text: Some(text),
        });
        let quoted = quoted_before(answer, mention.span.start);
        let checked = citations::check(mention, known.as_ref(), quoted);
        let state = match checked.state {
            citations::CitationState::Verified => CitationState::Verified,
            citations::CitationState::Misquoted => CitationState::Misquoted,
            citations::CitationState::NotInSource => CitationState::NotInSource,
            citations::CitationState::UnknownSource => CitationState::UnknownSource,
            citations::CitationState::Stale => CitationState::Stale,
        };
        CheckedCitation {
            kind,
            span: mention.span,
            source: source.copied(),
            quoted: quoted.map(str::to_owned),
            state,
            reason: checked.reason,
        }
    }
}

/// The words in quotation marks that stand right before a citation: only marks and a few words may lie between.
fn quoted_before(answer: &str, at: usize) -> Option<&str> {
    let before = answer.get(..at)?;
    let close = before.rfind(['"', '”'])?;
    if before[close..].chars().count() > 40 || before[close..].contains(['.', '\n']) {
        return None;
    }
    let inner = &before[..close];
    let open = inner.rfind(['"', '“'])?;
    let words = inner[open..].trim_start_matches(['"', '“']).trim();
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::quoted_before;

    #[test]
    fn the_quotation_right_before_a_citation_is_what_it_quotes() {
        let text = "The sheet says \"gold is Au\" (see https://example.org).";
        assert_eq!(quoted_before(text, text.find("https").unwrap_or(0)), Some("gold is Au"));
        assert_eq!(quoted_before("no quotation https://example.org", 13), None);
    }
}
