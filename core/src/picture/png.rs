//! PNG: the chunks that make the picture, by name. An animated one is kept as the picture that other programs show of it.

use bytes::Bytes;
use img_parts::{ImageEXIF, png::Png};

use super::BadPicture;
use crate::domain::attachment::MediaType;

/// What is the picture, its colours and its resolution.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs",
];

pub(super) fn clean(bytes: Bytes, exif: Option<Bytes>) -> Result<Bytes, BadPicture> {
    let broken = |why: String| BadPicture::Broken(MediaType::Png, why);
    let mut png = Png::from_bytes(bytes).map_err(|error| broken(error.to_string()))?;
    if png.chunks().last().is_none_or(|chunk| chunk.kind() != *b"IEND") {
        return Err(broken("it has no end".to_owned()));
    }
    png.chunks_mut().retain(|chunk| KEPT.iter().any(|kept| **kept == chunk.kind()));
    if exif.is_some() {
        png.set_exif(exif);
    }
    Ok(png.encoder().bytes())
}
