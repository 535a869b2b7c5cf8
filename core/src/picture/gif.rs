//! GIF: written anew, frame by frame, with the colours it has.

use std::num::NonZeroU64;

use ::image::{RgbaImage, imageops};
use gif::{ColorOutput, DecodeOptions, Encoder, MemoryLimit};

use super::{BadPicture, MOST_PIXELS, Picture};
use crate::domain::attachment::MediaType;

/// The most frames that an animation has.
const MOST_FRAMES: u64 = 1000;

pub(super) fn clean(bytes: &[u8]) -> Result<Picture, BadPicture> {
    let broken = |why: String| BadPicture::Broken(MediaType::Gif, why);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::new(MOST_PIXELS).expect("not zero")));
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).map_err(|error| broken(error.to_string()))?;
    let (width, height) = (decoder.width(), decoder.height());
    let screen = u64::from(width) * u64::from(height);
    if screen == 0 {
        return Err(broken("it has no size".to_owned()));
    }
    if screen > MOST_PIXELS {
        return Err(BadPicture::TooManyPixels);
    }
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut kept = Vec::with_capacity(bytes.len());
    let mut encoder = Encoder::new(&mut kept, width, height, &palette).map_err(|error| broken(error.to_string()))?;
    let (mut frames, mut pixels) = (0, 0);
    while let Some(next) = decoder.next_frame_info().map_err(|error| broken(error.to_string()))? {
        let mut frame = next.clone();
        frames += 1;
        pixels += u64::from(frame.width) * u64::from(frame.height);
        if pixels > MOST_PIXELS || frames > MOST_FRAMES {
            return Err(BadPicture::TooManyPixels);
        }
        let mut buffer = vec![0; decoder.buffer_size()];
        decoder.read_into_buffer(&mut buffer).map_err(|error| broken(error.to_string()))?;
        if frames == 1 {
            // How often it repeats is told before the frames.
            encoder.set_repeat(decoder.repeat()).map_err(|error| broken(error.to_string()))?;
        }
        frame.buffer = buffer.into();
        frame.interlaced = false;
        encoder.write_frame(&frame).map_err(|error| broken(error.to_string()))?;
    }
    if frames == 0 {
        return Err(broken("it has no picture".to_owned()));
    }
    drop(encoder);
    Ok(Picture { media_type: MediaType::Gif, bytes: kept.into(), width: width.into(), height: height.into() })
}

/// The first picture of an animation, on white.
pub(super) fn first_frame(bytes: &[u8]) -> Result<RgbaImage, BadPicture> {
    let broken = |error: ::gif::DecodingError| BadPicture::Broken(MediaType::Gif, error.to_string());
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).map_err(broken)?;
    let mut sheet = super::reading::sheet(decoder.width().into(), decoder.height().into());
    let frame = decoder.read_next_frame().map_err(broken)?;
    let frame = frame.ok_or_else(|| BadPicture::Broken(MediaType::Gif, "it has no picture".to_owned()))?;
    let drawn = RgbaImage::from_raw(frame.width.into(), frame.height.into(), frame.buffer.to_vec())
        .ok_or_else(|| BadPicture::Broken(MediaType::Gif, "its first picture is not whole".to_owned()))?;
    imageops::overlay(&mut sheet, &drawn, frame.left.into(), frame.top.into());
    Ok(sheet)
}
