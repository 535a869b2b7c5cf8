//! Citations in texts, and what becomes of them.

use super::*;

const TEXT: &str = "Mount Everest is Earth's highest mountain above sea level. Its elevation of 8,849 m was established in 2020 by Chinese and Nepali authorities.";

fn source(texts: &[Passages]) -> KnownSource<'_> {
    KnownSource { title: "Everest", stale: false, failing: false, texts, retracted: None }
}

fn state(quoted: &str) -> CitationState {
    check(&find("[1]")[0], Some(&source(&[Passages::of(TEXT)])), Some(quoted)).state
}

#[test]
fn each_form_is_found_in_its_place() {
    let text = "As shown [1, 3-4] (see https://example.org/a_(b)), in doi:10.1000/XYZ.12. (Wang et al., 2022)";
    let forms: Vec<(CitationForm, &str)> = find(text).into_iter().map(|m| (m.form.clone(), m.span.of(text))).collect();
    assert_eq!(
        forms,
        [
            (CitationForm::Marker(1), "[1, 3-4]"),
            (CitationForm::Marker(3), "[1, 3-4]"),
            (CitationForm::Marker(4), "[1, 3-4]"),
            (CitationForm::Url("https://example.org/a_(b)".into()), "https://example.org/a_(b)"),
            (CitationForm::Doi("10.1000/xyz.12".into()), "doi:10.1000/XYZ.12"),
            (CitationForm::AuthorYear("Wang et al.".into(), 2022), "(Wang et al., 2022)"),
        ]
    );
}

#[test]
fn a_quotation_is_told_from_a_changed_and_from_an_invented_one() {
    assert_eq!(state("Its elevation of 8,849 m was established in 2020"), CitationState::Verified);
    assert_eq!(state("its elevation of “8849 m” was established in 2020"), CitationState::Verified);
    assert_eq!(state("Its elevation of 8,848 m was established in 2020"), CitationState::Misquoted);
    assert_eq!(state("Mount Everest is not Earth's highest mountain above sea level"), CitationState::Misquoted);
    assert_eq!(state("Kangchenjunga was first climbed by a British expedition"), CitationState::NotInSource);
}

#[test]
fn the_passage_is_given_with_its_place_in_the_text_that_has_most_of_it() {
    let texts = [Passages::of("Everest was established as a name in 1865."), Passages::of(TEXT)];
    let found = check(&find("[1]")[0], Some(&source(&texts)), Some("established in 2020"));
    let (at, span) = found.passage.expect("a passage");
    assert_eq!((at, span.of(TEXT)), (1, "established in 2020"));
    let first = check(&find("[1]")[0], Some(&source(&texts)), Some("established")).passage.expect("a passage");
    assert_eq!(first.0, 0);
}

#[test]
fn what_is_not_stored_cannot_be_verified_and_what_is_past_its_time_is_stale() {
    let cited = &find("[7]")[0];
    assert_eq!(check(cited, None, None).state, CitationState::UnknownSource);
    assert_eq!(check(cited, Some(&source(&[])), Some("anything")).state, CitationState::UnknownSource);
    assert_eq!(check(cited, Some(&source(&[])), None).state, CitationState::Verified);
    let failing = KnownSource { failing: true, ..source(&[]) };
    assert_eq!(check(cited, Some(&failing), None).state, CitationState::Unreachable);
    let texts = [Passages::of(TEXT)];
    let stale = KnownSource { stale: true, failing: true, ..source(&texts) };
    assert_eq!(check(cited, Some(&stale), Some("established in 2020")).state, CitationState::Stale);
    assert_eq!(check(cited, Some(&stale), Some("Kangchenjunga is near")).state, CitationState::NotInSource);
}

fn resolved(text: &str) -> Vec<(&str, Option<Target>)> {
    find(text).into_iter().map(|m| (m.span.of(text), m.target)).collect()
}

fn url(address: &str) -> Option<Target> {
    Some(Target::Url(address.to_owned()))
}

