//! `atr schema`: what others build against, made from the very types that are read and written. The files under
//! `schemas/` are what this prints.

use std::path::PathBuf;

use anyhow::Context as _;
use atr_core::domain::{
    feedback::FeedbackInput, grounding::GroundingInput, new_trace::TraceInput, review::ReviewInput,
};
use atr_reward::spec::{Event, JobSpec};
use atr_workers::{
    DoorbellEvent,
    stages::{curate::Recipe, snapshot::Manifest},
};
use clap::Args;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::output::Output;
use crate::{
    graphql,
    http::{
        ingest::{LineResult, Summary},
        openapi,
    },
};

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which; without a name, they are listed
    #[arg(conflicts_with = "all", value_parser = known)]
    name: Option<&'static Published>,
    /// Write every one of them into a folder
    #[arg(long, value_name = "FOLDER")]
    all: Option<PathBuf>,
}

impl Schema {
    pub(crate) fn run(self, out: Output) -> anyhow::Result<()> {
        if let Some(one) = self.name {
            return out.line(one.text().trim_end());
        }
        if let Some(folder) = &self.all {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        for one in PUBLISHED {
            if let Some(folder) = &self.all {
                let path = folder.join(one.file);
                std::fs::write(&path, one.text()).with_context(|| format!("cannot write {}", path.display()))?;
            }
            out.result(&json!({ "name": one.name, "file": one.file, "of": one.of }), || {
                format!("{:18} {:24} {}", one.name, one.file, one.of)
            })?;
        }
        Ok(())
    }
}

fn known(name: &str) -> Result<&'static Published, String> {
    PUBLISHED.iter().find(|one| one.name == name).ok_or_else(|| {
        let names: Vec<&str> = PUBLISHED.iter().map(|one| one.name).collect();
        format!("there are {}", names.join(", "))
    })
}

/// A schema that is published.
#[derive(Debug)]
struct Published {
    name: &'static str,
    file: &'static str,
    /// What it describes.
    of: &'static str,
    made: Made,
}

#[derive(Debug)]
enum Made {
    Graphql,
    Openapi,
    Json(fn() -> schemars::Schema),
}

/// Every schema, in the order in which the loop meets them.
const PUBLISHED: &[Published] = &[
    Published { name: "graphql", file: "schema.graphql", of: "the API at /graphql", made: Made::Graphql },
    Published { name: "openapi", file: "openapi.json", of: "every door, as OpenAPI 3.1 has it", made: Made::Openapi },
    json("trace", "trace.json", "An error trace: a line for /v1/ingest/traces", sent::<TraceInput>),
    json("review", "review.json", "An expert's review: a line for /v1/ingest/reviews", sent::<ReviewInput>),
    json("grounding", "grounding.json", "A source or a fact: a line for /v1/ingest/grounding", sent::<GroundingInput>),
    json("feedback", "feedback.json", "What a user said: a line for /v1/ingest/feedback", sent::<FeedbackInput>),
    json("ingest-result", "ingest-result.json", "What became of a line that was sent", given::<LineResult<'_>>),
    json("ingest-summary", "ingest-summary.json", "What became of all lines together", given::<Summary>),
    json("doorbell", "doorbell.json", "A message to workers: a stage has work", given::<DoorbellEvent>),
    json("recipe", "recipe.json", "The recipe of a snapshot", sent::<Recipe>),
    json("manifest", "manifest.json", "manifest.json of a snapshot", given::<Manifest>),
    json("job-specification", "job-specification.json", "What a trainer is told", given::<JobSpec>),
    json("training-progress", "training-progress.json", "A line that a trainer reports", sent::<Event>),
];

const fn json(name: &'static str, file: &'static str, of: &'static str, made: fn() -> schemars::Schema) -> Published {
    Published { name, file, of, made: Made::Json(made) }
}

/// Of what programs send: what has a default may be left out.
fn sent<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// Of what programs are given.
fn given<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

impl Published {
    /// As its file has it.
    fn text(&self) -> String {
        let mut schema = match self.made {
            Made::Graphql => return graphql::sdl(),
            Made::Openapi => return format!("{:#}\n", openapi::document()),
            Made::Json(made) => made(),
        };
        // The last number counts the changes that break who relies on it.
        schema.insert("$id".to_owned(), format!("urn:atr:schema:{}:1", self.name).into());
        schema.insert("title".to_owned(), self.of.into());
        let mut schema = Value::from(schema);
        // Whatever another crate of the build makes of the order of keys.
        schema.sort_all_objects();
        format!("{schema:#}\n")
    }
}
