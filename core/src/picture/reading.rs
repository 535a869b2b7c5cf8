//! A picture made ready for a program that reads text: upright, in shades of grey on white, and no larger than helps.

use ::image::{
    DynamicImage, GrayImage, ImageDecoder, ImageFormat, Rgba, RgbaImage,
    imageops::{self, FilterType},
};
use bytes::Bytes;

use super::{BadPicture, gif, reader};
use crate::domain::attachment::MediaType;

/// The most pixels that are read: a sheet of A4 at 350 dots an inch. Finer ones are scaled down: programs read letters of
/// some 30 pixels best.
const MOST_READ: f64 = 12e6;

/// A kept picture, of an animation the first one, as a portable graymap (binary PGM). It decodes: call it where that may
/// take its time, and a few at a time, for one takes up to 400 MB.
///
/// # Errors
/// If the bytes are no such picture.
pub fn for_reading(media_type: MediaType, bytes: &Bytes) -> Result<Vec<u8>, BadPicture> {
    let picture = match media_type {
        MediaType::Gif => gif::first_frame(bytes)?.into(),
        MediaType::Png => upright(media_type, ImageFormat::Png, bytes)?,
        MediaType::Jpeg => upright(media_type, ImageFormat::Jpeg, bytes)?,
        MediaType::WebP => upright(media_type, ImageFormat::WebP, bytes)?,
    };
    let picture = scaled(on_white(&picture));
    let mut graymap = format!("P5\n{} {}\n255\n", picture.width(), picture.height()).into_bytes();
    graymap.extend_from_slice(picture.as_raw());
    Ok(graymap)
}

fn upright(media_type: MediaType, format: ImageFormat, bytes: &Bytes) -> Result<DynamicImage, BadPicture> {
    let decoded = || {
        let mut decoder = reader(format, bytes).into_decoder()?;
        let turned = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(turned);
        Ok(picture)
    };
    decoded().map_err(|error: ::image::ImageError| BadPicture::Broken(media_type, error.to_string()))
}

/// In shades of grey. What can be seen through is white, as paper is: of letters on nothing, only so much is left.
fn on_white(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let pixels = picture.to_luma_alpha8();
    GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [shade, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        ::image::Luma([((shade * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}

fn scaled(picture: GrayImage) -> GrayImage {
    let pixels = f64::from(picture.width()) * f64::from(picture.height());
    if pixels <= MOST_READ {
        return picture;
    }
    let by = (MOST_READ / pixels).sqrt();
    let [width, height] = [picture.width(), picture.height()].map(|side| ((f64::from(side) * by) as u32).max(1));
    imageops::resize(&picture, width, height, FilterType::Triangle)
}

/// An empty sheet.
pub(super) fn sheet(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba([255; 4]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ::image::{GrayAlphaImage, Luma, LumaA};

    use super::*;

    fn written(picture: &DynamicImage, format: ImageFormat) -> Bytes {
        let mut written = Cursor::new(vec![]);
        picture.write_to(&mut written, format).expect("a picture");
        written.into_inner().into()
    }

    #[test]
    fn what_can_be_seen_through_is_white() {
        let mut drawn = GrayAlphaImage::from_pixel(3, 1, LumaA([0, 0]));
        drawn.put_pixel(1, 0, LumaA([0, 255]));
        let graymap = for_reading(MediaType::Png, &written(&drawn.into(), ImageFormat::Png)).expect("a graymap");
        assert_eq!(graymap, b"P5\n3 1\n255\n\xff\x00\xff");
    }

    #[test]
    fn a_sheet_finer_than_helps_is_scaled_down_and_keeps_its_form() {
        let drawn = GrayImage::from_pixel(8000, 2000, Luma([255]));
        let graymap = for_reading(MediaType::Png, &written(&drawn.into(), ImageFormat::Png)).expect("a graymap");
        assert!(graymap.starts_with(b"P5\n6928 1732\n255\n"), "{}", String::from_utf8_lossy(&graymap[..20]));
        assert_eq!(graymap.len(), 17 + 6928 * 1732);
    }

    #[test]
    fn of_an_animation_the_first_picture_is_read_where_it_lies() {
        let mut animation = vec![];
        let mut encoder = ::gif::Encoder::new(&mut animation, 2, 2, &[0, 0, 0, 255, 255, 255]).expect("an encoder");
        for shade in [0, 1] {
            let mut frame = ::gif::Frame::from_indexed_pixels(1, 1, vec![shade], None);
            (frame.left, frame.top) = (1, 1);
            encoder.write_frame(&frame).expect("a frame");
        }
        drop(encoder);
        let graymap = for_reading(MediaType::Gif, &animation.into()).expect("a graymap");
        assert_eq!(graymap, b"P5\n2 2\n255\n\xff\xff\xff\x00");
    }

    #[test]
    fn what_is_no_picture_is_told_as_such() {
        for media_type in MediaType::ALL {
            let refused = for_reading(*media_type, &Bytes::from_static(b"nothing")).unwrap_err();
            assert!(matches!(refused, BadPicture::Broken(told, _) if told == *media_type), "{refused}");
        }
    }
}
