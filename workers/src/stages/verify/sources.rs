//! What answers cite, checked against the sources that are known here and what these are known to say: for a task of verifying,
//! and for a program that asks before it answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::{
        citation::{CitationKind, CitationState},
        grounding::Source,
        source_copy::{CopyText, Freshness, SourceCopy},
    },
    ids::{FactId, SourceCopyId, SourceId},
    store::Tx,
};

use super::{
    align::Passages,
    citations::{self, CitationForm, CitationMention, KnownSource, Target, quotation::quoted_before},
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
    /// The copy of the source that it was held against.
    pub copy: Option<SourceCopyId>,
    /// Where the nearest passage stands in that copy's text.
    pub copy_span: Option<Span>,
}

/// A mention in one of several answers, with what it quotes.
#[derive(Debug, Clone)]
struct Cited {
    mention: CitationMention,
    quoted: Option<String>,
    source: Option<SourceId>,
}

/// The citations of each answer, in order, checked against sources as they are now. A few statements however many there are, and
/// where words are quoted one source's text after the other: no two are held at once.
///
/// # Errors
/// If the database is out of reach.
pub async fn cite(tx: &mut Tx, answers: Vec<String>) -> Result<Vec<Vec<CheckedCitation>>, StageError> {
    let answers = blocking(move || {
        let found = answers.into_iter().map(|answer| (citations::find(&answer), answer));
        found.map(|(mentions, answer)| (answer, mentions)).collect::<Vec<_>>()
    })
    .await?;
    let named = Named::read(tx, answers.iter().flat_map(|(_, mentions)| mentions)).await?;
    let cited: Vec<(usize, Cited)> = answers
        .iter()
        .enumerate()
        .flat_map(|(at, (answer, mentions))| mentions.iter().map(move |mention| (at, answer, mention)))
        .map(|(at, answer, mention)| {
            let quoted = quoted_before(answer, mention.span.start).map(str::to_owned);
            (at, Cited { mention: mention.clone(), quoted, source: named.source(mention) })
        })
        .collect();
    let mut of_source: BTreeMap<Option<SourceId>, Vec<usize>> = BTreeMap::new();
    for (at, (_, cited)) in cited.iter().enumerate() {
        of_source.entry(cited.source).or_default().push(at);
    }
    let mut checked: Vec<Option<CheckedCitation>> = vec![None; cited.len()];
    for (source, places) in of_source {
        let known = match source.and_then(|id| named.known.get(&id)) {
            Some(known) => Some(known.with_texts(tx, places.iter().any(|at| cited[*at].1.quoted.is_some())).await?),
            None => None,
        };
        let mentions: Vec<Cited> = places.iter().map(|at| cited[*at].1.clone()).collect();
        let found = blocking(move || match known {
            Some(known) => known.check(mentions),
            None => mentions.into_iter().map(|cited| cited.held_against(None, None)).collect::<Vec<_>>(),
        })
        .await?;
        for (at, found) in places.into_iter().zip(found) {
            checked[at] = Some(found);
        }
    }
    let mut out: Vec<Vec<CheckedCitation>> = answers.iter().map(|_| vec![]).collect();
    for ((answer, _), found) in cited.iter().zip(checked) {
        out[*answer].extend(found);
    }
    Ok(out)
}

/// The sources that mentions name by address or DOI.
#[derive(Default)]
struct Named {
    by_url: HashMap<String, SourceId>,
    by_doi: HashMap<String, SourceId>,
    known: HashMap<SourceId, Known>,
}

/// A source, how fresh it is, and what was last retrieved from it.
#[derive(Clone)]
struct Known {
    source: Source,
    freshness: Option<Freshness>,
    copy: Option<SourceCopy>,
}

