//! Attached pictures: charts, figures, scanned notes.

use chrono::{DateTime, Utc};

use super::words;
use crate::{hash::Digest, ids::AttachmentId};

words! {
    /// What an attachment's bytes are.
    MediaType {
        /// PNG.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// WebP, without animation.
        WebP = "image/webp",
        /// GIF, perhaps animated.
        Gif = "image/gif",
    }
}

/// A picture as it is kept, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachedFile {
    /// BLAKE3 of what is kept, which names the blob.
    pub blob: Digest,
    /// SHA-256 of what is kept.
    pub sha256: [u8; 32],
    /// What it is.
    pub media_type: MediaType,
    /// How many bytes.
    pub byte_count: i64,
    /// Pixels across, as it is shown.
    pub width: i32,
    /// Pixels down, as it is shown.
    pub height: i32,
}

/// A picture that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its id.
    pub id: AttachmentId,
    /// What is kept.
    pub file: NewAttachedFile,
    /// When it came first.
    pub created_at: DateTime<Utc>,
}
