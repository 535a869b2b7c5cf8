//! Whether the citations of reviews hold, by what is stored.

use std::collections::{HashMap, HashSet};

use super::{Result, Tx};
use crate::{
    domain::{
        citation::{Finding, NewCitation, Target, Wording},
        grounding::Fact,
        source_copy::CopyText,
    },
    ids::{FactId, SourceCopyId, SourceId},
};

/// A citation that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// The source it names.
    pub(super) source: Option<SourceId>,
    /// The fact it names.
    pub(super) fact: Option<FactId>,
    /// The copy of the source that it was held against.
    pub(super) copy: Option<SourceCopyId>,
    /// Whether it holds.
    pub(super) finding: Finding,
}

/// What citations name, looked up.
#[derive(Default)]
struct Known {
    facts: HashMap<String, Fact>,
    sources: HashMap<Target, SourceId>,
}

impl Tx {
    /// Checks citations against sources and facts as they are now. A few statements, however many citations; where
    /// words of a source are quoted, all that the source states is read.
    pub(super) async fn check_citations<'a>(
        &mut self,
        cited: &HashSet<&'a NewCitation>,
    ) -> Result<HashMap<&'a NewCitation, Checked>> {
        if cited.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self.look_up(cited).await?;
        let mut quoted: HashMap<SourceId, Vec<&str>> = HashMap::new();
        for citation in cited {
            if let (Some(source), Some(words)) = (known.sources.get(&citation.target), &citation.quoted) {
                quoted.entry(*source).or_default().push(words);
            }
        }
        let mut stated = HashSet::new();
        for (source, quotations) in quoted {
            self.find_in_source(source, &quotations, &mut stated).await?;
        }
        let copies = self.find_in_copies(&known, cited, &mut stated).await?;
        let named: Vec<SourceId> = known.sources.values().copied().collect();
        let freshness: HashMap<_, _> = self.freshness_of_sources(&named).await?.into_iter().collect();
        let today = self.now().date_naive();
        Ok(cited
            .iter()
            .map(|citation| {
                let quoted = citation.quoted.as_deref();
                let fact = match &citation.target {
                    Target::Fact(name) => known.facts.get(name),
                    _ => None,
                };
                let source = known.sources.get(&citation.target).copied();
                let finding = match (fact, source) {
                    (Some(fact), _) => Finding::of_fact(fact, quoted, today),
                    (None, Some(source)) => {
                        let stands = quoted.map(|words| stated.contains(&(source, words.to_owned())));
                        let freshness = freshness.get(&source).copied();
                        Finding::of_source(stands, copies.contains_key(&source), freshness)
                    }
                    (None, None) => Finding::unknown(&citation.target),
                };
                let copy = source.and_then(|source| copies.get(&source).copied());
                (*citation, Checked { source, fact: fact.map(|fact| fact.id), copy, finding })
            })
            .collect())
    }

    /// A name is taken as the curator's id first, and as an id of ours where no curator gave it.
    async fn look_up(&mut self, cited: &HashSet<&NewCitation>) -> Result<Known> {
        let (mut facts, mut sources, mut urls, mut dois) = (vec![], vec![], vec![], vec![]);
        for citation in cited {
            match &citation.target {
                Target::Fact(name) => facts.push(name.clone()),
                Target::Source(name) => sources.push(name.clone()),
                Target::Url(url) => urls.push(url.clone()),
                Target::Doi(doi) => dois.push(doi.clone()),
            }
        }
        let mut known = Known::default();
        if !facts.is_empty() {
            let mut ids = self.facts_named(&facts).await?;
            for name in &facts {
                if let (false, Ok(id)) = (ids.contains_key(name), name.parse()) {
                    ids.insert(name.clone(), id);
                }
            }
            let asked: Vec<_> = ids.values().copied().collect();
            let found: HashMap<_, _> =
                self.facts_by_id(&asked).await?.into_iter().map(|fact| (fact.id, fact)).collect();
            known.facts = ids.into_iter().filter_map(|(name, id)| Some((name, found.get(&id)?.clone()))).collect();
        }
        if !sources.is_empty() {
            let mut ids = self.sources_named(&sources).await?;
            let ours: Vec<SourceId> =
                sources.iter().filter(|name| !ids.contains_key(*name)).filter_map(|name| name.parse().ok()).collect();
            ids.extend(self.sources_by_id(&ours).await?.into_iter().map(|source| (source.id.to_string(), source.id)));
            known.sources.extend(ids.into_iter().map(|(name, id)| (Target::Source(name), id)));
        }
        if !urls.is_empty() {
            known.sources.extend(self.sources_at(&urls).await?.into_iter().map(|(url, id)| (Target::Url(url), id)));
        }
        if !dois.is_empty() {
            let found = self.sources_with_doi(&dois).await?;
            known.sources.extend(found.into_iter().map(|(doi, id)| (Target::Doi(doi), id)));
        }
        Ok(known)
    }

    /// The copies that the cited sources have now. Adds those quotations that stand in one to `stated`; what it has of
    /// them already is not looked for. One text at a time is held.
    async fn find_in_copies(
        &mut self,
        known: &Known,
        cited: &HashSet<&NewCitation>,
        stated: &mut HashSet<(SourceId, String)>,
    ) -> Result<HashMap<SourceId, SourceCopyId>> {
        let sources: HashSet<SourceId> = known.sources.values().copied().collect();
        let copies = self.current_copies_of_sources(&sources.into_iter().collect::<Vec<_>>()).await?;
        for copy in &copies {
            let of_it = |citation: &&&NewCitation| known.sources.get(&citation.target) == Some(&copy.source);
            let quoted = cited.iter().filter(of_it).filter_map(|citation| citation.quoted.as_deref());
            let open: Vec<&str> =
                quoted.filter(|words| !stated.contains(&(copy.source, (*words).to_owned()))).collect();
            if open.is_empty() {
                continue;
            }
            if let Some((_, CopyText::Read { text, .. })) = self.texts_of_copies(&[copy.id]).await?.pop() {
                let text = Wording::of(&text);
                let stands = open.into_iter().filter(|words| Wording::of(words).stands_in(&text));
                stated.extend(stands.map(|words| (copy.source, words.to_owned())));
            }
        }
        Ok(copies.into_iter().map(|copy| (copy.source, copy.id)).collect())
    }

    /// Adds those quotations that stand in something the source states to `stated`.
    async fn find_in_source(
        &mut self,
        source: SourceId,
        quotations: &[&str],
        stated: &mut HashSet<(SourceId, String)>,
    ) -> Result<()> {
        let mut open: Vec<(&str, Wording)> = quotations.iter().map(|words| (*words, Wording::of(words))).collect();
        let mut after = None;
        while !open.is_empty() {
            let texts = self.texts_of_source(source, after).await?;
            let Some((last, ..)) = texts.last() else { break };
            after = Some(*last);
            for (_, statement, quote) in &texts {
                let texts: Vec<_> =
                    [Some(statement), quote.as_ref()].into_iter().flatten().map(|text| Wording::of(text)).collect();
                open.retain(|(words, wording)| {
                    let stands = texts.iter().any(|text| wording.stands_in(text));
                    if stands {
                        stated.insert((source, (*words).to_owned()));
                    }
                    !stands
                });
            }
        }
        Ok(())
    }
}