#[test]
fn a_number_names_the_entry_of_the_list_that_the_answer_ends_in() {
    for text in [
        "Gold is Au [1].\n\nReferences:\n[1] Gold, https://a.org/gold.\n[2] Silver, https://a.org/silver",
        "Gold is Au [1].\n\n## Sources\n1. Gold. https://a.org/gold\n2. Silver. https://a.org/silver",
        "Gold is Au [1].\n\n**References**\n\n- [1] https://a.org/gold\n- [2] https://a.org/silver\n",
        "Gold is Au [1].\nSources: 1. https://a.org/gold 2. https://a.org/silver",
        "Gold is Au [1]. Sources: [1] Gold, https://a.org/gold; [2] Silver, https://a.org/silver",
        "Gold is Au [1].\n\n[1]: https://a.org/gold\n[2]: https://a.org/silver",
        "Gold is Au [1].\n\n[1] Gold: https://a.org/gold\n[2] Silver: https://a.org/silver\n",
        "Gold is Au [1].\n\n参考文献：\n[1] 金, https://a.org/gold\n[2] 银, https://a.org/silver",
        "Gold is Au [1].\n\nReferences:\n[1] Gold,\n    https://a.org/gold\n[2] Silver\nhttps://a.org/silver",
    ] {
        let found = resolved(text);
        assert_eq!(found[0], ("[1]", url("https://a.org/gold")), "{text}: {:?}", references(text));
        assert_eq!(references(text).entries().len(), 2, "{text}");
        // The entry that is cited is no second citation; the one that is not is found where it stands.
        assert_eq!(found[1..].to_vec(), [("https://a.org/silver", url("https://a.org/silver"))], "{text}");
    }
}

#[test]
fn footnotes_and_raised_numbers_name_entries_too() {
    let notes = "Gold is Au.[^1] It is dense.[^2]\n\n[^1]: Gold, doi:10.1000/AU\n[^2]: Density, https://a.org/d";
    assert_eq!(resolved(notes), [("[^1]", Some(Target::Doi("10.1000/au".into()))), ("[^2]", url("https://a.org/d"))]);
    let raised = "Gold covers 5 km² and melts.¹ It is dense.²\n\nSources:\n¹ https://a.org/m\n² https://a.org/d";
    assert_eq!(resolved(raised), [("¹", url("https://a.org/m")), ("²", url("https://a.org/d"))]);
    assert_eq!(resolved("A field of 5 km² with 10³ cows².").len(), 0);
}

#[test]
fn a_bad_list_resolves_nothing_rather_than_the_wrong_thing() {
    for text in [
        // Given twice.
        "Gold [1].\n\nReferences:\n[1] https://a.org/1\n[1] https://a.org/2",
        // Not given.
        "Gold [1].\n\nReferences:\n[2] https://a.org/2\n[3] https://a.org/3",
        // Without numbers.
        "Gold [1].\n\nReferences:\n- https://a.org/1\n- https://a.org/2",
        // Two addresses in one entry.
        "Gold [1].\n\nReferences:\n[1] https://a.org/1 or https://b.org/2",
        // Statements, no references.
        "Gold [1].\n\nSources:\n1. The sun gives light to all plants.\n2. The wind drives mills.",
        "[1] https://a.org/1",
        "Gold [1]. References: none.",
    ] {
        let marker = find(text).into_iter().find(|m| m.form == CitationForm::Marker(1));
        assert_eq!(marker.map(|m| m.target).unwrap_or_default(), None, "{text}");
    }
}

#[test]
fn author_and_year_name_the_one_entry_that_has_both() {
    let list = "\n\nReferences\nWang, L. and Ho, B. (2020). Notes on gold. https://a.org/wang\nAda, C. (2020). Silver. doi:10.1000/ag\nAda, C. and Bell, D. (2019). On copper. Journal of Metals.";
    for (cited, target) in [
        ("(Wang et al., 2020)", url("https://a.org/wang")),
        ("(Wang and Ho, 2020)", url("https://a.org/wang")),
        ("Wang et al. (2020)", url("https://a.org/wang")),
        ("(Ada, 2020)", Some(Target::Doi("10.1000/ag".into()))),
        ("(Ada & Bell, 2019)", Some(Target::Title("On copper".into()))),
        ("(Wang, 2019)", None),
        ("(Wang and Ada, 2020)", None),
    ] {
        let text = format!("Gold is heavy {cited}.{list}");
        assert_eq!(resolved(&text)[0], (cited, target), "{text}");
    }
    let two = format!("Gold is heavy (Ada, 2020).{list}\nAda, C. (2020). Gold. https://a.org/ada");
    assert_eq!(resolved(&two)[0], ("(Ada, 2020)", None));
}

