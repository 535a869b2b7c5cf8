//! The text in attached pictures: read by the program that is installed, once, without what the project wants replaced.

use std::io::Cursor;

use atr_core::{domain::access::Role, queue::Stage};
use image::{GrayImage, ImageFormat, Luma, Rgba, RgbaImage};
use serde_json::{Value, json};

use super::attach;
use crate::{otlp::work, world::World};

/// Letters of 5 by 7 dots, a row a number, its lowest bit the rightmost dot.
const LETTERS: [(char, [u8; 7]); 14] = [
    ('A', [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('C', [0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e]),
    ('E', [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f]),
    ('F', [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10]),
    ('H', [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('L', [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f]),
    ('R', [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11]),
    ('T', [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
    ('0', [0x0e, 0x13, 0x15, 0x15, 0x15, 0x19, 0x0e]),
    ('1', [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e]),
    ('2', [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f]),
    ('4', [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02]),
    ('5', [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e]),
    ('-', [0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00]),
];

/// A line of text as a sheet of paper has it.
fn drawn(text: &str) -> GrayImage {
    const DOT: u32 = 5;
    const MARGIN: u32 = 25;
    let width = u32::try_from(text.len()).expect("short") * 6 * DOT + 2 * MARGIN;
    let mut sheet = GrayImage::from_pixel(width, 7 * DOT + 2 * MARGIN, Luma([255]));
    for (place, letter) in (0..).zip(text.chars()) {
        let Some((_, rows)) = LETTERS.iter().find(|(known, _)| *known == letter) else { continue };
        for (row, dots) in (0..).zip(rows) {
            for column in (0..5).filter(|column| dots >> (4 - column) & 1 == 1) {
                let (left, top) = (MARGIN + (place * 6 + column) * DOT, MARGIN + row * DOT);
                for (x, y) in (0..DOT * DOT).map(|dot| (left + dot % DOT, top + dot / DOT)) {
                    sheet.put_pixel(x, y, Luma([0]));
                }
            }
        }
    }
    sheet
}

fn png(text: &str) -> Vec<u8> {
    let mut written = Cursor::new(vec![]);
    drawn(text).write_to(&mut written, ImageFormat::Png).expect("a picture");
    written.into_inner()
}

/// What was read in the only picture, the program's version left out.
async fn text(world: &World, key: &str) -> Value {
    let asked = "{ attachedFiles { edges { node { text { outcome text cut languages problem redactions { pattern count } } } } } }";
    let answer = world.graphql(key, asked).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"]["attachedFiles"]["edges"][0]["node"]["text"].clone()
}

#[tokio::test]
async fn the_text_in_a_picture_is_read_once_it_is_attached() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    attach(&world, &key, png("THE CHART FELL")).await;
    assert_eq!(text(&world, &key).await, Value::Null, "not yet");
    attach(&world, &key, png("THE CHART FELL")).await;
    let tasks = "select count(*) from task where stage = 'read'";
    let tasks: i64 = sqlx::query_scalar(tasks).fetch_one(&world.database.owner).await.expect("a count");
    assert_eq!(tasks, 1, "the same picture is read once");
    work(&world, &[Stage::Read]).await;
    let read = text(&world, &key).await;
    assert_eq!((&read["outcome"], &read["text"]), (&json!("READ"), &json!("THE CHART FELL")), "{read:#}");
    assert_eq!((&read["cut"], &read["problem"]), (&json!(false), &Value::Null));
    assert_eq!(read["languages"][0], "eng");
    let program = "{ attachedFiles { edges { node { text { program } } } } }";
    let program = world.graphql(&key, program).await["data"]["attachedFiles"]["edges"][0]["node"]["text"].clone();
    assert!(program["program"].as_str().expect("a program").starts_with("tesseract "), "{program}");
}

#[tokio::test]
async fn letters_on_nothing_are_read_as_on_paper() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let paper = drawn("THE CHART FELL");
    let ink =
        RgbaImage::from_fn(paper.width(), paper.height(), |x, y| Rgba([0, 0, 0, 255 - paper.get_pixel(x, y).0[0]]));
    let mut written = Cursor::new(vec![]);
    ink.write_to(&mut written, ImageFormat::WebP).expect("a picture");
    attach(&world, &key, written.into_inner()).await;
    work(&world, &[Stage::Read]).await;
    assert_eq!(text(&world, &key).await["text"], "THE CHART FELL");
}

#[tokio::test]
async fn what_the_project_wants_replaced_is_replaced_in_what_was_read() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let wish = "mutation { setRedactedPatterns(patterns: [PHONE]) { status } }";
    assert_eq!(world.graphql(&key, wish).await["data"]["setRedactedPatterns"]["status"], "DONE");
    attach(&world, &key, png("CALL 415-555-0142")).await;
    work(&world, &[Stage::Read]).await;
    let read = text(&world, &key).await;
    assert_eq!(read["text"], "CALL [phone]", "{read:#}");
    assert_eq!(read["redactions"], json!([{"pattern": "PHONE", "count": 1}]));
}

#[tokio::test]
async fn a_picture_without_text_says_so() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    attach(&world, &key, png("   ")).await;
    work(&world, &[Stage::Read]).await;
    let read = text(&world, &key).await;
    assert_eq!((&read["outcome"], &read["text"]), (&json!("NO_TEXT"), &Value::Null), "{read:#}");
}

#[tokio::test]
async fn pictures_that_were_not_read_can_be_read_later() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    attach(&world, &key, png("THE CHART FELL")).await;
    work(&world, &[Stage::Read]).await;
    let reread = async || {
        let document = "mutation { rereadPictures { pictures { enqueued last } } }";
        let answer = world.graphql(&key, document).await;
        let pictures = answer["data"]["rereadPictures"]["pictures"].clone();
        assert!(pictures["last"].is_string(), "{answer:#}");
        pictures["enqueued"].clone()
    };
    assert_eq!(reread().await, 0, "it was read");
    let forget =
        "update attachment_text set outcome = 'no_program', text = null, program = null, problem = 'not there'";
    sqlx::query(forget).execute(&world.database.owner).await.expect("as where the program is not installed");
    assert_eq!(text(&world, &key).await["problem"], "not there");
    assert_eq!(reread().await, 1);
    assert_eq!(reread().await, 0, "it waits");
    work(&world, &[Stage::Read]).await;
    assert_eq!(text(&world, &key).await["text"], "THE CHART FELL");
}
