//! Taking reviews in: one transaction stores them with their citations, what they rest on, the tasks that follow and
//! the account of the batch. Sending the same again changes nothing, also when two batches bring it at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Result, StoreError, Tx, attachment_reference::Referrer, ledger::Ledger};
use crate::{
    domain::{
        Rejection,
        attachment::AttachmentRef,
        citation::{Citation, CitationKind, CitationOrigin},
        expert::Handle,
        intake::{BatchOutcome, Door},
        lineage::{Edge, Relation},
        review::{Judgement, NewReview, NewStepMark, Review, StepMark, StepRef, TraceRef},
        trace::Step,
    },
    hash::Digest,
    ids::{BatchId, ClaimId, ExpertId, GuidelineId, QuarantinedId, ReviewId, TraceId},
    queue::Work,
};

/// A review whose trace, expert and step are there, with its place in the batch.
struct Candidate<'a> {
    at: usize,
    id: ReviewId,
    sent: &'a NewReview,
    trace: TraceId,
    expert: ExpertId,
    suspect_step: Option<i32>,
    step_marks: Vec<StepMark>,
    hash: Digest,
}

/// What reviews name, looked up.
struct Named {
    traces: HashMap<TraceRef, TraceId>,
    experts: HashMap<Handle, ExpertId>,
    steps: HashMap<TraceId, Vec<Step>>,
    claims: HashMap<ClaimId, TraceId>,
    guidelines: HashSet<GuidelineId>,
}

