//! Measures of confidence: how well it ranks, and how far it can be taken at its word.

use atr_workers::stages::verify::consensus::{Record, merge_by, weight::Coefficients};

use super::solutions::{MODELS, Question};

/// What became of a question's chains.
pub struct Judged {
    /// Whether the agreed answer is right; of answers that tie the share that is.
    pub agreed: f64,
    /// The same where each chain counts as one.
    pub majority: f64,
    /// The chance given to the agreed answer.
    pub confidence: f64,
    /// By chain the chance given to its answer, and whether it is right.
    pub chains: Vec<(f64, bool)>,
    /// How many chains gave each answer, the most first.
    sizes: Vec<usize>,
}

impl Judged {
    pub fn of(question: &Question, records: Option<&Vec<Record>>, by: &Coefficients) -> Self {
        let models: Vec<usize> = (0..MODELS.len()).collect();
        let chains = question.chains(&models, records.map(Vec::as_slice));
        let merged = merge_by(&question.text, &chains, by);
        let right = |chains: &[usize]| f64::from(u8::from(chains.iter().any(|at| question.right[*at])));
        // Which of several that tie comes first is no merit.
        let expected = |worth: &dyn Fn(usize) -> f64| {
            let most = (0..merged.groups.len()).map(worth).fold(0.0, f64::max);
            let tied: Vec<usize> = (0..merged.groups.len()).filter(|at| worth(*at) >= most - 1e-12).collect();
            tied.iter().map(|at| right(&merged.groups[*at].chains)).sum::<f64>() / tied.len().max(1) as f64
        };
        let mut sizes: Vec<usize> = merged.groups.iter().map(|group| group.chains.len()).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            agreed: expected(&|at| merged.groups[at].share),
            majority: expected(&|at| merged.groups[at].chains.len() as f64),
            confidence: merged.confidence,
            chains: merged.confidences.iter().copied().zip(question.right.iter().copied()).collect(),
            sizes,
        }
    }
}

fn chains(judged: &[Judged], drawn: &[usize]) -> Vec<(f64, bool)> {
    let mut all: Vec<(f64, bool)> = drawn.iter().flat_map(|at| judged[*at].chains.iter().copied()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

/// The chance that a right chain has a higher confidence than a wrong one, ties by half; not a number where all are one of both.
pub fn auroc(judged: &[Judged], drawn: &[usize]) -> f64 {
    let (confidences, right): (Vec<f64>, Vec<bool>) = chains(judged, drawn).into_iter().unzip();
    atr_reward::metrics::auroc(&confidences, &right).unwrap_or(f64::NAN)
}

/// Ten bins of as many chains each.
fn bins(all: &[(f64, bool)]) -> impl Iterator<Item = (usize, f64, f64)> {
    (0..10).map(|bin| {
        let of = &all[bin * all.len() / 10..(bin + 1) * all.len() / 10];
        let n = of.len().max(1) as f64;
        let confidence = of.iter().map(|chain| chain.0).sum::<f64>() / n;
        (of.len(), confidence, of.iter().filter(|chain| chain.1).count() as f64 / n)
    })
}

/// The expected calibration error over ten bins of equal mass (Naeini et al. 2015; Nguyen and O'Connor 2015).
pub fn ece(judged: &[Judged], drawn: &[usize]) -> f64 {
    let all = chains(judged, drawn);
    bins(&all).map(|(n, confidence, right)| n as f64 * (confidence - right).abs()).sum::<f64>() / all.len() as f64
}

/// The area under the curve of risk by coverage, of agreed answers from the surest on (Geifman and El-Yaniv 2017); answers
/// equally sure share their risk.
pub fn aurc(judged: &[Judged], drawn: &[usize]) -> f64 {
    let mut all: Vec<(f64, f64)> = drawn.iter().map(|at| (judged[*at].confidence, 1.0 - judged[*at].agreed)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut wrong, mut seen, mut area) = (0.0, 0.0, 0.0);
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        let risk = tied.iter().map(|of| of.1).sum::<f64>() / tied.len() as f64;
        for _ in tied {
            wrong += risk;
            seen += 1.0;
            area += wrong / seen;
        }
    }
    area / all.len() as f64
}

/// Prints how confidence and truth go together.
pub fn reliability(judged: &[Judged]) {
    let drawn: Vec<usize> = (0..judged.len()).collect();
    let all = chains(judged, &drawn);
    println!("  chains by confidence, a tenth each: chains, mean confidence, share right");
    for (n, confidence, right) in bins(&all) {
        println!("    {n:>4}  {confidence:.3}  {right:.3}");
    }
    let count = |sure: bool, right: bool| all.iter().filter(|of| (of.0 >= 0.5) == sure && of.1 == right).count();
    println!(
        "  chains held for right: {} are, {} are not; for wrong: {} are, {} are not",
        count(true, true),
        count(true, false),
        count(false, false),
        count(false, true)
    );
    let mut patterns: Vec<&Vec<usize>> = judged.iter().map(|of| &of.sizes).collect();
    patterns.sort();
    patterns.dedup();
    println!("  by how many chains gave each answer: questions, agreed answer right, by majority");
    for pattern in patterns {
        let of: Vec<&Judged> = judged.iter().filter(|of| of.sizes == *pattern).collect();
        let mean = |value: &dyn Fn(&Judged) -> f64| of.iter().map(|of| value(of)).sum::<f64>() / of.len() as f64;
        println!("    {pattern:?}: {}, {:.3}, {:.3}", of.len(), mean(&|of| of.agreed), mean(&|of| of.majority));
    }
}
