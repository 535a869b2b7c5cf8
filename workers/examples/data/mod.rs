//! The data sets' files.

use std::{error::Error, process::Command};

use serde_json::Value;

/// The rows of a gzipped file of JSON lines in the folder `data`.
pub fn rows(data: &str, file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let path = format!("{data}/{file}");
    let out = Command::new("zcat").arg(&path).output()?;
    if !out.status.success() {
        return Err(format!("zcat {path}: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    String::from_utf8(out.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