impl Named {
    async fn read<'a>(tx: &mut Tx, mentions: impl Iterator<Item = &'a CitationMention>) -> Result<Self, StageError> {
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
        let ids: Vec<SourceId> = ids.into_iter().collect();
        let freshness: HashMap<_, _> = tx.freshness_of_sources(&ids).await?.into_iter().collect();
        let copies = tx.current_copies_of_sources(&ids).await?;
        let mut copies: HashMap<_, _> = copies.into_iter().map(|copy| (copy.source, copy)).collect();
        let known = tx.sources_by_id(&ids).await?.into_iter().map(|source| {
            let (freshness, copy) = (freshness.get(&source.id).copied(), copies.remove(&source.id));
            (source.id, Known { source, freshness, copy })
        });
        Ok(Self { by_url, by_doi, known: known.collect() })
    }

    fn source(&self, mention: &CitationMention) -> Option<SourceId> {
        match &mention.target {
            Some(Target::Url(url)) => self.by_url.get(url).copied(),
            Some(Target::Doi(doi)) => self.by_doi.get(doi).copied(),
            // A title alone is not looked up: two sources may have it.
            Some(Target::Title(_)) | None => None,
        }
    }
}

/// A source with what is known of its words.
struct Worded {
    known: Known,
    /// The text of its copy, if it was read.
    copy: Option<String>,
    /// What its facts state and quote.
    stated: String,
    /// What those of them state and quote that were retracted.
    retracted: String,
}

impl Known {
    /// With its texts, where they are wanted.
    async fn with_texts(&self, tx: &mut Tx, wanted: bool) -> Result<Worded, StageError> {
        let known = self.clone();
        let copy = match &self.copy {
            Some(copy) if wanted => tx.texts_of_copies(&[copy.id]).await?.pop(),
            _ => None,
        };
        let copy = copy.and_then(|(_, text)| match text {
            CopyText::Read { text, .. } => Some(text),
            CopyText::Unread(_) => None,
        });
        let joined = |texts: Vec<(FactId, String, Option<String>)>| {
            let texts = texts.into_iter().flat_map(|(_, statement, quote)| [Some(statement), quote]).flatten();
            texts.collect::<Vec<_>>().join("\n")
        };
        let (stated, retracted) = if wanted {
            let source = self.source.id;
            (tx.texts_of_source(source, None).await?, tx.retracted_texts_of_source(source).await?)
        } else {
            (vec![], vec![])
        };
        Ok(Worded { known, copy, stated: joined(stated), retracted: joined(retracted) })
    }
}

impl Worded {
    fn check(self, mentions: Vec<Cited>) -> Vec<CheckedCitation> {
        let Self { known: Known { source, freshness, copy: kept }, copy, stated, retracted } = self;
        let (is_kept, failing) = (kept.is_some(), freshness.is_some_and(|found| found.failing));
        let of_copy = kept.filter(|_| copy.is_some()).map(|copy| copy.id);
        let texts: Vec<Passages> =
            copy.iter().chain([&stated]).filter(|text| !text.is_empty()).map(|text| Passages::of(text)).collect();
        let retracted = (!retracted.is_empty()).then(|| Passages::of(&retracted));
        let known = KnownSource {
            title: &source.title,
            stale: freshness.is_some_and(|found| found.stale),
            failing: failing && !is_kept,
            texts: &texts,
            retracted: retracted.as_ref(),
        };
        mentions.into_iter().map(|cited| cited.held_against(Some(&known), of_copy)).collect()
    }
}

impl Cited {
    fn held_against(self, known: Option<&KnownSource>, copy: Option<SourceCopyId>) -> CheckedCitation {
        let checked = citations::check(&self.mention, known, self.quoted.as_deref());
        CheckedCitation {
            span: self.mention.span,
            kind: match &self.mention.form {
                CitationForm::Url(_) | CitationForm::Pmid(_) => CitationKind::Url,
                CitationForm::Doi(_) | CitationForm::Arxiv(_) => CitationKind::Doi,
                CitationForm::Marker(_) | CitationForm::AuthorYear(..) | CitationForm::Isbn(_) => CitationKind::Marker,
            },
            source: self.source,
            copy: copy.filter(|_| self.quoted.is_some()),
            // The text of the copy is the first of its source's, where there is one.
            copy_span: copy.and(checked.passage).filter(|(text, _)| *text == 0).map(|(_, span)| span),
            quoted: self.quoted,
            state: checked.state,
            reason: checked.reason,
        }
    }
}
