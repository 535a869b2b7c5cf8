//! `atr work [STAGE…]`: workers alone.

use std::time::Duration;

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
    /// The stages to serve: read, assemble, verify, consensus, score, route, derive, curate, snapshot, train, evaluate, promote
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
        let installation = Installation::open(place, Schema::Expect, process).await?;
        let stages = if self.stages.is_empty() { Stage::ALL.to_vec() } else { self.stages };
        let grace = Duration::from_secs(self.grace.grace_seconds);
        let Working { slots, broker, notifying, fetching } = self.working;
        let options = Options { stages, slots, grace, lease: Options::LEASE, broker: broker.amqp_url };
        let delivery = notifying.delivery(&self.reached)?;
        Worker::new(installation.context(place, delivery, fetching)?, options).run(stop).await;
        installation.close().await
    }
}
