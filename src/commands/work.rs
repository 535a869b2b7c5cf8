//! `atr work [STAGE…]`: workers alone.

use std::time::Duration;

use anyhow::ensure;
use atr_core::queue::Stage;
use atr_workers::{Options, Worker};
use clap::Args;

use super::{
    installation::{Installation, Schema},
    signals::stop_at_signal,
};
use crate::{
    app::Process,
    config::{Grace, Place, Reached, Working},
};

#[derive(Debug, Args)]
pub(crate) struct Work {
    /// The stages to serve: read, assemble, verify, judge, consensus, score, route, derive, curate, snapshot, train, evaluate, promote
    /// [default: all]
    #[arg(value_name = "STAGE")]
    stages: Vec<Stage>,
    #[command(flatten)]
    working: Working,
    #[command(flatten)]
    reached: Reached,
    #[command(flatten)]
    grace: Grace,
}

impl Work {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<()> {
        let stop = stop_at_signal()?;
        let process = Process { works: true, ..Process::default() };
        let Working { slots, broker, notifying, fetching, judging } = self.working;
        let judge = judging.judge()?;
        ensure!(
            judge.is_some() || self.stages != [Stage::Judge],
            "there is no judge for the stage `judge`: name one with --judge-url and --judge-model"
        );
        let installation = Installation::open(place, Schema::Expect, process).await?;
        let stages = if self.stages.is_empty() { Stage::ALL.to_vec() } else { self.stages };
        let grace = Duration::from_secs(self.grace.grace_seconds);
        let options = Options { stages, slots, grace, lease: Options::LEASE, broker: broker.amqp_url };
        let delivery = notifying.delivery(&self.reached)?;
        Worker::new(installation.context(place, delivery, fetching, judge)?, options).run(stop).await;
        installation.close().await
    }
}
