//! The coefficients as they were fitted.

use super::weight::Coefficients;

impl Coefficients {
    /// Fitted on four models' solutions to 993 questions of grade-school mathematics (GSM8K: Cobbe et al. 2021, "Training
    /// Verifiers to Solve Math Word Problems"), of which 0.22 to 0.563 are right: each one, two, three and four chains of a
    /// question, without and with the models' records, by maximum a posteriori under a normal prior of deviation 1 around 0;
    /// `cargo run --release -p atr-workers --example consensus -- --fit` prints them.
    ///
    /// Those of facts are by what verdicts said of factcheck-bench's claims beside experts' corrections (`make bench NAME=claims`): of
    /// true claims 371 in 372 are supported and none contradicted, of false ones 9 and 34 in 138. As log-odds a support says
    /// 2.7 and a contradiction -5.2 (half a case added to each), which is reached where one claim is decided. That of
    /// log-probabilities is a judgement: no data set at hand has them and several chains. No more
    /// than four chains of a question were seen; of many chains of one model, which err alike more than four models do, the
    /// confidence is too high.
    pub const FITTED: Self = Self {
        none: -3.11,
        chain: 2.54,
        // Uses all that is given, length, loose ends, wrong arithmetic, unreached, record; log-probability, contradicted, supported.
        signals: [1.47, 0.61, -1.53, -1.80, -1.40, 1.40, 0.5, -10.4, 5.4],
        implausible: -1.79,
        correlation: 0.15,
    };
}
