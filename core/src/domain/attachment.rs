//! Attached pictures: charts, figures, scanned notes.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::{Rejection, words};
use crate::{
    hash::Digest,
    ids::{AnyId, AttachmentId},
};

/// The most attachments that a record refers to.
pub const MOST: usize = 64;
/// What such a reference looks like, for the published schemas.
pub(crate) const REFERENCE: &str = "^(att_[0-7][0-9a-hjkmnp-tv-z]{25}|[0-9A-Fa-f]{64})$";

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

/// How a record names an attachment; in text, its id or the 64 hex digits of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachmentRef {
    /// By its id.
    Id(AttachmentId),
    /// By BLAKE3 of what is kept.
    Content(Digest),
}

impl fmt::Display for AttachmentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Content(digest) => f.write_str(&digest.to_hex()),
        }
    }
}

impl Serialize for AttachmentRef {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl AttachmentRef {
    /// Reads the field `attachments` of a record.
    pub(crate) fn list(sent: Vec<String>) -> Result<Vec<Self>, Rejection> {
        if sent.len() > MOST {
            return Err(Rejection::new("attachments", format!("has {} entries: {MOST} is the most", sent.len())));
        }
        sent.iter().enumerate().map(|(at, text)| Self::read(&format!("attachments[{at}]"), text)).collect()
    }

    fn read(field: &str, text: &str) -> Result<Self, Rejection> {
        if let Ok(digest) = Digest::from_hex(text) {
            return Ok(Self::Content(digest));
        }
        text.parse().map(Self::Id).map_err(|_| {
            Rejection::new(field, "is neither the id of an attachment (att_…) nor its BLAKE3 hash (64 hex digits)")
        })
    }

    /// The contents of a list that is settled.
    pub(crate) fn contents(list: &[Self]) -> Vec<Digest> {
        let content = |named: &Self| match named {
            Self::Content(digest) => Some(*digest),
            Self::Id(_) => None,
        };
        list.iter().filter_map(content).collect()
    }

    /// Names what a record refers to by its content, each once; the list is its field `attachments`.
    pub(crate) fn settle(list: &mut Vec<Self>, there: &There) -> Result<(), Rejection> {
        for (at, named) in list.iter_mut().enumerate() {
            let file = there.get(named).ok_or_else(|| {
                let message = format!("this project has no attachment {named}: send it to /v1/attachments first");
                Rejection::new(format!("attachments[{at}]"), message)
            })?;
            *named = Self::Content(file.file.blob);
        }
        let mut seen = HashSet::new();
        list.retain(|named| seen.insert(*named));
        Ok(())
    }
}

/// What a project has of the attachments that records name.
pub type There = HashMap<AttachmentRef, AttachedFile>;

/// A record that refers to attachments, as it comes in.
pub trait Refers: Clone {
    /// The attachments that have to be looked up before it can be stored.
    fn named(&self) -> Vec<AttachmentRef>;

    /// Names them by their content, so that the same record has one hash however its sender names them, and takes over
    /// what its sender left to them to say.
    ///
    /// # Errors
    /// If the project has not got one of them.
    fn settle(&mut self, there: &There) -> Result<(), Rejection>;
}

/// A record and a picture that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// BLAKE3 of the picture.
    pub to: Digest,
    /// What refers to it: a trace, a step, a fact or a review.
    pub record: AnyId,
    /// Its place among what that record refers to, from 0.
    pub place: i32,
}

words! {
    /// How a reading of the text in a picture ended.
    ReadingOutcome {
        /// There is text.
        Read = "read",
        /// There is none that the program can read.
        NoText = "no_text",
        /// The program that reads is not installed where the reading was tried.
        NoProgram = "no_program",
        /// It took too long, and was stopped.
        TimedOut = "timed_out",
        /// It failed.
        Failed = "failed",
    }
}

/// What a reading of a picture came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How it ended.
    pub outcome: ReadingOutcome,
    /// What stands in the picture.
    pub text: Option<String>,
    /// Whether the text went on and was cut.
    pub cut: bool,
    /// The program that read, with its version.
    pub program: Option<String>,
    /// The language data that it read with, by the names of its files: `eng`.
    pub languages: Vec<String>,
    /// What the program said where it failed, or why it could not be started.
    pub problem: Option<String>,
}

/// A reading of the text in a picture. The newest of a picture holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureText {
    /// The picture.
    pub attachment: AttachmentId,
    /// What the reading came to.
    pub found: Found,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    fn file(byte: u8) -> AttachedFile {
        let file = NewAttachedFile {
            blob: Digest::from_bytes([byte; 32]),
            sha256: [0; 32],
            media_type: MediaType::Png,
            byte_count: 1,
            width: 1,
            height: 1,
        };
        let id = AttachmentId::from_uuid(uuid::Uuid::from_u128(byte.into()));
        AttachedFile { id, file, created_at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn an_attachment_is_named_by_its_id_or_by_its_content_and_is_the_same() {
        let one = file(1);
        let (id, hash) = (one.id.to_string(), one.file.blob.to_hex().to_string());
        let sent = vec![id.clone(), hash.to_uppercase(), hash.clone()];
        let mut list = AttachmentRef::list(sent).expect("references");
        assert_eq!(serde_json::json!(list), serde_json::json!([id, hash, hash]));
        let there = list.iter().map(|named| (*named, one.clone())).collect();
        AttachmentRef::settle(&mut list, &there).expect("it is there");
        assert_eq!(list, [AttachmentRef::Content(one.file.blob)]);
    }

    #[test]
    fn what_names_no_attachment_is_refused_by_its_place() {
        for wrong in ["", "att_", "trc_01h455vb4pex5vsknk084sn02q", "00", "chart.png"] {
            let refused = AttachmentRef::list(vec![file(1).id.to_string(), wrong.to_owned()]).unwrap_err();
            assert_eq!(refused.field, "attachments[1]", "{wrong}");
        }
        assert_eq!(AttachmentRef::list(vec!["x".to_owned(); MOST + 1]).unwrap_err().field, "attachments");
        let mut list = vec![AttachmentRef::Id(file(1).id)];
        let refused = AttachmentRef::settle(&mut list, &There::new()).unwrap_err();
        assert_eq!(refused.field, "attachments[0]");
        assert!(refused.message.contains("/v1/attachments"), "{refused}");
    }
}
