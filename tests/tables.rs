//! Facts as tables at their door.

use std::io;

use atr_core::domain::access::Role;
use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, header},
};
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    process::Result,
    world::{World, body_of},
};

const CSV: &str = "text/csv; charset=utf-8; header=present";
const FACTS: &str = "kind,external_id,publisher,title,licence,source,domain,subject,statement,quote\n\
    source,s1,An Institute,\"Metals, a table\",CC0-1.0,,,,,\n\
    fact,f1,,,,s1,chemistry,gold,\"Gold's symbol is \"\"Au\"\".\",\"[1] Au\"\n\
    fact,f2,,,,s1,chemistry,,Silver's symbol is Ag.,\n\
    fact,f3\n";

struct Door<'a> {
    world: &'a World,
    key: String,
}

impl Door<'_> {
    async fn send(&self, door: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (StatusCode, Value) {
        let mut request =
            Request::post(format!("/v1/ingest/{door}")).header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.world.ask(request.body(body.into()).expect("a request")).await;
        let status = response.status();
        (status, serde_json::from_slice(&body_of(response).await).expect("JSON"))
    }

    async fn facts(&self) -> Vec<String> {
        sqlx::query_scalar("select statement from grounding_fact order by external_id")
            .fetch_all(&self.world.database.owner)
            .await
            .expect("the facts")
    }
}

#[tokio::test]
async fn facts_come_through_their_door_as_csv_and_a_bad_row_costs_itself_alone() {
    let world = World::new().await;
    let door = Door { world: &world, key: world.key(Role::Curator, None).await };
    let under = [("content-type", CSV), ("idempotency-key", "\"metals\"")];
    let (status, account) = door.send("grounding", &under, FACTS).await;
    assert_eq!(status, StatusCode::OK, "{account:#}");
    assert_eq!((&account["stored"], &account["rejected"]), (&json!(2), &json!(2)), "{account:#}");
    let errors = account["errors"].as_array().expect("errors");
    assert_eq!((&errors[0]["line"], &errors[0]["field"]), (&json!(4), &json!("subject")), "{account:#}");
    let message = errors[1]["message"].as_str().expect("a message");
    assert_eq!(errors[1]["line"], 5);
    assert!(message.contains("this row cannot be read") && message.contains("2 fields"), "{message}");
    assert_eq!(door.facts().await, ["Gold's symbol is \"Au\"."]);
    // Sent again under its key it is answered again; it cannot be gone on with in its middle.
    assert_eq!(door.send("grounding", &under, FACTS).await, (status, account));
    let middle = [under[0], under[1], ("upload-offset", "10")];
    let (status, problem) = door.send("grounding", &middle, FACTS).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("WRONG_OFFSET")), "{problem:#}");
    let begun = [under[0], under[1], ("upload-offset", "0")];
    assert_eq!(door.send("grounding", &begun, FACTS).await.0, StatusCode::OK, "at its beginning it is whole");
    let (status, _) = door.send("grounding", &under, FACTS.replace("gold", "tin")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(door.facts().await.len(), 1);
}

#[tokio::test]
async fn facts_come_through_their_door_as_parquet_and_what_is_none_is_told() -> Result {
    let world = World::new().await;
    let door = Door { world: &world, key: world.key(Role::Curator, None).await };
    door.send("grounding", &[("content-type", CSV)], FACTS).await;
    let parquet = [("content-type", "application/vnd.apache.parquet")];
    let (status, account) = door.send("grounding", &parquet, parquet_of_facts()?).await;
    assert_eq!((status, &account["stored"]), (StatusCode::OK, &json!(2)), "{account:#}");
    assert_eq!(door.facts().await.len(), 3);
    let (status, account) = door.send("grounding", &parquet, "kind,external_id\n").await;
    assert_eq!((status, &account["rejected"]), (StatusCode::OK, &json!(1)), "{account:#}");
    let message = account["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("this is no Parquet file"), "{message}");
    Ok(())
}

#[tokio::test]
async fn of_a_table_that_breaks_off_nothing_is_stored_and_other_doors_take_none() {
    let world = World::new().await;
    let door = Door { world: &world, key: world.key(Role::Admin, None).await };
    let broken = stream::iter([Ok(Bytes::from_static(FACTS.as_bytes())), Err(io::Error::other("the line went dead"))]);
    let (status, problem) = door.send("grounding", &[("content-type", CSV)], Body::from_stream(broken)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{problem:#}");
    assert!(door.facts().await.is_empty());
    let (status, problem) = door.send("traces", &[("content-type", "text/csv")], "model,query,answer\n").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{problem:#}");
    let (status, problem) = door.send("grounding", &[("content-type", "application/json")], "{}").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("text/csv")), "{problem:#}");
}

/// Two facts of the source that the table of CSV names, with nulls where a column does not concern them.
pub fn parquet_of_facts() -> Result<Vec<u8>> {
    use parquet::{
        data_type::{ByteArray, ByteArrayType},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };
    let schema = "message facts { required binary kind (UTF8); required binary external_id (UTF8);
        required binary source (UTF8); required binary domain (UTF8); required binary subject (UTF8);
        required binary statement (UTF8); optional binary quote (UTF8); }";
    let mut bytes = vec![];
    let mut file = SerializedFileWriter::new(
        &mut bytes,
        parse_message_type(schema)?.into(),
        WriterProperties::builder().build().into(),
    )?;
    let mut rows = file.next_row_group()?;
    for column in [
        Some(["fact", "fact"]),
        Some(["p1", "p2"]),
        Some(["s1", "s1"]),
        Some(["chemistry", "chemistry"]),
        Some(["tin", "lead"]),
        Some(["Tin's symbol is Sn.", "Lead's symbol is Pb."]),
        None,
    ] {
        let mut write = rows.next_column()?.ok_or("a column")?;
        match column {
            Some(texts) => write.typed::<ByteArrayType>().write_batch(&texts.map(ByteArray::from), None, None)?,
            None => write.typed::<ByteArrayType>().write_batch(&[], Some(&[0, 0]), None)?,
        };
        write.close()?;
    }
    rows.close()?;
    file.close()?;
    Ok(bytes)
}
