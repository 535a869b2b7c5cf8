//! WebP: the chunks that make the picture, by name.

use bytes::Bytes;
use img_parts::{
    ImageEXIF,
    webp::{CHUNK_ALPH, CHUNK_ANIM, CHUNK_ANMF, CHUNK_ICCP, CHUNK_VP8, CHUNK_VP8L, CHUNK_VP8X, WebP},
};

use super::BadPicture;
use crate::domain::attachment::MediaType;

pub(super) fn clean(bytes: Bytes, exif: Option<Bytes>) -> Result<Bytes, BadPicture> {
    let mut webp = WebP::from_bytes(bytes).map_err(|error| BadPicture::Broken(MediaType::WebP, error.to_string()))?;
    if webp.has_chunk(CHUNK_ANIM) || webp.has_chunk(CHUNK_ANMF) {
        return Err(BadPicture::AnimatedWebP);
    }
    let kept = [CHUNK_VP8X, CHUNK_ICCP, CHUNK_ALPH, CHUNK_VP8, CHUNK_VP8L];
    webp.chunks_mut().retain(|chunk| kept.contains(&chunk.id()));
    // Also where there is none: it makes the flags of the header say what is there.
    webp.set_exif(exif);
    Ok(webp.encoder().bytes())
}
