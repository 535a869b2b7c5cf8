//! How many doorbells a second are published with confirms, heard and acknowledged, beside a program that does the same with
//! bare messages: run by `benches/queue`, on the broker that `AMQP_URL` names. Its argument says for how many seconds each.
//! Prints both rates.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use atr_core::{
    clock::Clock,
    queue::{Lane, Stage, Waiting},
};
use atr_workers::transport::rabbitmq::{AmqpUrl, Consumers, Publisher, Wanted};
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        QueueDeclareOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};
use support::Database;

/// Messages on their way at once.
const WINDOW: u16 = 64;

async fn ours(url: &str, seconds: Duration, db: &Database) -> f64 {
    let url: AmqpUrl = url.parse().expect("the broker's address");
    let installation = db.store.installation();
    let wanted = Wanted { url: url.clone(), installation, stages: vec![Stage::Verify], slots: WINDOW, seed: 1 };
    let mut consumers = Consumers::start(wanted);
    // The first ring says that it listens.
    consumers.heard().await;
    let heard = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&heard);
    let hearing = tokio::spawn(async move {
        loop {
            consumers.heard().await;
            consumers.answered(Stage::Verify, false);
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut publisher = Publisher::connect(&url, installation, installation).await.expect("connected");
    let waiting = Waiting { stage: Stage::Verify, lane: Lane::Usual, tasks: 64, trace: None };
    let (clock, began) = (Clock::system(), Instant::now());
    while began.elapsed() < seconds {
        publisher.fill(&waiting, WINDOW.into(), &clock).await.expect("published");
    }
    let rate = heard.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    hearing.abort();
    publisher.close().await;
    remove(url, installation).await;
    rate
}

async fn remove(url: AmqpUrl, installation: uuid::Uuid) {
    atr_workers::transport::rabbitmq::remove_queues(&url, installation).await.expect("removed");
}

/// The least that does the same: the same kind of queue, persistent messages of the same size, the same window.
async fn bare(url: &str, seconds: Duration) -> f64 {
    const QUEUE: &str = "atr.bare";
    let connect = || Connection::connect(url, ConnectionProperties::default());
    let (publishing, consuming) = (connect().await.expect("a broker"), connect().await.expect("a broker"));
    let channel = consuming.create_channel().await.expect("a channel");
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    channel.queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), quorum).await.expect("a queue");
    channel.basic_qos(WINDOW, BasicQosOptions::default()).await.expect("a prefetch");
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    let mut consumer = channel.basic_consume(QUEUE.into(), "".into(), options, none).await.expect("a consumer");
    let heard = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&heard);
    let hearing = tokio::spawn(async move {
        while let Some(Ok(delivery)) = consumer.next().await {
            delivery.acker.ack(BasicAckOptions::default()).await.expect("acknowledged");
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let publisher = publishing.create_channel().await.expect("a channel");
    publisher.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    let (body, began) = ([b'x'; 330], Instant::now());
    while began.elapsed() < seconds {
        let mut confirms = Vec::with_capacity(WINDOW.into());
        for _ in 0..WINDOW {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let properties = BasicProperties::default().with_delivery_mode(2);
            let sent = publisher.basic_publish("".into(), QUEUE.into(), options, &body, properties);
            confirms.push(sent.await.expect("sent"));
        }
        for confirm in futures_util::future::try_join_all(confirms).await.expect("confirmed") {
            assert!(confirm.is_ack());
        }
    }
    let rate = heard.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    hearing.abort();
    channel.queue_delete(QUEUE.into(), QueueDeleteOptions::default()).await.expect("deleted");
    rate
}

#[tokio::main]
async fn main() {
    let seconds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("how many seconds");
    let url = std::env::var("AMQP_URL").expect("AMQP_URL names the broker");
    let (db, seconds) = (Database::create().await, Duration::from_secs(seconds));
    println!("{} {}", ours(&url, seconds, &db).await, bare(&url, seconds).await);
}
