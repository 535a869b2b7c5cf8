//! What stands between `<think>` tags: models that reason write their thoughts so, before what they say.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits a text into thoughts and what is said. A tag that is not closed holds all that follows it: the answer was cut
/// off. One that is closed and was never opened holds all before it: some templates open it for the model.
pub fn split(text: &str) -> (Vec<String>, String) {
    let (mut thoughts, mut said) = (vec![], String::new());
    let mut think = |thought: &str| {
        let thought = thought.trim();
        if !thought.is_empty() {
            thoughts.push(thought.to_owned());
        }
    };
    let mut rest = text;
    if let Some(close) = rest.find(CLOSE).filter(|close| rest.find(OPEN).is_none_or(|open| *close < open)) {
        think(&rest[..close]);
        rest = &rest[close + CLOSE.len()..];
    }
    while let Some((before, after)) = rest.split_once(OPEN) {
        said += before;
        let (thought, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        think(thought);
        rest = after;
    }
    said += rest;
    let said = if said.len() == text.len() { said } else { said.trim().to_owned() };
    (thoughts, said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> (Vec<String>, String) {
        split(text)
    }

    #[test]
    fn thoughts_are_taken_out_of_what_is_said() {
        let thought = |text: &str| vec![text.to_owned()];
        assert_eq!(parts("<think>\nHm.\n</think>\n\nAu."), (thought("Hm."), "Au.".to_owned()));
        assert_eq!(parts("Hm.</think>Au."), (thought("Hm."), "Au.".to_owned()));
        assert_eq!(parts("<think>Hm, and"), (thought("Hm, and"), String::new()));
        assert_eq!(parts(" Au. "), (vec![], " Au. ".to_owned()));
        assert_eq!(parts("<think></think>Au."), (vec![], "Au.".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_said_holds_no_tag(text in "(<think>|</think>|[a-c ]){0,8}") {
            let (_, said) = split(&text);
            prop_assert!(!said.contains(OPEN), "{}", said);
        }
    }
}
