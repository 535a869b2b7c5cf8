//! What a citation is cited for: the words that it quotes, or else the sentence that it stands in.

use super::CitationMention;
use crate::stages::verify::claims::sentences;
use crate::stages::verify::words::Span;

/// The most characters between a quotation and its citation.
const NEAR: usize = 40;
/// The longest quotation that is looked for, in characters.
const LONGEST: usize = 2_000;
/// How many quotations within one are looked through.
const DEEPEST: usize = 4;

/// What opens a quotation that the mark closes.
fn openers(close: char) -> &'static [char] {
    match close {
        '"' => &['"'],
        '”' => &['“', '„', '”', '"'],
        '“' => &['„'],
        '»' => &['«'],
        '«' => &['»'],
        '›' => &['‹'],
        '」' => &['「'],
        '』' => &['『'],
        _ => &[],
    }
}

/// The words in quotation marks that stand right before a citation, of which only a few words part them; or the block quotation that
/// the citation ends or follows.
pub fn quoted_before(answer: &str, at: usize) -> Option<&str> {
    quotation(answer, at).map(|span| span.of(answer))
}

fn quotation(answer: &str, at: usize) -> Option<Span> {
    let before = answer.get(..at)?;
    let found = marked(before).or_else(|| block(before))?;
    let words = found.of(answer);
    let start = found.start + (words.len() - words.trim_start().len());
    (!words.trim().is_empty()).then(|| Span::new(start, start + words.trim().len()))
}

fn marked(before: &str) -> Option<Span> {
    // A mark that only opens stands in the way: the citation is within what it opens.
    let (close, mark) = before
        .char_indices()
        .rev()
        .take(NEAR)
        .take_while(|(_, c)| !matches!(c, '.' | '\n' | '。' | '।'))
        .find(|(_, c)| !openers(*c).is_empty() || "„‹「『".contains(*c))
        .filter(|(at, c)| closes(before, *at, *c))?;
    let inner = &before[..close];
    let openers = openers(mark);
    let (mut open, mut depth) = (None, 0);
    for (at, c) in inner.char_indices().rev().take(LONGEST) {
        if openers.contains(&c) && depth == 0 {
            open = Some(at + c.len_utf8());
            break;
        }
        if openers.contains(&c) {
            depth -= 1;
        } else if c == mark {
            depth += 1;
        }
        if depth > DEEPEST || (c == '\n' && inner[..at].ends_with('\n')) {
            break;
        }
    }
    Some(Span::new(open?, close))
}

/// Whether a mark that can open too closes what stands before it: "»" after a word, and “ only where „ opened.
fn closes(text: &str, at: usize, mark: char) -> bool {
    let after_word = text[..at].chars().next_back().is_some_and(|c| !c.is_whitespace() && !"([".contains(c));
    match mark {
        '«' | '»' | '“' => text[..at].chars().rev().take(LONGEST).any(|c| openers(mark).contains(&c)),
        '„' | '‹' | '「' | '『' => false,
        _ => after_word,
    }
}

/// The lines with ">" before them that the text ends in; one of them may bear the citation, or the line after.
fn block(before: &str) -> Option<Span> {
    let from = before.char_indices().rev().nth(LONGEST).map_or(0, |(at, _)| at);
    let tail = &before[from..];
    let (mut start, mut end, mut at) = (None, None, tail.len());
    for (number, line) in tail.rsplit('\n').enumerate() {
        let begin = at - line.len();
        let quoted = line.trim_start().strip_prefix('>').map(str::trim);
        match quoted {
            // "> — Somebody" says whose words they are.
            Some(words) if end.is_none() && words.trim_matches(['—', '–', '-', ' ', '(', '[']).is_empty() => {}
            Some(words) if end.is_none() && words.starts_with(['—', '–']) => {}
            Some(_) => {
                end = end.or(Some(at));
                start = Some(begin + line.find('>')? + 1);
            }
            None if end.is_none() && number == 1 && line.trim().is_empty() => {}
            None if number == 0
                && line.trim_matches(['—', '–', '-', ' ', '(', '[']).chars().count() <= NEAR
                && !line.contains('.') => {}
            None => break,
        }
        at = begin.saturating_sub(1);
    }
    Some(Span::new(from + start?, from + end?))
}

/// What a citation is cited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Words in quotation marks: they must stand in the source as they are.
    Quoted(Span),
    /// No words are quoted: the sentence says what the source is said to bear out.
    Claimed(Span),
}

impl Content {
    /// Where it stands in the answer.
    pub fn span(&self) -> Span {
        match self {
            Self::Quoted(span) | Self::Claimed(span) => *span,
        }
    }
}

/// What each of the `mentions` of `answer` is cited for, in their order; none for one that stands in no sentence but among citations.
pub fn contents(answer: &str, mentions: &[CitationMention]) -> Vec<Option<Content>> {
    let sentences = sentences(answer);
    let saying = saying(answer, &sentences, mentions);
    mentions
        .iter()
        .map(|mention| {
            let sentence = sentences.partition_point(|s| s.end <= mention.span.start);
            let claimed = sentences.get(sentence).filter(|_| saying[sentence]).copied().map(Content::Claimed);
            quotation(answer, mention.span.start).map(Content::Quoted).or(claimed)
        })
        .collect()
}

/// Of each sentence, whether it says something beside its citations.
fn saying(answer: &str, sentences: &[Span], mentions: &[CitationMention]) -> Vec<bool> {
    let says = |from: usize, to: usize| answer.get(from..to).is_some_and(|gap| gap.contains(char::is_alphanumeric));
    let mut rest = mentions.iter().peekable();
    sentences
        .iter()
        .map(|sentence| {
            let (mut at, mut said) = (sentence.start, false);
            while let Some(mention) = rest.next_if(|m| m.span.start < sentence.end) {
                said = said || says(at, mention.span.start);
                at = at.max(mention.span.end);
            }
            said || says(at, sentence.end)
        })
        .collect()
}