impl Tx {
    /// Takes reviews in and accounts for every item; refused ones are only counted. A later review of an expert on a
    /// trace is the next revision; one without an external id that repeats the latest is a duplicate. Where `only` is
    /// given, reviews of other experts are refused.
    ///
    /// Each stored review enqueues the scoring of its trace and the derivation of examples, and notes that it rests on
    /// its trace and on what it cites. It takes the place of the expert's draft, and ends what they hold of the trace; what
    /// they pass on is routed anew. Whether a citation holds is decided by what is stored now.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn record_reviews(
        &mut self,
        items: &[Result<NewReview, Rejection>],
        only: Option<ExpertId>,
    ) -> Result<BatchOutcome> {
        self.take_in_reviews(items, only, Ledger::new(Door::Reviews, items.len())).await
    }

    /// The same for the reviews of these items of the quarantine.
    ///
    /// # Errors
    /// As [`Tx::record_reviews`].
    pub async fn replay_reviews(
        &mut self,
        from: &[QuarantinedId],
        items: &[Result<NewReview, Rejection>],
        only: Option<ExpertId>,
    ) -> Result<BatchOutcome> {
        self.take_in_reviews(items, only, Ledger::of_replay(Door::Reviews, from)).await
    }

    async fn take_in_reviews(
        &mut self,
        items: &[Result<NewReview, Rejection>],
        only: Option<ExpertId>,
        mut ledger: Ledger,
    ) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let items = self.settled(items).await?;
        let named = self.named_by(&items).await?;
        let mut candidates = vec![];
        for (at, item) in items.iter().enumerate() {
            match item.as_ref().map_err(Rejection::clone).and_then(|sent| named.candidate(at, self.fresh(), sent, only))
            {
                Ok(candidate) => candidates.push(candidate),
                Err(refused) => ledger.reject(at, refused),
            }
        }
        let experts: BTreeSet<_> = candidates.iter().map(|item| item.expert).collect();
        self.lock_experts(&experts.into_iter().collect::<Vec<_>>()).await?;
        let fresh = self.without_taken(&mut ledger, candidates).await?;
        let reviews = self.numbered(&mut ledger, &fresh).await?;
        self.store_reviews(&reviews).await?;
        ledger.close(self, batch).await
    }

    async fn named_by(&mut self, items: &[Result<NewReview, Rejection>]) -> Result<Named> {
        let sent = || items.iter().flatten();
        let traces: HashSet<_> = sent().map(|review| review.trace.clone()).collect();
        let traces = self.traces_referred_to(&traces.into_iter().collect::<Vec<_>>()).await?;
        let experts: HashSet<_> = sent().map(|review| review.expert.clone()).collect();
        let experts = self.experts_named(&experts.into_iter().collect::<Vec<_>>()).await?;
        let suspected: BTreeSet<_> = sent()
            .filter(|review| review.suspect_step.is_some() || !review.step_marks.is_empty())
            .filter_map(|review| traces.get(&review.trace).copied())
            .collect();
        let mut steps: HashMap<_, Vec<_>> = HashMap::new();
        if !suspected.is_empty() {
            for step in self.steps_of_traces(&suspected.into_iter().collect::<Vec<_>>()).await? {
                steps.entry(step.trace).or_default().push(step);
            }
        }
        let marked: BTreeSet<_> =
            sent().flat_map(|review| &review.judgement.claim_marks).map(|mark| mark.claim).collect();
        let claims = match marked.is_empty() {
            true => vec![],
            false => self.claims_by_id(&marked.into_iter().collect::<Vec<_>>()).await?,
        };
        let claims = claims.into_iter().map(|claim| (claim.id, claim.trace)).collect();
        let followed: BTreeSet<_> = sent().filter_map(|review| review.judgement.guideline).collect();
        let guidelines = match followed.is_empty() {
            true => vec![],
            false => self.guidelines_by_id(&followed.into_iter().collect::<Vec<_>>()).await?,
        };
        let guidelines = guidelines.into_iter().map(|guideline| guideline.id).collect();
        Ok(Named { traces, experts, steps, claims, guidelines })
    }

    /// Decides the items whose external id is taken, and takes those of the others.
    async fn without_taken<'a>(
        &mut self,
        ledger: &mut Ledger,
        candidates: Vec<Candidate<'a>>,
    ) -> Result<Vec<Candidate<'a>>> {
        let keys: Vec<_> =
            candidates.iter().filter_map(|item| Some((item.sent.external_id.clone()?, item.id, item.hash))).collect();
        let mut stands = self.take_review_keys(&keys).await?.into_iter();
        let mut fresh = Vec::with_capacity(candidates.len());
        for item in candidates {
            let Some(external_id) = &item.sent.external_id else {
                fresh.push(item);
                continue;
            };
            match stands.next() {
                Some(stands) if stands.new => fresh.push(item),
                Some(stands) if stands.content_hash == item.hash => ledger.duplicate(item.at, stands.id),
                Some(stands) => ledger.contradicts(item.at, stands.id, external_id, item.sent.line()),
                None => {
                    return Err(StoreError::Corrupt(format!("nothing stands under the external id `{external_id}`")));
                }
            }
        }
        Ok(fresh)
    }

    /// Gives each review the number of its revision, in the order of the batch.
    async fn numbered<'a>(
        &mut self,
        ledger: &mut Ledger,
        candidates: &[Candidate<'a>],
    ) -> Result<Vec<(Review, &'a Judgement)>> {
        let traces: BTreeSet<_> = candidates.iter().map(|item| item.trace).collect();
        let mut latest: HashMap<(TraceId, ExpertId), (i32, ReviewId, Digest)> = self
            .latest_reviews_of_traces(&traces.into_iter().collect::<Vec<_>>())
            .await?
            .into_iter()
            .map(|review| ((review.trace, review.expert), (review.revision, review.id, review.content_hash)))
            .collect();
        let mut reviews = Vec::with_capacity(candidates.len());
        for item in candidates {
            let before = latest.get(&(item.trace, item.expert));
            if let (None, Some((_, id, hash))) = (&item.sent.external_id, before)
                && *hash == item.hash
            {
                ledger.duplicate(item.at, id);
                continue;
            }
            let revision = before.map_or(1, |(revision, ..)| revision + 1);
            latest.insert((item.trace, item.expert), (revision, item.id, item.hash));
            ledger.stored(item.at, item.id);
            reviews.push((item.review(revision, self.now()), &item.sent.judgement));
        }
        Ok(reviews)
    }

    async fn store_reviews(&mut self, reviews: &[(Review, &Judgement)]) -> Result<()> {
        if reviews.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = reviews.iter().map(|(review, _)| review.clone()).collect();
        self.insert_reviews(&rows).await?;
        let given: Vec<_> = rows.iter().collect();
        self.discard_drafts_of(&given).await?;
        let passed_on = self.end_assignments(&given).await?;
        let cited: HashSet<_> = reviews.iter().flat_map(|(_, said)| &said.citations).collect();
        let checked = self.check_citations(&cited).await?;
        let (mut citations, mut edges) = (vec![], vec![]);
        for (review, said) in reviews {
            edges.push(Edge::new(review.id, Relation::WasDerivedFrom, review.trace));
            for cited in &said.citations {
                let found = &checked[cited];
                edges.extend(found.fact.map(|fact| Edge::new(review.id, Relation::WasDerivedFrom, fact)));
                edges.extend(found.source.map(|source| Edge::new(review.id, Relation::WasDerivedFrom, source)));
                citations.push(Citation {
                    id: self.fresh(),
                    trace: review.trace,
                    origin: CitationOrigin::Review(review.id),
                    kind: cited.target.kind(),
                    raw: cited.target.name().to_owned(),
                    span: None,
                    source: found.source,
                    fact: found.fact,
                    quoted: cited.quoted.clone(),
                    state: found.finding.state,
                    reason: found.finding.reason.clone(),
                    copy: found.copy,
                    copy_span: None,
                });
            }
        }
        self.insert_citations(&citations).await?;
        let references = reviews.iter().map(|(review, said)| (Referrer::Review(review.id), &said.attachments));
        self.insert_references(references.map(|(of, named)| (of, AttachmentRef::contents(named)))).await?;
        self.note_lineage(&edges).await?;
        let judged: BTreeSet<_> = rows.iter().map(|review| review.trace).collect();
        let score = judged.into_iter().map(|trace| Work::ScoreTrace { trace });
        let derive = rows.iter().map(|review| Work::DeriveReview { review: review.id });
        let propose = reviews.iter().filter(|(review, said)| states_facts(review, said));
        let propose = propose.map(|(review, _)| Work::ProposeFacts { review: review.id });
        let route = passed_on.into_iter().map(|cycle| Work::RouteCycle { cycle });
        self.enqueue_all(score.chain(derive).chain(propose).chain(route).collect::<Vec<_>>()).await?;
        Ok(())
    }
}

