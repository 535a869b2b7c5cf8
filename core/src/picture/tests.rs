use ::image::{ImageFormat, RgbImage};
use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"51.5074 N 0.1278 W";

/// A picture of 20 by 10 pixels in a format.
fn picture(format: ImageFormat) -> Vec<u8> {
    let drawn = RgbImage::from_fn(20, 10, |x, y| ::image::Rgb([(x * 12) as u8, (y * 25) as u8, 7]));
    let mut written = Cursor::new(vec![]);
    drawn.write_to(&mut written, format).expect("a picture");
    written.into_inner()
}

/// A GIF of so many frames, with a comment.
fn animation(frames: usize) -> Vec<u8> {
    let mut written = vec![];
    let mut encoder = ::gif::Encoder::new(&mut written, 4, 2, &[0, 0, 0, 255, 255, 255]).expect("an encoder");
    encoder.write_raw_extension(::gif::AnyExtension(0xfe), &[SECRET]).expect("a comment");
    for frame in 0..frames {
        let pixels = vec![(frame % 2) as u8; 8];
        encoder.write_frame(&::gif::Frame::from_indexed_pixels(4, 2, pixels, None)).expect("a frame");
    }
    drop(encoder);
    written
}

/// What a JPEG says of itself beside the picture: which way is up, and what nobody is to know.
fn segment(marker: u8, begins: &[u8], says: &[u8]) -> Vec<u8> {
    let length = u16::try_from(begins.len() + says.len() + 2).expect("short");
    [&[0xff, marker], &length.to_be_bytes()[..], begins, says].concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn cleaned(bytes: Vec<u8>) -> Result<Picture, BadPicture> {
    clean(bytes.into())
}

/// The pixels of what is kept are those of what was sent.
fn same_pixels(format: ImageFormat, sent: &[u8], kept: &[u8]) {
    let [sent, kept] = [sent, kept].map(|bytes| ::image::load_from_memory_with_format(bytes, format).expect("whole"));
    assert_eq!(sent, kept);
}

#[test]
fn every_format_is_told_by_its_bytes_and_keeps_its_pixels() {
    for (format, media_type) in
        [(ImageFormat::Png, MediaType::Png), (ImageFormat::Jpeg, MediaType::Jpeg), (ImageFormat::WebP, MediaType::WebP)]
    {
        let sent = picture(format);
        let kept = cleaned(sent.clone()).expect("a picture");
        assert_eq!((kept.media_type, kept.width, kept.height), (media_type, 20, 10));
        same_pixels(format, &sent, &kept.bytes);
        assert_eq!(clean(kept.bytes.clone()), Ok(kept), "cleaned again it is the same");
    }
    let kept = cleaned(animation(3)).expect("a picture");
    assert_eq!((kept.media_type, kept.width, kept.height), (MediaType::Gif, 4, 2));
    assert!(!holds(&kept.bytes, SECRET));
    assert_eq!(clean(kept.bytes.clone()), Ok(kept));
}

#[test]
fn a_jpeg_loses_where_it_was_taken_and_keeps_which_way_is_up() {
    let plain = picture(ImageFormat::Jpeg);
    let told = [&exif(Orientation::Rotate90)[..], SECRET].concat();
    let mut sent = plain[..2].to_vec();
    sent.extend(segment(0xe1, b"Exif\0\0", &told));
    sent.extend(segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0", SECRET));
    sent.extend(segment(0xfe, b"", SECRET));
    sent.extend(&plain[2..]);
    sent.extend(SECRET);
    let kept = cleaned(sent.clone()).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET));
    assert_eq!((kept.width, kept.height), (10, 20), "as it is shown");
    assert_eq!(orientation(ImageFormat::Jpeg, &kept.bytes).expect("EXIF"), Orientation::Rotate90);
    same_pixels(ImageFormat::Jpeg, &sent, &kept.bytes);
}

#[test]
fn a_png_loses_its_texts_and_what_follows_its_end() {
    let plain = picture(ImageFormat::Png);
    let mut png = img_parts::png::Png::from_bytes(plain.into()).expect("a PNG");
    for kind in [*b"tEXt", *b"iTXt", *b"zTXt", *b"eXIf", *b"prVt"] {
        png.chunks_mut().insert(1, img_parts::png::PngChunk::new(kind, Bytes::from_static(SECRET)));
    }
    let mut sent = png.encoder().bytes().to_vec();
    sent.extend(b"PK\x03\x04");
    sent.extend(SECRET);
    let kept = cleaned(sent.clone()).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET) && !holds(&kept.bytes, b"PK"));
    same_pixels(ImageFormat::Png, &sent, &kept.bytes);
}

#[test]
fn a_webp_loses_what_is_not_the_picture_and_what_follows_its_end() {
    let mut webp = img_parts::webp::WebP::from_bytes(picture(ImageFormat::WebP).into()).expect("a WebP");
    img_parts::ImageEXIF::set_exif(&mut webp, Some(Bytes::from_static(SECRET)));
    let mut sent = webp.encoder().bytes().to_vec();
    sent.extend(SECRET);
    let kept = cleaned(sent.clone()).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET));
    same_pixels(ImageFormat::WebP, &sent, &kept.bytes);
}

#[test]
fn what_is_no_picture_is_refused_whatever_it_pretends() {
    let pages: [&[u8]; 6] = [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x1f\x8b\x08",
        b" GIF89a",
    ];
    for page in pages {
        assert_eq!(clean(Bytes::from_static(page)), Err(BadPicture::Unknown));
    }
    // Scripts that begin as a GIF does: what follows tells a size, or is no part of one.
    assert_eq!(clean(Bytes::from_static(b"GIF89a=1;/*<script>alert(1)</script>*/")), Err(BadPicture::TooManyPixels));
    assert!(clean(Bytes::from_static(b"GIF89a\x01\0\x01\0\0\0\0<script>alert(1)</script>")).is_err());
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_by_its_header() {
    // A PNG whose header says 100,000 by 100,000 pixels, with its checksum right.
    let mut png = img_parts::png::Png::from_bytes(picture(ImageFormat::Png).into()).expect("a PNG");
    let header = png.chunks()[0].contents();
    let size = 100_000_u32.to_be_bytes();
    let wide = [&size[..], &size, &header[8..]].concat();
    png.chunks_mut()[0] = img_parts::png::PngChunk::new(*b"IHDR", wide.into());
    assert_eq!(clean(png.encoder().bytes()), Err(BadPicture::TooManyPixels));

    let mut gif = animation(1);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(cleaned(gif), Err(BadPicture::TooManyPixels));
    assert_eq!(cleaned(animation(1001)), Err(BadPicture::TooManyPixels), "too many frames");
}

proptest! {
    #[test]
    fn what_is_cut_short_is_refused(which in 0..4_usize, share in 0.0..0.9_f64) {
        let whole = match which {
            0 => picture(ImageFormat::Png),
            1 => picture(ImageFormat::Jpeg),
            2 => picture(ImageFormat::WebP),
            _ => animation(1),
        };
        let cut = whole[..(whole.len() as f64 * share) as usize].to_vec();
        prop_assert!(cleaned(cut).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(which in 0..4_usize, at in 0_usize..400, byte: u8, more in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut bytes = match which {
            0 => picture(ImageFormat::Png),
            1 => picture(ImageFormat::Jpeg),
            2 => picture(ImageFormat::WebP),
            _ => animation(2),
        };
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.splice(at..at, more);
        if let Ok(kept) = cleaned(bytes) {
            // Whatever is kept is kept as it is when it is sent again.
            prop_assert_eq!(clean(kept.bytes.clone()), Ok(kept));
        }
    }
}
