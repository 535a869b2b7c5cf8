//! Whether the citations of reviews hold, by what is stored.

use std::collections::{HashMap, HashSet};

use super::{Result, Tx};
use crate::{
    domain::{
        citation::{Finding, NewCitation, Target, Wording},
        grounding::Fact,
    },
    ids::{FactId, SourceId},
};

/// A citation that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// The source it names.
    pub(super) source: Option<SourceId>,
    /// The fact it names.
    pub(super) fact: Option<FactId>,
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
                        Finding::of_source(stands)
                    }
                    (None, None) => Finding::unknown(&citation.target),
                };
                (*citation, Checked { source, fact: fact.map(|fact| fact.id), finding })
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
