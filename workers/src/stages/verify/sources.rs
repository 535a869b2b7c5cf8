//! The sources that the answers of a batch cite, and what they are known to state.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::{
        citation::{CitationKind, CitationState},
        grounding::Source,
    },
    ids::SourceId,
    store::Tx,
};

use super::citations::{self, CitationForm, CitationMention, KnownSource, Target, quotation::quoted_before};
use crate::StageError;

/// What is known of the sources cited.
#[derive(Debug, Default)]
pub(super) struct Sources {
    by_url: HashMap<String, SourceId>,
    by_doi: HashMap<String, SourceId>,
    known: HashMap<SourceId, (Source, String)>,
}

/// A citation, checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) kind: CitationKind,
    pub(super) source: Option<SourceId>,
    pub(super) quoted: Option<String>,
    pub(super) state: CitationState,
    pub(super) reason: String,
}

impl Sources {
    /// Reads the sources that the mentions name by address or DOI.
    pub(super) async fn read<'a>(
        tx: &mut Tx,
        mentions: impl Iterator<Item = &'a CitationMention>,
    ) -> Result<Self, StageError> {
        let (mut urls, mut dois) = (BTreeSet::new(), BTreeSet::new());
        for mention in mentions {
            match &mention.target {
                Some(Target::Url(url)) => drop(urls.insert(url.clone())),
                Some(Target::Doi(doi)) => drop(dois.insert(doi.clone())),
                Some(Target::Title(_)) | None => {}
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
    pub(super) fn check(&self, mention: &CitationMention, answer: &str) -> Checked {
        let kind = match &mention.form {
            CitationForm::Url(_) | CitationForm::Pmid(_) => CitationKind::Url,
            CitationForm::Doi(_) | CitationForm::Arxiv(_) => CitationKind::Doi,
            CitationForm::Marker(_) | CitationForm::AuthorYear(..) | CitationForm::Isbn(_) => CitationKind::Marker,
        };
        let source = match &mention.target {
            Some(Target::Url(url)) => self.by_url.get(url),
            Some(Target::Doi(doi)) => self.by_doi.get(doi),
            // A title alone is not looked up: two sources may have it.
            Some(Target::Title(_)) | None => None,
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
        Checked { kind, source: source.copied(), quoted: quoted.map(str::to_owned), state, reason: checked.reason }
    }
}
