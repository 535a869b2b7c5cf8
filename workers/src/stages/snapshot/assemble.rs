//! From a frozen membership to a snapshot's files: curate again, write what is kept. Only what is pinned, and what is
//! never changed, is read; so the same files come out at any later time.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
};

use atr_core::{
    domain::{
        example::{Example, ExampleFormat},
        snapshot::{MemberContent, NewSnapshotRow, Snapshot},
    },
    hash::Digest,
    ids::{AnyId, ExampleId, ProjectId, SnapshotId},
    store::{Store, StoreError, Tx},
};
use serde_json::Value;

use super::{
    Build, Entry, Fell, Format, Inputs, RewardRow, Row, Rowless, StageCount, WriteError, Writer, Written,
    origins::{Origins, provenance},
};
use crate::{
    StageError,
    stages::curate::{self, Decision, Output},
};

/// Members whose rows are made at once.
const PAGE: i64 = 500;

/// Why a snapshot's files cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The membership gives no snapshot, now or later.
    #[error("{0}")]
    Impossible(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files.
    #[error(transparent)]
    Write(WriteError),
    /// A part of the work broke down.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<WriteError> for AssembleError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io { .. } | WriteError::Busy(_) | WriteError::Differs(_) => Self::Write(error),
            // The rows are what they are: writing them again would fail again.
            WriteError::Table(super::TableError::Io { .. }) => Self::Write(error),
            fault => Self::Impossible(fault.to_string()),
        }
    }
}

/// A snapshot's files, and what is recorded of them.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub written: Written,
    pub decided: Output,
    pub rows: Vec<NewSnapshotRow>,
    /// For each of the rows the other examples that say the same.
    pub merged: Vec<Vec<ExampleId>>,
    /// What the kept members rest on.
    pub origins: BTreeSet<AnyId>,
}

/// Makes the files of a snapshot as the directory `dir`, which must not be there.
pub(crate) async fn assemble(
    store: &Store,
    project: ProjectId,
    snapshot: &Snapshot,
    dir: &Path,
    build: &Build,
) -> Result<Assembled, AssembleError> {
    let recipe = curate::recipe(snapshot).map_err(AssembleError::Impossible)?;
    let formats: BTreeSet<Format> = recipe.formats.clone();
    let mut tx = store.begin(project).await?;
    if tx.membership_root(snapshot.id).await? != snapshot.membership_root {
        return Err(AssembleError::Impossible(
            "the frozen membership is not what it was when it was frozen".to_owned(),
        ));
    }
    let input = curate::read(&mut tx, snapshot.id).await?;
    // Not held open while rules and files take their time.
    tx.rollback().await?;
    let decided = curate::decide(recipe.clone(), input).await?.map_err(AssembleError::Impossible)?;
    let decisions = &decided.decisions;
    let mut pages = Pages { store, project, snapshot: snapshot.id, decisions, formats: &formats, after: None };
    // Twice: a row names all that gave it, and the first is written before the last is read.
    let behind = origins(pages.clone()).await?;
    let inputs = Inputs {
        snapshot: snapshot.id.to_string(),
        project: project.to_string(),
        parent: snapshot.parent.map(|id| id.to_string()),
        recipe,
        stages: decided.measures.stages.iter().map(StageCount::from).collect(),
        membership_root: snapshot.membership_root,
    };
    // Boxed: open tables are large, and travel between threads.
    let mut writing = Box::new(Writing {
        writer: Writer::create(dir, inputs)?,
        formats: formats.clone(),
        places: HashMap::new(),
        seen: HashSet::new(),
        behind,
        rows: Vec::new(),
        merged: Vec::new(),
        origins: BTreeSet::new(),
    });
    while let Some(page) = pages.next().await? {
        writing = blocking(move || writing.page(page)).await?;
    }
    for fell in decided.decisions.iter().filter_map(Fell::of) {
        writing.writer.fell(&fell)?;
    }
    let build = build.clone();
    blocking(move || {
        let Writing { writer, rows, merged, origins, .. } = *writing;
        Ok(Assembled { written: writer.finish(&build)?, decided, rows, merged, origins })
    })
    .await
}

/// What stands behind each row: read before the first is written, since a row names all that gave it.
async fn origins(mut pages: Pages<'_>) -> Result<Origins, AssembleError> {
    let mut origins = Origins::default();
    while let Some(page) = pages.next().await? {
        page.iter().for_each(|Kept { content, decision, examples }| origins.note(content, decision, examples));
    }
    origins.keep_shared();
    Ok(origins)
}

/// Runs what reads or writes files, or compresses, on a thread where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AssembleError> + Send + 'static,
) -> Result<T, AssembleError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panicked| StageError::Lasting(format!("writing the snapshot broke down: {panicked}")))?
}

/// A kept member with its decision and the examples that become its rows.
struct Kept {
    content: MemberContent,
    decision: Decision,
    examples: Vec<Example>,
}

/// The kept members of a snapshot, page by page, each read in a transaction of its own.
#[derive(Clone)]
struct Pages<'a> {
    store: &'a Store,
    project: ProjectId,
    snapshot: SnapshotId,
    decisions: &'a [Decision],
    formats: &'a BTreeSet<Format>,
    after: Option<i32>,
}

