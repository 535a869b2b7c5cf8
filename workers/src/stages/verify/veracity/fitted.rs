//! The constants of the model.
//!
//! Fitted on factcheck-bench (Wang et al. 2024, "Factcheck-Bench: Fine-Grained Evaluation Benchmark for Automatic Fact-checkers"; Apache-2.0): 553
//! claims of 77 answers, each with five passages that a search of the web gave, labelled true, false or unknown. `cargo run --release
//! -p atr-workers --example claims -- --fit` prints them. Fitted so on other answers than it is measured on, the macro-averaged F1 is 0.47
//! (0.42 to 0.53) where a threshold on the claim's share in the passages has 0.37 and calling all true 0.27. Of support by passages that an
//! answer itself cites it tells nothing (ExpertQA: AUROC 0.52, lexical overlap 0.53).

use super::model::Model;

/// The model in use.
pub const FITTED: Model = Model {
    mean: [0.7151, 0.4624, 0.5327, 0.3112, 0.6139, 0.6190, 1.5552, 0.1808, 0.7151, 0.4624, 0.5013, 0.5013],
    spread: [0.2069, 0.1851, 0.2069, 0.1953, 0.2286, 0.3147, 1.8944, 0.3849, 0.1216, 0.1184, 0.3721, 0.4699],
    weights: [
        [0.2135, 0.0236, 0.1149, -0.0644, 0.1136, 0.0994, -0.1388, -0.0068, -0.0938, 0.0714, -0.1428, 0.0121],
        [-0.0049, 0.0227, 0.0794, -0.1202, -0.2493, 0.1642, 0.2354, 0.4023, -0.0187, -0.2611, -0.0642, 0.0266],
        [-0.2085, -0.0463, -0.1943, 0.1847, 0.1357, -0.2636, -0.0967, -0.3955, 0.1126, 0.1897, 0.2070, -0.0387],
    ],
    bias: [1.2016, 0.0828, -1.2844],
    raise: [1.2940, 2.4652, 5.2604],
};
