//! The guard of an update that changes a state.

/// The words of the states from which a step is possible, and that of the state after it. `after` tells what a state
/// becomes by the step, if it is possible.
pub(super) fn guard<S: Copy>(
    states: &[S],
    word: impl Fn(S) -> &'static str,
    after: impl Fn(S) -> Option<S>,
) -> (Vec<String>, &'static str) {
    let mut became = "";
    let before = states.iter().filter_map(|state| {
        became = word(after(*state)?);
        Some(word(*state).to_owned())
    });
    (before.collect(), became)
}
