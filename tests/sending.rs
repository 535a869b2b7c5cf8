//! `atr ingest`: files that reach a service over a connection that breaks, and lines that are mended and sent again.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    process::{Installation, Result},
    tables::parquet_of_facts,
};

/// Lines without an id: what is stored twice is seen.
fn lines(of: &str, many: usize) -> String {
    (0..many).map(|n| json!({"model": "m", "query": format!("{of} {n}?"), "answer": "a"}).to_string() + "\n").collect()
}

/// A way to a service. The first connection over which so many bytes go is cut then.
pub async fn cut_once(to: String, after: u64) -> Result<(String, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address: SocketAddr = listener.local_addr()?;
    let passing = tokio::spawn(async move {
        let cut = Arc::new(AtomicBool::new(false));
        while let Ok((client, _)) = listener.accept().await {
            let Ok(service) = TcpStream::connect(&to).await else { continue };
            let cut = Arc::clone(&cut);
            tokio::spawn(async move {
                let ((from_client, mut to_client), (mut from_service, mut to_service)) =
                    (client.into_split(), service.into_split());
                let most = if cut.load(Ordering::SeqCst) { u64::MAX } else { after };
                let mut there = from_client.take(most);
                // Whichever way ends first ends both.
                tokio::select! {
                    gone = copy(&mut there, &mut to_service) => {
                        cut.fetch_or(gone.is_ok_and(|bytes| bytes == most), Ordering::SeqCst);
                    }
                    _ = copy(&mut from_service, &mut to_client) => {}
                }
                drop((to_client.shutdown().await, to_service.shutdown().await));
            });
        }
    });
    Ok((format!("http://{address}"), passing))
}

#[tokio::test]
async fn files_go_on_where_a_connection_broke_and_rejected_lines_are_mended_and_sent_again() -> Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let key = service.first_key.clone().ok_or("a first key")?;
    let host = service.address.strip_prefix("http://").ok_or("an address")?.to_owned();
    let file = |name: &str| installation.data().with_file_name(name).to_string_lossy().into_owned();
    let accounts = |said: &str| said.lines().map(serde_json::from_str).collect::<std::result::Result<Vec<Value>, _>>();

    // Without a list of what is rejected, only the rest is sent again.
    let long = file("long.jsonl");
    fs::write(&long, lines("long", 3_000))?;
    let (address, passing) = cut_once(host.clone(), 100_000).await?;
    let sent = installation.end(&["--json", "ingest", &long, "--url", &address, "--key", &key]).await?;
    passing.abort();
    assert_eq!(sent.code, Some(0), "{}", sent.complained);
    assert!(sent.complained.contains("trying again in"), "{}", sent.complained);
    assert_eq!(accounts(&sent.said)?[0]["stored"], 3_000);

    // Packed, after a plain one, with lines to be mended.
    let (plain, packed, report) = (file("plain.jsonl"), file("packed.jsonl.gz"), file("rejected.jsonl"));
    fs::write(
        &plain,
        lines("plain", 700) + "not json\n\n{\"model\": \"m\", \"query\": \"q\"}\n" + &lines("more", 700),
    )?;
    let mut gzip = GzEncoder::new(fs::File::create(&packed)?, Compression::fast());
    gzip.write_all(lines("packed", 5).as_bytes())?;
    gzip.finish()?;
    let (address, passing) = cut_once(host, 50_000).await?;
    let through = ["--url", &address, "--key", &key];
    let send = [&["--json", "ingest", &plain, &packed, "--rejected", &report], &through[..]].concat();
    let sent = installation.end(&send).await?;
    assert_eq!(sent.code, Some(3), "{}", sent.complained);
    assert!(sent.complained.contains("trying again in"), "{}", sent.complained);
    let told: Vec<_> = accounts(&sent.said)?
        .iter()
        .map(|account| (account["file"].clone(), account["stored"].as_i64(), account["rejected"].as_i64()))
        .collect();
    assert_eq!(told, [(json!(plain), Some(1_400), Some(2)), (json!(packed), Some(5), Some(0))]);
    let written = fs::read_to_string(&report)?;
    let wrong = accounts(&written)?;
    let places: Vec<_> = wrong.iter().map(|line| (&line["rejected"]["line"], &line["rejected"]["field"])).collect();
    assert_eq!(places, [(&json!(701), &json!(".")), (&json!(703), &json!("answer"))], "{written}");
    assert_eq!(wrong[0]["item"], "not json");

    let mut mended = wrong[1].clone();
    mended["item"]["answer"] = json!("a");
    // One taken out of its wrapping, one within.
    fs::write(&report, format!("{mended}\n{}", lines("mended", 1)))?;
    let sent = installation.run(&[&["ingest", &report], &through[..]].concat()).await?;
    assert_eq!((&sent["received"], &sent["stored"]), (&json!(2), &json!(2)));
    passing.abort();
    let refused = installation.end(&send).await?;
    assert_eq!(refused.code, Some(1));
    assert!(refused.complained.contains("name a file that is not there yet"), "{}", refused.complained);

    let mut database = installation.database().await?;
    let stored: i64 = sqlx::query_scalar("select count(*) from error_trace").fetch_one(&mut database).await?;
    assert_eq!(stored, 3_000 + 1_400 + 5 + 2);
    drop(database);
    service.stop().await
}

