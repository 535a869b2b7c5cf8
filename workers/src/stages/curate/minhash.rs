//! MinHash signatures of word shingles, and LSH bands that bring like texts together (Broder 1997; Leskovec,
//! Rajaraman and Ullman, Mining of Massive Datasets, chapter 3).

use super::normalise::each_word;
use super::recipe::NearRule;

/// Distinct shingles of a text that are held in memory; a longer text is read again when it is compared.
const HELD: usize = 8192;

/// One text to compare, in parts (its question, its reasoning, its answer).
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Its parts; shingles run across their border.
    pub parts: [&'a str; 3],
    /// Texts of different classes are never compared.
    pub class: u64,
}

/// Signatures of many texts, with what is needed to verify a pair. Memory is a few KiB a text, however long it is.
#[derive(Debug)]
pub struct Index<'a> {
    rule: &'a NearRule,
    texts: Vec<Text<'a>>,
    shingles: Vec<Shingles>,
    /// Signature after signature, bands × rows values each.
    signatures: Vec<u32>,
}

#[derive(Debug)]
enum Shingles {
    Held(Box<[u64]>),
    Long,
}

impl<'a> Index<'a> {
    /// Reads each text once.
    pub fn new(texts: Vec<Text<'a>>, rule: &'a NearRule, seed: u64) -> Self {
        let permutations: Vec<(u64, u64)> = (0..(rule.bands * rule.rows) as u64)
            .map(|i| (mix(seed ^ mix(2 * i)) | 1, mix(seed ^ mix(2 * i + 1))))
            .collect();
        let mut signatures = Vec::with_capacity(texts.len() * permutations.len());
        let mut held = Vec::with_capacity(texts.len());
        for text in &texts {
            let shingles = shingles(text.parts, rule.shingle_words);
            sign(&shingles, &permutations, &mut signatures);
            held.push(if shingles.len() <= HELD { Shingles::Held(shingles.into()) } else { Shingles::Long });
        }
        Self { rule, texts, shingles: held, signatures }
    }

    /// Calls `bucket` with the places of texts that agree in a band, ascending, band after band. A pair may come
    /// again in a later band; texts without a word are in no bucket.
    pub fn each_bucket(&self, mut bucket: impl FnMut(&[u32])) {
        let width = self.rule.bands * self.rule.rows;
        for band in 0..self.rule.bands {
            let mut keys: Vec<(u64, u32)> = (0u32..)
                .zip(self.texts.iter().zip(&self.shingles).zip(self.signatures.chunks_exact(width)))
                .filter(|(_, ((_, shingles), _))| !matches!(shingles, Shingles::Held(held) if held.is_empty()))
                .map(|(at, ((text, _), signature))| {
                    let rows = &signature[band * self.rule.rows..][..self.rule.rows];
                    (rows.iter().fold(mix(text.class), |key, row| mix(key ^ u64::from(*row))), at)
                })
                .collect();
            keys.sort_unstable();
            for run in keys.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
                let members: Vec<u32> = run.iter().map(|(_, at)| *at).collect();
                bucket(&members);
            }
        }
    }

    /// Exact Jaccard similarity of two texts' shingles; 0 for texts of different classes, and for texts without a word.
    pub fn jaccard(&self, a: u32, b: u32) -> f64 {
        let (a, b) = (a as usize, b as usize);
        if self.texts[a].class != self.texts[b].class {
            return 0.0;
        }
        let read = |at: usize| shingles(self.texts[at].parts, self.rule.shingle_words);
        match (&self.shingles[a], &self.shingles[b]) {
            (Shingles::Held(a), Shingles::Held(b)) => jaccard(a, b),
            (Shingles::Held(held), Shingles::Long) => jaccard(held, &read(b)),
            (Shingles::Long, Shingles::Held(held)) => jaccard(&read(a), held),
            (Shingles::Long, Shingles::Long) => jaccard(&read(a), &read(b)),
        }
    }
}

/// Hashes of the distinct runs of `n` normal words, ascending. A text of fewer words is one shingle.
pub fn shingles<const PARTS: usize>(parts: [&str; PARTS], n: usize) -> Vec<u64> {
    let mut out = Vec::new();
    let mut window: Vec<u64> = Vec::with_capacity(n);
    let hashed = |window: &[u64]| window.iter().fold(0, |hash: u64, word| mix(hash.rotate_left(7) ^ word));
    for part in parts {
        each_word(part, |word| {
            if window.len() == n {
                window.remove(0);
            }
            window.push(hash_word(word));
            if window.len() == n {
                out.push(hashed(&window));
            }
        });
    }
    if out.is_empty() && !window.is_empty() {
        out.push(hashed(&window));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Size of the intersection of two ascending sets.
pub fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                count += 1;
                i += 1;
                j += 1;
            }
        }
    }
    count
}

/// Jaccard similarity of two ascending sets; 0 if both are empty.
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let common = common(a, b);
    let union = a.len() + b.len() - common;
    if union == 0 { 0.0 } else { common as f64 / union as f64 }
}

/// 64-bit hash of a normal word (FNV-1a, finished by [`mix`]), the same on every machine and for ever.
pub fn hash_word(word: &str) -> u64 {
    mix(word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// The finishing step of SplitMix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output.
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Appends the least value of each permutation (multiply-shift; the shingles are well mixed already).
fn sign(shingles: &[u64], permutations: &[(u64, u64)], signatures: &mut Vec<u32>) {
    signatures.extend(permutations.iter().map(|(a, b)| {
        shingles.iter().map(|s| (s.wrapping_mul(*a).wrapping_add(*b) >> 32) as u32).min().unwrap_or(u32::MAX)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::curate::recipe::Recipe;

    #[test]
    fn a_text_shorter_than_a_shingle_is_one_shingle_and_an_empty_one_has_none() {
        assert_eq!(shingles(["gold", "Au"], 3).len(), 1);
        assert_eq!(shingles(["", "…"], 3).len(), 0);
        assert_eq!(shingles(["one two three", "four"], 3).len(), 2);
    }

    #[test]
    fn signatures_agree_as_often_as_the_sets_overlap() {
        let rule = NearRule { bands: 128, rows: 8, ..Recipe::default().near };
        let left: String = (0..300).map(|i| format!("w{i} ")).collect();
        let right: String = (100..400).map(|i| format!("w{i} ")).collect();
        let texts = [&left, &right].map(|text| Text { parts: [text, "", ""], class: 0 });
        let index = Index::new(texts.to_vec(), &rule, 7);
        let (a, b) = index.signatures.split_at(1024);
        let agree = a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / 1024.0;
        // 198 of 398 shingles are common: three standard deviations of the estimate are 0.047.
        assert!((agree - index.jaccard(0, 1)).abs() < 0.047, "{agree} for {}", index.jaccard(0, 1));
    }

    #[test]
    fn a_long_text_is_compared_exactly_without_being_held() {
        let rule = Recipe::default().near;
        let long: String = (0..20_000).map(|i| format!("w{i} ")).collect();
        let other = long.replace("w77 ", "x77 ");
        let texts = [&long, &other].map(|text| Text { parts: [text, "", ""], class: 0 });
        let index = Index::new(texts.to_vec(), &rule, 7);
        assert!(index.shingles.iter().all(|s| matches!(s, Shingles::Long)));
        assert_eq!(index.jaccard(0, 1), 19_995.0 / 20_001.0);
    }
}
