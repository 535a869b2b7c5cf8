//! `atr schema`: the files under `schemas/` are what these print.

use std::io::Write;

use clap::Subcommand;

use crate::graphql;

/// Print the forms that programs rely on.
#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// The GraphQL schema, in its schema definition language
    Graphql,
}

impl Schema {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Graphql => std::io::stdout().write_all(graphql::sdl().as_bytes())?,
        }
        Ok(())
    }
}
