//! What is known of a trace: not for who judges it still.

use atr_core::{
    domain::{
        citation::{Citation, CitationOrigin, CitationState},
        flaw::{Evidence, Flaw},
        grounding::Fact,
        judgement::{Claim, ClaimVerdict, Divergence, Score},
        review::Review,
        trace::Trace,
    },
    store::Tx,
};
use atr_workers::stages::score::reward::{self, Part, Terms};
use axum::http::StatusCode;

use super::history::{self, Event};
use crate::{
    app::explain::Standing,
    console::{
        charts,
        fault::Fault,
        pages::week::{Piece, aligned_pieces},
        text::Text,
    },
};

/// How many claims, citations and flaws are shown.
const SHOWN: usize = 50;

/// What is known of a trace.
pub(super) struct Known {
    standing: Standing,
    pub(super) waterfall: Option<Waterfall>,
    pub(super) history: Vec<Event>,
}

/// What a reward is made of.
pub(super) struct Waterfall {
    pub(super) svg: String,
    pub(super) parts: Vec<(&'static str, Part)>,
}

impl Known {
    /// Of what stands about a trace, whose newest reviews were read already.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub(super) async fn of(tx: &mut Tx, trace: &Trace, reviews: &[(Review, String)], t: &Text) -> Result<Self, Fault> {
        let standing = Standing::of(tx, trace.clone()).await?;
        let waterfall = standing.score.as_ref().map(|score| waterfall(score, t)).transpose()?;
        Ok(Self { standing, waterfall, history: history::of(tx, trace, reviews, t).await? })
    }

    pub(super) fn score(&self) -> Option<&Score> {
        self.standing.score.as_ref()
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.standing.claims.iter().take(SHOWN)
    }

    /// The citations in the answer.
    pub(super) fn citations(&self) -> impl Iterator<Item = &Citation> {
        let in_answer = |citation: &&Citation| matches!(citation.origin, CitationOrigin::Verification(_));
        self.standing.citations.iter().filter(in_answer).take(SHOWN)
    }

    pub(super) fn flaws(&self) -> impl Iterator<Item = &Flaw> {
        self.standing.flaws.iter().take(SHOWN)
    }

    /// The flaws of a step.
    pub(super) fn flaws_of(&self, step: &i32) -> impl Iterator<Item = &Flaw> {
        self.flaws().filter(move |flaw| flaw.step == Some(*step))
    }

    /// Where the evidence of a flaw is shown on the page; nothing where it is not.
    pub(super) fn place_of(&self, flaw: &Flaw) -> Option<String> {
        match flaw.evidence {
            Evidence::Claim(id) => self.claims().any(|claim| claim.id == id).then(|| format!("#{id}")),
            Evidence::Citation(id) => self.citations().any(|citation| citation.id == id).then(|| format!("#{id}")),
            Evidence::Finding(_) => None,
            Evidence::Review(_) => Some("#reviews".to_owned()),
        }
    }

    /// The fact that decided a claim.
    pub(super) fn deciding(&self, claim: &Claim) -> Option<&Fact> {
        self.standing.fact(claim.deciding_fact?)
    }

    /// The fact that says what a claim says, and holds no more.
    pub(super) fn lapsed(&self, claim: &Claim) -> Option<&Fact> {
        self.standing.fact(claim.lapsed_fact?)
    }

    /// The statement of the fact that decided a claim, with the words that decide.
    pub(super) fn statement<'a>(&self, fact: &'a Fact, claim: &Claim) -> Vec<Piece<'a>> {
        let place = |at: i32| usize::try_from(at).ok();
        let span = claim.fact_span.and_then(|(from, to)| place(from).zip(place(to)));
        aligned_pieces(&fact.statement, span)
    }

    pub(super) fn divergence(&self) -> Option<&Divergence> {
        self.standing.divergence()
    }

    /// The chain that stands for the group's answer, where it is another one.
    pub(super) fn representative(&self) -> Option<String> {
        let id = self.standing.consensus.as_ref()?.representative?;
        (id != self.standing.trace.id).then(|| id.to_string())
    }

    /// How a verdict is shown.
    pub(super) fn tone(&self, verdict: &ClaimVerdict) -> &'static str {
        match verdict {
            ClaimVerdict::Supported => "good",
            ClaimVerdict::Contradicted => "bad",
            ClaimVerdict::Unverifiable => "warn",
        }
    }

    /// How the state of a citation is shown.
    pub(super) fn tone_of(&self, state: &CitationState) -> &'static str {
        match state {
            CitationState::Verified => "good",
            CitationState::UnknownSource => "warn",
            _ => "bad",
        }
    }
}

/// What a reward is made of.
fn waterfall(score: &Score, t: &Text) -> Result<Waterfall, Fault> {
    let undrawable = |error: String| {
        tracing::error!(error, "a reward could not be drawn");
        Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let parts = reward::parts(&score.weighing.weights, Terms::of_score(score));
    let parts = parts.map_err(|error| undrawable(error.to_string()))?;
    let label = |name: &str| match name {
        "expert" => t.term_expert,
        "support" => t.term_support,
        "unverifiable" => t.term_unverifiable,
        "consistency" => t.term_consistency,
        "citations" => t.term_citations,
        "model" => t.term_model,
        _ => t.term_feedback,
    };
    let parts: Vec<_> = parts.into_iter().map(|part| (label(part.name), part)).collect();
    let bars: Vec<_> =
        parts.iter().map(|(label, part)| charts::Bar { label: (*label).to_owned(), adds: part.adds }).collect();
    let svg = charts::waterfall(&bars, t.reward).map_err(undrawable)?;
    Ok(Waterfall { svg, parts })
}
