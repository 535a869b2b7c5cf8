//! What comes with a trace.

use serde::{Serialize, Serializer};

use super::{AttachmentInput, ENTRIES, NAME, at_most, optional};
use crate::{
    domain::{
        Rejection,
        attachment::{AttachmentRef, There},
    },
    hash::Digest,
};

/// What came with a trace; what it leaves out, the picture attached says when the trace is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NewAttachment {
    #[serde(serialize_with = "hex")]
    pub(crate) digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

fn hex<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&digest.to_hex())
}

impl NewAttachment {
    /// The first field that its sender left to the picture attached.
    pub(super) fn leaves_out(&self) -> Option<&'static str> {
        match (&self.media_type, self.bytes) {
            (None, _) => Some("media_type"),
            (Some(_), None) => Some("bytes"),
            (Some(_), Some(_)) => None,
        }
    }

    /// Takes over from the picture attached what its sender left out.
    pub(super) fn settle(&mut self, there: &There) -> Result<(), Rejection> {
        let Some(field) = self.leaves_out() else { return Ok(()) };
        let Some(kept) = there.get(&AttachmentRef::Content(self.digest)) else {
            let message = "is not given, and this project has no attachment of this digest: give it, or send the \
                           attachment to /v1/attachments first";
            return Err(Rejection::new(field, message));
        };
        self.media_type.get_or_insert_with(|| kept.file.media_type.word().to_owned());
        self.bytes.get_or_insert(kept.file.byte_count);
        Ok(())
    }
}

/// Reads a trace's field `attachments`.
pub(super) fn attachments(sent: Vec<AttachmentInput>) -> Result<Vec<NewAttachment>, Rejection> {
    at_most("attachments", &sent, ENTRIES)?;
    (0..)
        .zip(sent)
        .map(|(at, sent): (usize, _)| attachment(sent).map_err(|refused| refused.within(&format!("attachments[{at}]"))))
        .collect()
}

fn attachment(sent: AttachmentInput) -> Result<NewAttachment, Rejection> {
    let digest = Digest::from_hex(&sent.digest)
        .map_err(|_| Rejection::new("digest", "is no BLAKE3 hash: it has 64 hex digits (`b3sum FILE` prints it)"))?;
    // RFC 6838's names.
    let token = |part: &str| {
        (1..=127).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let media_type = sent.media_type.map(|text| text.to_ascii_lowercase());
    let whole = |text: &String| text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    if media_type.as_ref().is_some_and(|text| !whole(text)) {
        return Err(Rejection::new("media_type", "is no media type: it looks like image/png"));
    }
    if let Some(bytes) = sent.bytes.filter(|bytes| *bytes < 0) {
        return Err(Rejection::new("bytes", format!("is {bytes}: a length is 0 or more")));
    }
    Ok(NewAttachment { digest, media_type, bytes: sent.bytes, name: optional("name", sent.name, NAME)? })
}