#[test]
fn identifiers_of_archives_and_books_name_what_they_are_kept_under() {
    let text = "See arXiv:2101.00001v2, PMID: 012345 and ISBN 0-306-40615-2; [the page](https://a.org/p_(q)) and [2](https://a.org/2).";
    assert_eq!(
        resolved(text),
        [
            ("arXiv:2101.00001v2", Some(Target::Doi("10.48550/arxiv.2101.00001".into()))),
            ("PMID: 012345", url("https://pubmed.ncbi.nlm.nih.gov/12345/")),
            ("ISBN 0-306-40615-2", None),
            ("[the page](https://a.org/p_(q))", url("https://a.org/p_(q)")),
            ("[2](https://a.org/2)", url("https://a.org/2")),
        ]
    );
}

#[test]
fn the_quotation_right_before_a_citation_is_what_it_quotes() {
    for text in [
        "The sheet says \"gold is Au\" (see https://example.org).",
        "The sheet says “gold is Au” [1].",
        "Das Blatt sagt „gold is Au“ [1].",
        "La fiche dit « gold is Au » [1].",
        "表中说「gold is Au」[1]。",
        "They say:\n> gold is Au\n[1]",
        "They say:\n\n> gold is Au\n> — A. Bell [1]",
        "> gold is Au [1]",
    ] {
        let at = find(text)[0].span.start;
        assert_eq!(quotation::quoted_before(text, at), Some("gold is Au"), "{text}");
    }
    for text in [
        "no quotation https://example.org",
        "He said \"gold is Au\". Silver is something else altogether [1]",
        "gold is Au\" [1]",
        "A “broken [1]",
    ] {
        let at = find(text)[0].span.start;
        assert_eq!(quotation::quoted_before(text, at), None, "{text}");
    }
}

#[test]
fn where_nothing_is_quoted_the_sentence_is_what_is_claimed_of_the_source() {
    let text = "Gold is Au [1]. Silver is Ag.[2] Tin, (Bell, 2020) says, is Sn. [3]\n\n[4] Iron is \"Fe\" [5].\n[6]";
    let mentions = find(text);
    let contents = quotation::contents(text, &mentions);
    let said: Vec<(&str, Option<(bool, &str)>)> = mentions
        .iter()
        .zip(&contents)
        .map(|(m, c)| (m.span.of(text), c.map(|c| (matches!(c, quotation::Content::Quoted(_)), c.span().of(text)))))
        .collect();
    assert_eq!(
        said,
        [
            ("[1]", Some((false, "Gold is Au [1]."))),
            ("[2]", Some((false, "Silver is Ag.[2]"))),
            ("(Bell, 2020)", Some((false, "Tin, (Bell, 2020) says, is Sn. [3]"))),
            ("[3]", Some((false, "Tin, (Bell, 2020) says, is Sn. [3]"))),
            ("[4]", Some((false, "[4] Iron is \"Fe\" [5]."))),
            ("[5]", Some((true, "Fe"))),
            ("[6]", None),
        ]
    );
}

#[test]
fn what_was_retracted_is_told_from_what_was_never_said() {
    let (cited, retracted) = (&find("[7]")[0], Passages::of("Gold is 78."));
    let texts = [Passages::of(TEXT)];
    let known = KnownSource { retracted: Some(&retracted), ..source(&texts) };
    assert_eq!(check(cited, Some(&known), Some("Gold is 78")).state, CitationState::Retracted);
    assert_eq!(check(cited, Some(&known), Some("Gold is 79")).state, CitationState::NotInSource);
    assert_eq!(check(cited, Some(&known), Some("established in 2020")).state, CitationState::Verified);
    let alone = KnownSource { retracted: Some(&retracted), ..source(&[]) };
    assert_eq!(check(cited, Some(&alone), Some("Gold is 78")).state, CitationState::Retracted);
}