#[tokio::test]
async fn facts_come_in_as_tables_too_and_a_bad_row_costs_itself_alone() -> Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let key = service.first_key.clone().ok_or("a first key")?;
    let file = |name: &str| installation.data().with_file_name(name);
    let send = async |path: &std::path::Path| {
        let path = path.to_string_lossy().into_owned();
        installation
            .end(&["--json", "ingest", "--door", "grounding", &path, "--url", &service.address, "--key", &key])
            .await
    };

    let csv = file("facts.csv");
    fs::write(
        &csv,
        "kind,external_id,publisher,title,licence,source,domain,subject,statement,quote\n\
         source,s1,An Institute,\"Metals, a table\",CC0-1.0,,,,,\n\
         fact,f1,,,,s1,chemistry,gold,\"Gold's symbol is \"\"Au\"\".\",\"[1] Au\"\n\
         fact,f2,,,,s1,chemistry,,Silver's symbol is Ag.,\n\
         fact,f3\n\
         fact,f4,,,,s1,chemistry,copper,\"Copper's symbol\nis Cu.\",\n",
    )?;
    let sent = send(&csv).await?;
    assert_eq!(sent.code, Some(3), "{}", sent.complained);
    let account: Value = serde_json::from_str(&sent.said)?;
    assert_eq!((&account["stored"], &account["rejected"]), (&json!(3), &json!(2)), "{account:#}");
    let errors = account["errors"].as_array().ok_or("errors")?;
    assert_eq!((&errors[0]["line"], &errors[0]["field"]), (&json!(4), &json!("subject")), "{account:#}");
    assert_eq!(errors[1]["line"], 5);
    let message = errors[1]["message"].as_str().ok_or("a message")?;
    assert!(message.contains("this row cannot be read") && message.contains("2 fields"), "{message}");
    // Sent again, it changes nothing.
    let again: Value = serde_json::from_str(&send(&csv).await?.said)?;
    assert_eq!(again["stored"].as_i64().unwrap_or(0) + again["duplicates"].as_i64().unwrap_or(0), 3, "{again:#}");

    let table = file("facts.parquet");
    fs::write(&table, parquet_of_facts()?)?;
    let sent = send(&table).await?;
    assert_eq!(sent.code, Some(0), "{}{}", sent.complained, sent.said);
    assert_eq!(serde_json::from_str::<Value>(&sent.said)?["stored"], 2);
    let mut database = installation.database().await?;
    let facts: Vec<(String, Option<String>)> =
        sqlx::query_as("select statement, quote from grounding_fact order by external_id")
            .fetch_all(&mut database)
            .await?;
    let fact = |statement: &str, quote: Option<&str>| (statement.to_owned(), quote.map(str::to_owned));
    assert_eq!(
        facts,
        [
            fact("Gold's symbol is \"Au\".", Some("[1] Au")),
            fact("Copper's symbol\nis Cu.", None),
            fact("Tin's symbol is Sn.", None),
            fact("Lead's symbol is Pb.", None),
        ]
    );
    service.stop().await
}
