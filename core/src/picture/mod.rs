//! Pictures from outside: told apart by their bytes, held against a bound before they are decoded, decoded once to see that
//! they are whole, and kept without what is not the picture: EXIF (but for which way is up), XMP, comments, texts, previews,
//! and whatever follows their end. Colour profiles stay.

mod gif;
mod jpeg;
mod png;
mod reading;
mod webp;

use std::io::Cursor;

use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, metadata::Orientation};
use bytes::Bytes;

pub use self::reading::for_reading;
use crate::domain::attachment::MediaType;

/// The most pixels that a picture has, all its frames together: 40 million, a sheet of A4 at 600 dots an inch.
pub const MOST_PIXELS: u64 = 40_000_000;

/// The most bytes that decoding takes: 40 million pixels of four channels of 16 bits, and room to work.
const MOST_MEMORY: u64 = 8 * MOST_PIXELS + (64 << 20);

/// A picture, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub media_type: MediaType,
    /// The picture and nothing else.
    pub bytes: Bytes,
    /// Pixels across, as it is shown.
    pub width: u32,
    /// Pixels down, as it is shown.
    pub height: u32,
}

/// Bytes that are no picture that is kept. The text is for whoever sent them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPicture {
    /// Nothing that is known by its first bytes.
    #[error(
        "these bytes are no PNG, JPEG, WebP or GIF, whatever Content-Type says: convert the picture to one of them"
    )]
    Unknown,
    /// Begun as such a picture, and not gone on as one.
    #[error("this is not a whole {0} file: save the picture anew and send all of it ({1})")]
    Broken(MediaType, String),
    /// More pixels than are decoded.
    #[error("this picture has more than {MOST_PIXELS} pixels, all its frames together: scale it down")]
    TooManyPixels,
    /// Of the formats with animation, GIF alone is taken with it.
    #[error("animated WebP is not taken: send it as GIF, or one of its pictures")]
    AnimatedWebP,
}

/// Which of the formats that are kept the bytes begin as.
fn sniff(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(MediaType::Png),
        [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
        _ => None,
    }
}

/// Takes the picture out of what was sent. The same bytes always give the same picture. It decodes: call it where that may
/// take its time, and a few at a time, for one takes up to 400 MB.
///
/// # Errors
/// If they are no picture that is kept.
pub fn clean(bytes: Bytes) -> Result<Picture, BadPicture> {
    let media_type = sniff(&bytes).ok_or(BadPicture::Unknown)?;
    match media_type {
        MediaType::Gif => gif::clean(&bytes),
        MediaType::Png => still(media_type, ImageFormat::Png, bytes, png::clean),
        MediaType::Jpeg => still(media_type, ImageFormat::Jpeg, bytes, jpeg::clean),
        MediaType::WebP => still(media_type, ImageFormat::WebP, bytes, webp::clean),
    }
}

/// A picture of one frame: `clean` keeps what belongs to it, and is told which way is up where that is not as it lies.
fn still(
    media_type: MediaType,
    format: ImageFormat,
    bytes: Bytes,
    clean: fn(Bytes, Option<Bytes>) -> Result<Bytes, BadPicture>,
) -> Result<Picture, BadPicture> {
    let broken = |error: ::image::ImageError| BadPicture::Broken(media_type, error.to_string());
    let turned = orientation(format, &bytes).map_err(broken)?;
    let exif = (turned != Orientation::NoTransforms).then(|| exif(turned));
    let bytes = clean(bytes, exif)?;
    // What is kept is what is decoded: nothing is vouched for that was cut away.
    let reader = reader(format, &bytes);
    let decoder = reader.into_decoder().map_err(broken)?;
    let (mut width, mut height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(BadPicture::TooManyPixels);
    }
    DynamicImage::from_decoder(decoder).map_err(broken)?;
    if matches!(
        turned,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    ) {
        (width, height) = (height, width);
    }
    Ok(Picture { media_type, bytes, width, height })
}

fn reader(format: ImageFormat, bytes: &Bytes) -> ImageReader<Cursor<Bytes>> {
    let mut limits = ::image::Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes.clone()), format);
    reader.limits(limits);
    reader
}

/// Which way is up, by the EXIF of what was sent.
fn orientation(format: ImageFormat, bytes: &Bytes) -> ::image::ImageResult<Orientation> {
    reader(format, bytes).into_decoder()?.orientation()
}

/// An EXIF block that says which way is up and nothing else: a TIFF header and a directory of one entry, 0x0112.
fn exif(turned: Orientation) -> Bytes {
    let mut block = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([turned.to_exif(), 0, 0, 0, 0, 0, 0]);
    block.into()
}

#[cfg(test)]
mod tests;
