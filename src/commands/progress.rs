//! How far a command is, drawn on a terminal alone; elsewhere indicatif draws nothing.

use std::{path::Path, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a folder is looked at while it is written.
const LOOK: Duration = Duration::from_millis(200);

/// Of so many bytes.
pub(crate) fn of_bytes(total: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left")?;
    Ok(ProgressBar::new(total).with_style(style))
}

/// Of work that writes so many bytes into a folder.
pub(crate) async fn of_folder<T>(folder: &Path, total: u64, work: impl Future<Output = T>) -> anyhow::Result<T> {
    let bar = of_bytes(total)?;
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(LOOK, &mut work).await {
            Ok(done) => {
                bar.finish_and_clear();
                return Ok(done);
            }
            Err(_) => bar.set_position(bytes_in(folder).min(total)),
        }
    }
}

/// What lies in a folder and below it; what cannot be read, or is not there yet, counts nothing.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
