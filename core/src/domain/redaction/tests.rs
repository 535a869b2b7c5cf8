use proptest::prelude::*;

use super::*;

fn all() -> Redactor {
    Redactor::new(Pattern::ALL.iter().copied().collect())
}

fn redacted(text: &str) -> String {
    let mut text = text.to_owned();
    all().text(&mut text);
    text
}

fn json(text: &str) -> String {
    let mut text = text.to_owned();
    all().json(&mut text);
    text
}

/// Put together here, so that nothing that looks for keys in files finds one.
fn key(form: &str, letters: usize) -> String {
    format!("{form}{}", "Ab1".repeat(letters.div_ceil(3)))
}

#[test]
fn addresses_are_replaced() {
    for (text, expected) in [
        ("Write to jane.doe+x@mail.example.org.", "Write to [e-mail]."),
        ("<a_b%c@example.co>, d@e.info", "<[e-mail]>, [e-mail]"),
        ("jürgen@müller.example", "[e-mail]"),
        ("at user@localhost or @name, a@b", "at user@localhost or @name, a@b"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn cards_are_replaced_if_their_checksum_is_right() {
    for (text, expected) in [
        ("4111111111111111", "[payment card]"),
        ("Card 4111 1111 1111 1111 123, 12/27", "Card [payment card] 123, 12/27"),
        ("No. 12 5500-0000-0000-0004.", "No. 12 [payment card]."),
        ("3400 000000 00009", "[payment card]"),
        ("4111111111111112 is wrong by one", "4111111111111112 is wrong by one"),
        ("0.4111111111111111", "0.4111111111111111"),
        ("id_4111111111111111 x4111111111111111", "id_4111111111111111 x4111111111111111"),
        // A telephone number whose checksum is right.
        ("+4915112345678", "[phone]"),
        // No card begins so: nanoseconds since 1970.
        ("1795510740000000002", "1795510740000000002"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn telephone_numbers_are_replaced_and_other_numbers_are_not() {
    for text in [
        "+49 30 1234567",
        "+1 (555) 123-4567",
        "+4915112345678",
        "0049 30 123456",
        "(555) 223-4567",
        "555-223-4567",
        "1-555-223-4567",
        "030/1234567",
        "0171 1234567",
        "020 7946 0958",
        "01 23 45 67 89",
    ] {
        assert_eq!(redacted(&format!("Call {text}, please.")), "Call [phone], please.", "{text}");
    }
    for text in [
        "2024-11-24T09:30:00Z",
        "01.02.2024 10:30",
        "299 792 458 m/s",
        "3.14159265358979",
        "1,234,567,890",
        "10.1000/182",
        "192.168.100.200",
        "978-3-16-148410-0",
        "00000000-0000-7000-8000-000000000000",
        "x + 12345678 = y",
        "6.02214076e23",
        "ab0123456789",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn secrets_of_well_known_forms_are_replaced() {
    let token = format!("eyJ{0}.eyJ{0}.{0}", "Ab1_".repeat(4));
    let forms = ["sk-", "sk-proj-", "AKIA", "ghp_", "github_pat_", "glpat-", "hf_", "xoxb-", "sk_live_", "atr_"];
    for secret in forms.map(|form| if form == "AKIA" { "AKIA".to_owned() + &"A1B2".repeat(4) } else { key(form, 42) }) {
        assert_eq!(redacted(&format!("key={secret};")), "key=[secret];", "{secret}");
    }
    assert_eq!(redacted(&format!("Bearer {token}")), "Bearer [secret]");
    let pem = ["-----BEGIN RSA ", "PRIVATE KEY-----\nabc\n-----END RSA ", "PRIVATE KEY-----"].concat();
    assert_eq!(redacted(&format!("a\n{pem}\nb")), "a\n[secret]\nb");
    for word in ["sk-learn", "risk-assessment-of-the-whole-thing", "atr_app", "ghp_", "task-force-one-hundred-twenty"] {
        assert_eq!(redacted(word), word);
    }
}

#[test]
fn only_what_is_wanted_is_replaced_and_each_is_counted() {
    let mut redactor = Redactor::new([Pattern::Email].into());
    let mut text = "a@b.org and c@d.org, +49 30 1234567".to_owned();
    redactor.text(&mut text);
    assert_eq!(text, "[e-mail] and [e-mail], +49 30 1234567");
    assert_eq!(redactor.replaced(), &Replaced::from([(Pattern::Email, 2)]));
    assert_eq!(placeholders([text.as_str(), "[phone]"]), [(Pattern::Email, 2), (Pattern::Phone, 1)].into());
}

#[test]
fn json_stays_json() {
    assert_eq!(json(r#"[{"card": 4111111111111111, "n": 1.50}]"#), r#"[{"card":"[payment card]","n":1.5}]"#);
    assert_eq!(json(r#"{ "to": "a@b.org" }"#), r#"{"to":"[e-mail]"}"#);
    assert_eq!(
        json(r#"{"arguments": "{\"card\": 4111111111111111}"}"#),
        r#"{"arguments":"{\"card\":\"[payment card]\"}"}"#
    );
    // Untouched, it is as it was, spaces and all; what is no JSON is a text.
    assert_eq!(json(r#"{ "b": 1,  "a": 2.50 }"#), r#"{ "b": 1,  "a": 2.50 }"#);
    assert_eq!(json("{a@b.org"), "{[e-mail]");
}

#[test]
fn long_texts_without_an_end_take_no_time_to_speak_of() {
    for piece in ["0 ", "+1", "(0", "a@", "1-", "4111 ", "sk-", "eyJ", "a.", "-----BEGIN ", "[e-mail]"] {
        let text = piece.repeat(200_000);
        let redacted = redacted(&text);
        assert!(redacted.len() <= text.len(), "{piece}");
    }
}

/// Texts that are near to what is replaced.
fn near() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,5}",
        "[ .,:@+()/_-]{1,2}",
        "[a-zé]{1,4}",
        Just("4111111111111111".to_owned()),
        Just("+49 30 1234567".to_owned()),
        Just("555-223-4567".to_owned()),
        Just("a@b.org".to_owned()),
        Just(key("sk-", 24)),
        Just("[e-mail]".to_owned()),
        Just("[phone]".to_owned()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_was_redacted_stays_as_it_is(text in prop_oneof![near(), any::<String>()]) {
        let once = redacted(&text);
        let mut twice = once.clone();
        let mut redactor = all();
        redactor.text(&mut twice);
        prop_assert_eq!(&twice, &once);
        prop_assert!(redactor.replaced().is_empty());
        let once = json(&text);
        prop_assert_eq!(json(&once), once);
    }

    #[test]
    fn what_is_counted_is_what_stands_there(text in near()) {
        let before = placeholders([text.as_str()]);
        let mut redactor = all();
        let mut after = text.clone();
        redactor.text(&mut after);
        let after = placeholders([after.as_str()]);
        let sum = |of: &Replaced| of.values().sum::<u64>();
        // What is replaced may hold a placeholder: a private key without an end, to the end of the text.
        prop_assert!(sum(&after) <= sum(&before) + sum(redactor.replaced()));
        prop_assert_eq!(redactor.replaced().is_empty(), redacted(&text) == text);
    }

    #[test]
    fn a_text_of_words_stays_byte_for_byte(text in "([a-zA-Zäß]{1,12}[ .,;!?\n]{1,3}|[0-9]{1,4}[ ,]){0,30}") {
        // Digits alone in short groups may be a card's by chance: those are left to the tests above.
        let mut redactor = Redactor::new([Pattern::Email, Pattern::Secret].into());
        let mut after = text.clone();
        redactor.text(&mut after);
        prop_assert_eq!(after, text);
    }

    #[test]
    fn a_card_is_found_wherever_words_stand_around_it(before in "[a-z ]{0,10} ", digits in "[2-6][0-9]{14}", after in " [a-z ]{0,10}") {
        let sum: u32 = digits.bytes().rev().enumerate().map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 0 { let twice = 2 * digit; twice / 10 + twice % 10 } else { digit }
        }).sum();
        let card = format!("{digits}{}", (10 - sum % 10) % 10);
        prop_assert_eq!(redacted(&format!("{before}{card}{after}")), format!("{before}[payment card]{after}"));
    }
}
