//! Words by the hashing trick (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"): no
//! dictionary is kept, so a model stays small and a word never seen costs nothing.

use std::collections::BTreeSet;

use crate::arithmetic;
use crate::candidate::Candidate;
use crate::text::{self, Kind, is_stop_word};

/// Words of a question, of an answer and of the steps beyond these many are not hashed.
const MOST: [usize; 3] = [40, 60, 80];
/// A cross takes at most this many words from each side.
const MOST_CROSSED: usize = 12;

/// A group of hashed features. Each block of a row has unit length whatever the number of its words, so that a long
/// answer does not weigh more than a short one, and crosses, which are many, do not drown words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Block {
    /// Words and pairs of words of the answer.
    Answer = 0,
    /// Words and pairs of words of the question, and its shape.
    Question = 1,
    /// A word of the question together with a word of the answer.
    Cross = 2,
    /// Words of the reasoning steps.
    Steps = 3,
}

/// All blocks, in the order of [`super::Features::hashed`].
pub(crate) const BLOCKS: [Block; 4] = [Block::Answer, Block::Question, Block::Cross, Block::Steps];

impl Block {
    /// What a feature of this block is called in an explanation.
    pub(crate) fn of(self) -> &'static str {
        match self {
            Block::Answer => "answer",
            Block::Question => "question",
            Block::Cross => "cross",
            Block::Steps => "step",
        }
    }
}

/// The bucket of a feature: FNV-1a (Fowler, Noll, Vo) over block and words, folded to `bits`.
pub(crate) fn bucket_of(block: Block, first: &str, second: Option<&str>, bits: u32) -> u32 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    eat(block as u8);
    first.bytes().for_each(&mut eat);
    eat(0xff);
    second.unwrap_or_default().bytes().for_each(&mut eat);
    // FNV's high bits are its better ones; folding brings them down.
    ((hash ^ (hash >> 32)) & ((1 << bits) - 1)) as u32
}

/// Names every hashed feature that occurs: block, word, and the second word of a pair.
pub(crate) fn visit(candidate: &Candidate<'_>, visit: &mut dyn FnMut(Block, &str, Option<&str>)) {
    let general = |words: Vec<String>, most: usize| -> Vec<String> {
        words.into_iter().take(most).map(|word| general(&word)).collect()
    };
    let question = general(text::words(candidate.question), MOST[0]);
    let answer_words = text::words(candidate.answer);
    let kind = kind_word(text::kind_given(&answer_words), answer_words.len());
    let answer = general(answer_words, MOST[1]);

    for (block, words) in [(Block::Answer, &answer), (Block::Question, &question)] {
        words.iter().for_each(|word| visit(block, word, None));
        words.windows(2).for_each(|pair| visit(block, &pair[0], Some(&pair[1])));
    }
    visit(Block::Answer, kind, None);
    let shape = shape(&question);
    visit(Block::Question, &shape, None);

    let distinct = |words: &[String]| -> Vec<String> {
        let mut seen = BTreeSet::new();
        let kept = words.iter().filter(|w| !is_stop_word(w) && seen.insert(w.as_str()));
        kept.take(MOST_CROSSED).cloned().collect()
    };
    // The word a question opens with is a stop word elsewhere, and what it asks for here.
    let mut asked = distinct(&question);
    asked.extend(question.first().filter(|w| is_stop_word(w)).cloned());
    asked.push(shape);
    let mut given = distinct(&answer);
    given.push(kind.to_owned());
    for asked in &asked {
        given.iter().for_each(|given| visit(Block::Cross, asked, Some(given)));
    }

    let mut left = MOST[2];
    for step in candidate.steps {
        let signs: BTreeSet<char> = arithmetic::equations(step).into_iter().flat_map(|e| e.signs).collect();
        for sign in signs {
            let sign = format!("⟨{sign}⟩");
            visit(Block::Steps, &sign, None);
            // Which sign a question calls for is in its words: "are left" wants a minus.
            asked.iter().for_each(|asked| visit(Block::Cross, asked, Some(&sign)));
        }
        let words = general(text::words(step), left);
        left -= words.len();
        words.iter().for_each(|word| visit(Block::Steps, word, None));
    }
}

/// A number stands for all numbers of its length: that an answer was 12 says nothing about the next question.
fn general(word: &str) -> String {
    if text::number(word).is_some() { format!("#{}", word.len().min(5)) } else { word.to_owned() }
}

fn kind_word(kind: Kind, words: usize) -> &'static str {
    match (kind, words) {
        (_, 0) => "⟨nothing⟩",
        (Kind::Number, _) => "⟨number⟩",
        (Kind::Year, _) => "⟨year⟩",
        (Kind::YesNo, _) => "⟨yes or no⟩",
        (Kind::Text, 1) => "⟨word⟩",
        (Kind::Text, 2..=5) => "⟨words⟩",
        (Kind::Text, _) => "⟨sentence⟩",
    }
}

/// The words of a question that give it its form, the others left out: "all … are … some … are … does … some …".
fn shape(question: &[String]) -> String {
    const FORM: [&str; 22] = [
        "all", "no", "some", "every", "any", "if", "then", "not", "only", "either", "or", "follow", "must", "how",
        "many", "who", "when", "where", "which", "what", "why", "than",
    ];
    let mut shape = String::from("⟨shape");
    for word in question.iter().filter(|word| FORM.contains(&word.as_str())).take(10) {
        shape.push(' ');
        shape.push_str(word);
    }
    shape.push('⟩');
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_stay_inside_their_bits_and_tell_blocks_apart() {
        for bits in [8, 16, 20] {
            assert!(bucket_of(Block::Answer, "word", None, bits) < 1 << bits);
        }
        assert_ne!(bucket_of(Block::Answer, "gas", None, 20), bucket_of(Block::Question, "gas", None, 20));
        assert_ne!(bucket_of(Block::Answer, "ab", Some("c"), 20), bucket_of(Block::Answer, "a", Some("bc"), 20));
    }

    #[test]
    fn a_number_stands_for_all_of_its_length() {
        assert_eq!(general("12"), general("47"));
        assert_ne!(general("12"), general("1912"));
    }

    #[test]
    fn the_shape_of_a_question_leaves_its_matter_out() {
        let shape_of = |q: &str| shape(&text::words(q));
        assert_eq!(
            shape_of("All cups are dishes. Some dishes are plates."),
            shape_of("All cats purr; some purrs hum.")
        );
    }
}