impl Named {
    fn candidate<'a>(
        &self,
        at: usize,
        id: ReviewId,
        sent: &'a NewReview,
        only: Option<ExpertId>,
    ) -> Result<Candidate<'a>, Rejection> {
        let expert = *self.experts.get(&sent.expert).ok_or_else(|| {
            let message = format!("no expert has the handle `{}`: enter the expert first", sent.expert);
            Rejection::new("expert", message)
        })?;
        if only.is_some_and(|only| only != expert) {
            let message = "this key writes another expert's reviews: use the key of the expert who judged";
            return Err(Rejection::new("expert", message));
        }
        let trace = *self.traces.get(&sent.trace).ok_or_else(|| match &sent.trace {
            TraceRef::Id(id) => Rejection::new("trace", format!("no trace {id} is stored: send the trace first")),
            TraceRef::External(id) => Rejection::new(
                "trace_external_id",
                format!("no trace has the external_id `{id}`: send the trace first"),
            ),
        })?;
        let steps = self.steps.get(&trace).map_or(&[][..], Vec::as_slice);
        let suspect_step = sent.suspect_step.as_ref().map(|step| place_of("suspect_step", step, steps)).transpose()?;
        let step_marks = step_marks(&sent.step_marks, steps)?;
        for (at, mark) in sent.judgement.claim_marks.iter().enumerate() {
            if self.claims.get(&mark.claim) != Some(&trace) {
                let message =
                    format!("{} is no claim of this trace: mark those of its newest verification", mark.claim);
                return Err(Rejection::new(format!("claim_marks[{at}].claim"), message));
            }
        }
        if let Some(id) = sent.judgement.guideline.filter(|id| !self.guidelines.contains(id)) {
            return Err(Rejection::new(
                "guideline",
                format!("no guideline is {id}: name the version that was followed"),
            ));
        }
        let hash = sent.judgement.content_hash(trace, expert, suspect_step, &step_marks);
        Ok(Candidate { at, id, sent, trace, expert, suspect_step, step_marks, hash })
    }
}

/// The place of the step that a review names.
fn place_of(field: &str, named: &StepRef, steps: &[Step]) -> Result<i32, Rejection> {
    let found = steps.iter().find(|step| match named {
        StepRef::Ordinal(place) => step.ordinal == *place,
        StepRef::Id(id) => step.id == *id,
        StepRef::Key(key) => step.key == *key,
    });
    found.map(|step| step.ordinal).ok_or_else(|| {
        let known = match steps.len() {
            0 => format!("it has none: leave {field} out"),
            1 => "it has step 0 alone".to_owned(),
            more => format!("its steps are 0 to {}", more - 1),
        };
        Rejection::new(field, format!("the trace has no such step; {known}"))
    })
}

/// The marks of steps, looked up; in the order of the steps.
fn step_marks(sent: &[NewStepMark], steps: &[Step]) -> Result<Vec<StepMark>, Rejection> {
    let mut marks = Vec::with_capacity(sent.len());
    let mut places = HashSet::new();
    for (at, mark) in sent.iter().enumerate() {
        let field = format!("step_marks[{at}].step");
        let step = place_of(&field, &mark.step, steps)?;
        if !places.insert(step) {
            return Err(Rejection::new(field, format!("marks step {step} again: give one mark a step")));
        }
        marks.push(StepMark { step, finding: mark.finding, note: mark.note.clone() });
    }
    marks.sort_by_key(|mark| mark.step);
    Ok(marks)
}

impl Candidate<'_> {
    fn review(&self, revision: i32, created_at: chrono::DateTime<chrono::Utc>) -> Review {
        let said = &self.sent.judgement;
        Review {
            id: self.id,
            external_id: self.sent.external_id.clone(),
            trace: self.trace,
            expert: self.expert,
            revision,
            verdict: said.verdict,
            severity: said.severity,
            suspect_step: self.suspect_step,
            flaw_labels: said.flaw_labels.clone(),
            corrected_answer: said.corrected_answer.clone(),
            corrected_steps: said.corrected_steps.clone(),
            rationale: said.rationale.clone(),
            seconds_spent: said.seconds_spent,
            step_marks: self.step_marks.clone(),
            claim_marks: said.claim_marks.clone(),
            guideline: said.guideline,
            content_hash: self.hash,
            created_at,
        }
    }
}

/// Whether a review corrects a wrong answer and cites something for it that is no fact yet.
fn states_facts(review: &Review, said: &Judgement) -> bool {
    let wrong = review.verdict.is_right() == Some(false) && review.corrected_answer.is_some();
    wrong && said.citations.iter().any(|cited| cited.target.kind() != CitationKind::Fact)
}
