//! Asks a judge about the claims of a trace that the rules leave open, and lets the trace be verified by what it says.

use atr_core::{
    domain::judgement::JudgeOpinion,
    queue::{Claim, Work},
};
use futures_util::{StreamExt, stream};

use super::{
    super::verify::{
        judge::{Answered, hold_claims},
        opinion::{Prompt, consult},
    },
    Judge,
    endpoint::{AskError, Endpoint, Form, Received},
};
use crate::{Context, StageError};

/// How many claims of a trace are asked about at once.
const AT_ONCE: usize = 4;

impl From<AskError> for StageError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Passing(_) => Self::Passing(error.to_string()),
            AskError::Refused(_) | AskError::Form(_) | AskError::Useless(_) => Self::Lasting(error.to_string()),
        }
    }
}

/// Asks about one trace.
pub(crate) async fn run(cx: &Context, task: &Claim) -> Result<(), StageError> {
    let Work::JudgeClaims { trace } = task.work else { return Ok(()) };
    let Some(Judge::Endpoint(endpoint)) = &cx.judge else {
        return Err(StageError::Passing("this worker knows no judge: ATR_JUDGE_URL names one".to_owned()));
    };
    let unasked = unasked(cx, task, endpoint).await?;
    // Another trace with the same claims asked meanwhile: all that is left is to hear it.
    let answered = unasked.is_empty();
    let Asked { received, failed } = ask(cx, task, endpoint, unasked).await?;
    let mut tx = cx.store.begin_for(task).await?;
    let opinions: Vec<JudgeOpinion> = received
        .into_iter()
        .map(|(prompt, Received { answer, input_tokens, output_tokens })| JudgeOpinion {
            id: tx.fresh(),
            model: endpoint.model().to_owned(),
            prompt_hash: prompt.hash(),
            prompt: prompt.text(),
            answer,
            input_tokens,
            output_tokens,
            at: tx.now(),
        })
        .collect();
    tx.insert_judge_opinions(&opinions).await?;
    if let Some(error) = failed {
        // What came is kept: it is not asked for again.
        tx.commit().await?;
        return Err(error.into());
    }
    if answered || !opinions.is_empty() {
        tx.enqueue(Work::VerifyTrace { trace }).await?;
    }
    tx.succeed(task).await?;
    Ok(tx.commit().await?)
}

/// What the judge was not asked yet about the task's trace.
async fn unasked(cx: &Context, task: &Claim, endpoint: &Endpoint) -> Result<Vec<Prompt>, StageError> {
    let Work::JudgeClaims { trace } = task.work else { return Ok(vec![]) };
    let mut tx = cx.store.begin_for(task).await?;
    let traces = tx.traces_by_id(&[trace]).await?;
    let answers = traces.iter().map(|of| Answered { query: of.query.clone(), answer: of.answer.clone() });
    let held = hold_claims(&mut tx, &cx.parsed_facts, answers.collect()).await?;
    let answers = traces.iter().map(|of| of.query.clone()).zip(held).collect();
    let consulted = consult(&mut tx, endpoint.model(), answers).await?;
    // Nothing is held open while the judge thinks.
    tx.rollback().await?;
    Ok(consulted.into_iter().flat_map(|of| of.unasked).collect())
}

/// What came of asking.
#[derive(Default)]
struct Asked {
    received: Vec<(Prompt, Received)>,
    /// Why the first had no answer that had none.
    failed: Option<AskError>,
}

/// Asks, each prompt once; and once more in the plain form those of which the server refuses the full one.
async fn ask(cx: &Context, task: &Claim, endpoint: &Endpoint, prompts: Vec<Prompt>) -> Result<Asked, StageError> {
    let mut out = Asked::default();
    let form = endpoint.form();
    let refused = ask_all(cx, task, endpoint, form, prompts, &mut out).await?;
    if !refused.is_empty() {
        let before = out.received.len();
        ask_all(cx, task, endpoint, Form::Plain, refused, &mut out).await?;
        if out.received.len() > before {
            endpoint.takes_plain_form_only();
        }
    }
    Ok(out)
}

/// Asks as many as the day allows, and answers those of which the server refuses the form.
async fn ask_all(
    cx: &Context,
    task: &Claim,
    endpoint: &Endpoint,
    form: Form,
    mut prompts: Vec<Prompt>,
    out: &mut Asked,
) -> Result<Vec<Prompt>, StageError> {
    if prompts.is_empty() {
        return Ok(vec![]);
    }
    let mut tx = cx.store.begin_for(task).await?;
    let wanted = i32::try_from(prompts.len()).unwrap_or(i32::MAX);
    let taken = usize::try_from(tx.take_judge_calls(wanted, endpoint.calls_per_day).await?).unwrap_or(0);
    tx.commit().await?;
    if taken < prompts.len() {
        // They stay as the rules left them: what waited for the next day would grow without end where each day brings more.
        tracing::info!(left = prompts.len() - taken, "the day's calls of the judge are spent");
        metrics::counter!("atr_judge_claims_left_total").increment((prompts.len() - taken) as u64);
    }
    prompts.truncate(taken);
    metrics::counter!("atr_judge_calls_total").increment(taken as u64);
    let answers = stream::iter(prompts).map(|prompt| async {
        let answer = endpoint.ask(&prompt, form).await;
        (prompt, answer)
    });
    let mut answers = answers.buffer_unordered(AT_ONCE);
    let mut refused = vec![];
    while let Some((prompt, answer)) = answers.next().await {
        match answer {
            Ok(received) => out.received.push((prompt, received)),
            Err(AskError::Form(_)) => refused.push(prompt),
            Err(error) => out.failed = out.failed.take().or(Some(error)),
        }
    }
    Ok(refused)
}
