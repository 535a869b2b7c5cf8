//! `atr attach`: pictures that reach a service over a connection that breaks.

use std::{fs, io::Cursor};

use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};

use super::picture;
use crate::{
    process::{Installation, Result},
    sending::cut_once,
};

#[tokio::test]
async fn pictures_are_sent_again_where_a_connection_broke_and_what_is_none_is_told_by_its_file() -> Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let key = service.first_key.clone().ok_or("a first key")?;
    let host = service.address.strip_prefix("http://").ok_or("an address")?.to_owned();
    let file = |name: &str| installation.data().with_file_name(name).to_string_lossy().into_owned();
    let (large, small, none) = (file("large.png"), file("small.gif.webp"), file("notes.png"));
    // What has no pattern is not made small: it is cut on its way.
    let noise = |x: u32, y: u32| blake3::hash(&[x.to_le_bytes(), y.to_le_bytes()].concat()).as_bytes()[0];
    let drawn = RgbImage::from_fn(300, 300, |x, y| image::Rgb([noise(x, y), noise(y, x), noise(x, x + y)]));
    let mut written = Cursor::new(vec![]);
    drawn.write_to(&mut written, ImageFormat::Png)?;
    assert!(written.get_ref().len() > 200_000, "{} bytes", written.get_ref().len());
    fs::write(&large, written.into_inner())?;
    fs::write(&small, picture(ImageFormat::WebP))?;
    fs::write(&none, "no picture")?;

    let (address, passing) = cut_once(host, 100_000).await?;
    let send = ["--json", "attach", &large, &none, &small, "--url", &address, "--key", &key];
    let sent = installation.end(&send).await?;
    assert_eq!(sent.code, Some(3), "{}", sent.complained);
    assert!(sent.complained.contains("trying again in"), "{}", sent.complained);
    let told = sent.said.lines().map(serde_json::from_str).collect::<std::result::Result<Vec<Value>, _>>()?;
    let files: Vec<_> = told.iter().map(|line| line["file"].clone()).collect();
    assert_eq!(files, [json!(large), json!(none), json!(small)]);
    assert!(told[1]["error"].as_str().ok_or("why")?.contains("convert the picture"), "{}", sent.said);
    let digest = told[2]["digest"].as_str().ok_or("a digest")?;
    assert_eq!(digest.len(), 64);

    // For people, a line each; the same pictures are the same attachments.
    let again = installation.end(&["attach", &small, &large, "--url", &address, "--key", &key]).await?;
    assert_eq!(again.code, Some(0), "{}", again.complained);
    let line = |of: &Value, path: &str| {
        format!("{}  {}  {path}", of["id"].as_str().unwrap_or(""), of["digest"].as_str().unwrap_or(""))
    };
    let lines: Vec<&str> = again.said.lines().collect();
    assert_eq!(lines, [line(&told[2], &small), line(&told[0], &large)]);

    let missing = installation.end(&["attach", &file("missing.png"), "--url", &address, "--key", &key]).await?;
    assert_eq!(missing.code, Some(1));
    assert!(missing.complained.contains("cannot read"), "{}", missing.complained);
    let refused = installation.end(&["attach", &small, "--url", &address, "--key", "none"]).await?;
    assert_eq!((refused.code, refused.said.as_str()), (Some(1), ""), "{}", refused.complained);
    passing.abort();
    service.stop().await
}
