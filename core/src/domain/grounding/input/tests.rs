use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(value: &serde_json::Value) -> Result<NewGrounding, Rejection> {
    NewGrounding::parse(value.to_string().as_bytes())
}

fn fact() -> serde_json::Value {
    json!({"kind": "fact", "external_id": "f1", "source": "s1", "domain": "chemistry", "subject": "gold",
           "statement": "The atomic number of gold is 79."})
}

fn source() -> serde_json::Value {
    json!({"kind": "source", "external_id": "s1", "publisher": "IUPAC", "title": "Periodic table",
           "licence": "CC-BY-4.0"})
}

#[test]
fn a_source_is_secondary_unless_it_says_otherwise() {
    let Ok(NewGrounding::Source(read)) = parse(&source()) else { panic!("a source") };
    assert_eq!(read.trust_tier, TrustTier::Secondary);
    assert_eq!(parse(&read.line()), Ok(NewGrounding::Source(read)));
}

#[test]
fn every_fault_names_its_field() {
    for (field, change) in [
        ("kind", json!({"kind": "story"})),
        ("kind", json!({"kind": null})),
        ("statement", json!({"statement": "  "})),
        ("statement", json!({"statement": "a\u{0}b"})),
        ("statement", json!({"statement": "x".repeat(10_001)})),
        ("statement", json!({"statement": 12})),
        ("valid_from", json!({"valid_from": "yesterday"})),
        ("valid_from", json!({"valid_from": "-9000-01-01"})),
        ("valid_to", json!({"valid_from": "2020-01-02", "valid_to": "2020-01-01"})),
        ("state", json!({"state": "retracted"})),
        ("state", json!({"state": "certain"})),
        ("external_id", json!({"external_id": "é".repeat(257)})),
        ("publisher", json!({"publisher": "of a source"})),
    ] {
        let mut line = fact();
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(parse(&line).unwrap_err().field, field, "{change}");
    }
}

#[test]
fn only_who_may_vouch_for_facts_enters_them_verified() {
    let asking = |state: Option<&str>| {
        let mut line = fact();
        line["state"] = json!(state);
        match parse(&line) {
            Ok(NewGrounding::Fact(read)) => read,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asking(None).first_state(true), Ok(FactState::Verified));
    assert_eq!(asking(None).first_state(false), Ok(FactState::Proposed));
    assert_eq!(asking(Some("proposed")).first_state(true), Ok(FactState::Proposed));
    assert_eq!(asking(Some("verified")).first_state(false).unwrap_err().field, "state");
}

#[test]
fn the_state_is_no_part_of_a_facts_content() {
    let mut other = fact();
    other["state"] = json!("proposed");
    let (Ok(NewGrounding::Fact(a)), Ok(NewGrounding::Fact(b))) = (parse(&fact()), parse(&other)) else {
        panic!("facts")
    };
    assert_eq!(a.content_hash(), b.content_hash());
}

proptest! {
    #[test]
    fn no_line_makes_parsing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(NewGrounding::parse(&bytes));
    }

    #[test]
    fn what_parses_says_what_was_sent(statement in ".{1,60}", subject in ".{1,60}") {
        let mut line = fact();
        line["statement"] = json!(statement);
        line["subject"] = json!(subject);
        if let Ok(NewGrounding::Fact(read)) = parse(&line) {
            prop_assert_eq!(parse(&read.line()), Ok(NewGrounding::Fact(read.clone())));
            prop_assert_eq!((read.statement, read.subject), (statement, subject));
        }
    }

    #[test]
    fn another_statement_is_another_content(one in "[a-z]{1,20}", two in "[a-z]{1,20}") {
        let hash_of = |statement: &str| {
            let mut line = fact();
            line["statement"] = json!(statement);
            match parse(&line) {
                Ok(NewGrounding::Fact(read)) => read.content_hash(),
                other => panic!("{other:?}"),
            }
        };
        prop_assert_eq!(hash_of(&one) == hash_of(&two), one == two);
    }
}
