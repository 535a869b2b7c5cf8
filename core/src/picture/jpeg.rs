//! JPEG: the segments that make the picture, through every scan to the end of the image. (A parser that stops at the first
//! scan keeps what follows it: comments between scans, previews after the end.)

use bytes::{BufMut, Bytes, BytesMut};

use super::BadPicture;
use crate::domain::attachment::MediaType;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

pub(super) fn clean(bytes: Bytes, exif: Option<Bytes>) -> Result<Bytes, BadPicture> {
    let cut = || BadPicture::Broken(MediaType::Jpeg, "it breaks off before its end".to_owned());
    let mut kept = BytesMut::with_capacity(bytes.len());
    kept.extend([0xff, SOI]);
    let mut told = exif;
    let mut rest = bytes.get(2..).ok_or_else(cut)?;
    loop {
        // Fill bytes may stand before a marker, and some writers leave others there.
        let at = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff)).ok_or_else(cut)?;
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            EOI => {
                kept.extend([0xff, EOI]);
                return Ok(kept.freeze());
            }
            // Markers without a length say nothing outside a scan.
            0x01 | 0xd0..=SOI => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk().ok_or_else(cut)?));
        let segment = rest.get(..length.max(2)).ok_or_else(cut)?;
        rest = &rest[segment.len()..];
        let is_jfif = marker == 0xe0 && segment[2..].starts_with(b"JFIF\0");
        // JFIF begins the file, where there is one.
        if !is_jfif && let Some(exif) = told.take() {
            kept.extend([0xff, 0xe1]);
            kept.put_u16(u16::try_from(exif.len() + 8).map_err(|_| cut())?);
            kept.extend(b"Exif\0\0".iter().chain(&exif));
        }
        if is_jfif {
            // Without the preview that may follow its first 16 bytes.
            let header = segment.get(2..14).ok_or_else(cut)?;
            kept.extend([0xff, marker, 0, 16]);
            kept.extend(header);
            kept.extend([0, 0]);
        } else if belongs(marker, &segment[2..]) {
            kept.extend([0xff, marker]);
            kept.extend(segment);
        }
        if marker == SOS {
            // Within a scan 0xff is followed by 0 or a restart; anything else ends it.
            let end = rest
                .windows(2)
                .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))
                .ok_or_else(cut)?;
            kept.extend(&rest[..end]);
            rest = &rest[end..];
        }
    }
}

/// Whether a segment is part of the picture: tables, frames and scans, a colour profile, and what Adobe says of colours.
fn belongs(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xc0..=0xcf | 0xda..=0xdf => true,
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        _ => false,
    }
}
