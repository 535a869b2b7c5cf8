//! Lines of a body that comes in piece by piece: never more than one of them in memory, and of one that is too long
//! nothing but its length. It knows at any time where it is, and what it has read.

use std::io;

use atr_core::domain::{intake::Position, new_trace::ITEM_BYTES};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from 1; blank lines count.
    pub(super) number: u64,
    /// Its bytes without the line's end; where it is longer than [`ITEM_BYTES`], how long it is.
    pub(super) content: Result<&'a [u8], usize>,
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: R,
    kept: Vec<u8>,
    length: usize,
    handed_out: bool,
    ended: bool,
    /// After the last line that was read to its end.
    position: Position,
    /// How much of the next line is read.
    begun: u64,
    /// The chain before the next line and what is read of it, where the chain is wanted.
    chained: Option<blake3::Hasher>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            kept: vec![],
            length: 0,
            handed_out: false,
            ended: false,
            position: Position::default(),
            begun: 0,
            chained: None,
        }
    }

    /// Lines of a body that begins at a place, with the chain of what is read.
    pub(super) fn chained(from: R, at: Position) -> Self {
        Self { position: at, chained: Some(after(&at)), ..Self::new(from) }
    }

    /// After the last line that was read to its end.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The number of the line that comes next, or is being read.
    pub(super) fn next_number(&self) -> u64 {
        self.position.lines + 1
    }

    /// Passes over all lines before a place; whether they are what stands before it.
    ///
    /// # Errors
    /// If the body breaks off.
    pub(super) async fn skip_to(&mut self, to: &Position) -> io::Result<bool> {
        while self.position.bytes < to.bytes && self.complete().await? {
            self.clear();
        }
        Ok(self.position == *to)
    }

    /// The next line that is not blank; `None` at the end. Dropped while it waits, it loses nothing.
    ///
    /// # Errors
    /// If the body breaks off; the line it broke off in is never handed out.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        if std::mem::take(&mut self.handed_out) {
            self.clear();
        }
        while self.complete().await? {
            if self.length == self.kept.len() && self.kept.trim_ascii().is_empty() {
                self.clear();
                continue;
            }
            self.handed_out = true;
            let whole = self.kept.strip_suffix(b"\r").unwrap_or(&self.kept);
            let fits = self.length == self.kept.len() && whole.len() <= ITEM_BYTES;
            let content = if fits { Ok(whole) } else { Err(self.length) };
            return Ok(Some(Line { number: self.position.lines, content }));
        }
        Ok(None)
    }

    /// Reads a line to its end; false where there is none.
    async fn complete(&mut self) -> io::Result<bool> {
        while !self.ended {
            let piece = self.from.fill_buf().await?;
            if piece.is_empty() {
                self.ended = true;
                if self.begun == 0 {
                    break;
                }
            } else {
                let end = piece.iter().position(|byte| *byte == b'\n');
                let part = &piece[..end.unwrap_or(piece.len())];
                self.length += part.len();
                // One byte more than the limit, for the \r of \r\n.
                if self.length <= ITEM_BYTES + 1 {
                    self.kept.extend_from_slice(part);
                } else {
                    self.kept = vec![];
                }
                let read = part.len() + usize::from(end.is_some());
                self.begun += read as u64;
                if let Some(chained) = &mut self.chained {
                    chained.update(&piece[..read]);
                }
                self.from.consume(read);
                if end.is_none() {
                    continue;
                }
            }
            self.position.bytes += std::mem::take(&mut self.begun);
            self.position.lines += 1;
            if let Some(chained) = &mut self.chained {
                self.position.chain = chained.finalize();
                *chained = after(&self.position);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn clear(&mut self) {
        self.kept.clear();
        // A long line's memory is not held for the short ones after it.
        self.kept.shrink_to(64 << 10);
        self.length = 0;
    }
}

/// What the next line is added to.
fn after(position: &Position) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(position.chain.as_bytes());
    hasher
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::BufReader;

    use super::*;

    type Read = Vec<(u64, Result<Vec<u8>, usize>)>;

    /// Reads a body that comes in pieces of `piece` bytes.
    fn read(body: &[u8], piece: usize) -> Read {
        let reading = async {
            let mut lines = Lines::new(BufReader::with_capacity(piece, body));
            let mut read = vec![];
            while let Some(line) = lines.next().await.expect("memory can be read") {
                read.push((line.number, line.content.map(<[u8]>::to_vec)));
            }
            read
        };
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(reading)
    }

    #[test]
    fn blank_lines_are_passed_over_and_counted_and_line_ends_may_be_of_either_kind() {
        let expected: Read = vec![(2, Ok(b"a".to_vec())), (4, Ok(b"b".to_vec())), (5, Ok(b"c".to_vec()))];
        assert_eq!(read(b"\na\r\n  \r\nb\nc", 3), expected);
        assert_eq!(read(b"\na\r\n  \r\nb\nc\n", 100), expected);
        assert_eq!(read(b"", 5), vec![]);
    }

    #[test]
    fn a_line_that_is_too_long_is_only_measured_and_the_next_is_read() {
        let mut body = vec![b'x'; ITEM_BYTES + 2];
        body.extend_from_slice(b"\nnext\n");
        assert_eq!(read(&body, 1 << 16), [(1, Err(ITEM_BYTES + 2)), (2, Ok(b"next".to_vec()))]);
        let mut longest = vec![b'x'; ITEM_BYTES];
        longest.extend_from_slice(b"\r\n");
        assert_eq!(read(&longest, 1 << 16), [(1, Ok(vec![b'x'; ITEM_BYTES]))]);
        let mut over = vec![b'x'; ITEM_BYTES + 1];
        over.push(b'\n');
        assert_eq!(read(&over, 1 << 16), [(1, Err(ITEM_BYTES + 1))]);
    }

    proptest! {
        #[test]
        fn how_the_body_is_cut_into_pieces_makes_no_difference(body in "[ab \r\n]{0,60}", piece in 1usize..20) {
            let expected: Read = body
                .split('\n')
                .enumerate()
                .filter(|(_, line)| !line.trim_ascii().is_empty())
                .map(|(at, line)| (at as u64 + 1, Ok(line.strip_suffix('\r').unwrap_or(line).as_bytes().to_vec())))
                .collect();
            prop_assert_eq!(read(body.as_bytes(), piece), expected);
        }

        #[test]
        fn from_any_place_a_body_goes_on_as_if_it_had_been_read_from_its_beginning(
            body in "[ab \r\n]{0,60}", other in "[ab\n]{1,60}", lines in 0usize..9, piece in 1usize..20,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let all = body.as_bytes();
                let mut first = Lines::chained(BufReader::with_capacity(piece, all), Position::default());
                let mut place = first.position();
                for _ in 0..lines {
                    if first.next().await.expect("memory").is_some() {
                        place = first.position();
                    }
                }
                while first.next().await.expect("memory").is_some() {}
                let from = usize::try_from(place.bytes).expect("a length");
                let mut rest = Lines::chained(&all[from..], place);
                while rest.next().await.expect("memory").is_some() {}
                prop_assert_eq!(rest.position(), first.position());
                let mut again = Lines::chained(all, Position::default());
                prop_assert!(again.skip_to(&place).await.expect("memory"));
                // A last line without its end is the same only where the other body ends there too.
                let whole = all[..from].ends_with(b"\n") || other.len() == from;
                let same = whole && other.as_bytes().starts_with(&all[..from]);
                let mut strange = Lines::chained(other.as_bytes(), Position::default());
                prop_assert_eq!(strange.skip_to(&place).await.expect("memory"), same || from == 0);
                Ok(())
            })?;
        }
    }
}