impl Pages<'_> {
    /// The next page, in which none may be kept; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<Kept>>, AssembleError> {
        let mut tx = self.store.begin(self.project).await?;
        let page = tx.member_contents(self.snapshot, self.after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.member.position);
        let page = kept(&mut tx, page, self.decisions, self.formats).await?;
        tx.rollback().await?;
        Ok(Some(page))
    }
}

async fn kept(
    tx: &mut Tx,
    page: Vec<MemberContent>,
    decisions: &[Decision],
    formats: &BTreeSet<Format>,
) -> Result<Vec<Kept>, AssembleError> {
    let kept: Vec<(MemberContent, &Decision)> = page
        .into_iter()
        .filter_map(|content| {
            let decision = usize::try_from(content.member.position).ok().and_then(|at| decisions.get(at))?;
            decision.kept.then_some((content, decision))
        })
        .collect();
    let ids: Vec<ExampleId> = kept.iter().flat_map(|(content, _)| content.member.pinned.examples.clone()).collect();
    let mut examples: HashMap<ExampleId, Example> =
        tx.examples_by_id(&ids).await?.into_iter().map(|example| (example.id, example)).collect();
    let mut page = Vec::with_capacity(kept.len());
    for (content, decision) in kept {
        let mut own = Vec::new();
        for id in &content.member.pinned.examples {
            let example = examples.remove(id);
            let example = example.ok_or_else(|| AssembleError::Impossible(format!("the example {id} is gone")))?;
            if formats.contains(&format(example.format)) {
                own.push(example);
            }
        }
        page.push(Kept { content, decision: decision.clone(), examples: own });
    }
    Ok(page)
}

/// A snapshot being written, page by page.
struct Writing {
    writer: Writer,
    formats: BTreeSet<Format>,
    /// How many rows each format has so far.
    places: HashMap<ExampleFormat, i32>,
    /// Rows written, by format and content: the correction of several wrong chains is one row of supervised training.
    seen: HashSet<(ExampleFormat, Digest)>,
    behind: Origins,
    rows: Vec<NewSnapshotRow>,
    merged: Vec<Vec<ExampleId>>,
    origins: BTreeSet<AnyId>,
}

impl Writing {
    fn page(mut self: Box<Self>, page: Vec<Kept>) -> Result<Box<Self>, AssembleError> {
        for Kept { content, decision, examples } in page {
            let member = &content.member;
            self.origins.extend([AnyId::from(member.trace), member.review.into(), member.score.into()]);
            self.origins.extend(member.pinned.facts.iter().map(|fact| AnyId::from(fact.id)));
            let derived: BTreeSet<Format> = examples.iter().map(|example| format(example.format)).collect();
            for missing in self.formats.difference(&derived) {
                self.writer.rowless(*missing, Rowless::NotDerived);
            }
            for example in examples {
                let chosen = example.chosen.into_iter();
                self.origins.extend(chosen.flat_map(|(trace, review)| [AnyId::from(trace), review.into()]));
                if !self.seen.insert((example.format, example.content_hash)) {
                    self.writer.rowless(format(example.format), Rowless::Merged);
                    continue;
                }
                let row = row(&example, decision.weight).map_err(|error| {
                    AssembleError::Impossible(format!(
                        "the example {} is no {} row: {error}",
                        example.id, example.format
                    ))
                })?;
                let others = self.behind.others(&example);
                self.merged.push(others.iter().map(|other| other.example).collect());
                let provenance = provenance(&content, &decision, &example, others);
                let row_hash = self.writer.row(Entry { row, provenance })?;
                let place = self.places.entry(example.format).or_default();
                self.rows.push(NewSnapshotRow {
                    format: example.format,
                    position: *place,
                    member_position: member.position,
                    example: example.id,
                    row_hash,
                });
                *place += 1;
            }
        }
        Ok(self)
    }
}

pub(super) fn format(of: ExampleFormat) -> Format {
    match of {
        ExampleFormat::Sft => Format::Sft,
        ExampleFormat::Preference => Format::Preference,
        ExampleFormat::Kto => Format::Kto,
        ExampleFormat::Stepwise => Format::Stepwise,
        ExampleFormat::Reward => Format::Reward,
    }
}

/// An example as a row. It is known by the example's id in every snapshot that holds it.
fn row(example: &Example, weight: f64) -> Result<Row, serde_json::Error> {
    let content = example.content.clone();
    Ok(match example.format {
        ExampleFormat::Sft => Row::Sft(serde_json::from_value(content)?),
        ExampleFormat::Preference => Row::Preference(serde_json::from_value(content)?),
        ExampleFormat::Kto => Row::Kto(serde_json::from_value(content)?),
        ExampleFormat::Stepwise => Row::Stepwise(serde_json::from_value(content)?),
        ExampleFormat::Reward => {
            let mut content = content;
            if let Value::Object(fields) = &mut content {
                fields.insert("row".to_owned(), example.id.to_string().into());
                fields.insert("weight".to_owned(), weight.into());
            }
            Row::Reward(serde_json::from_value::<RewardRow>(content)?)
        }
    })
}
