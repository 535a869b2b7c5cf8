//! Claims and facts of which the rules must say what people say.

use super::*;

fn relation(claim: &str, fact: &str) -> Relation {
    compare(claim, &FactText::new(fact)).relation
}

#[test]
fn another_value_of_the_same_thing_contradicts() {
    for (claim, fact) in [
        ("The capital of France is Lyon.", "The capital of France is Paris."),
        ("Lyon is the capital of France.", "The capital of France is Paris."),
        ("France's capital is Lyon.", "Paris is the capital of France."),
        ("The chemical symbol of gold is Ag.", "The chemical symbol of gold is Au."),
        ("Gold has the chemical symbol Ag.", "The chemical symbol of gold is Au."),
        ("The atomic number of gold is 78.", "The atomic number of gold is 79."),
        ("Gold has an atomic number of 80.", "The atomic number of gold is 79."),
        ("There are 9 planets in the solar system.", "There are eight planets in the Solar System."),
        ("Water boils at 90 °C at sea level.", "Water boils at 100 °C at sea level."),
        ("The Second World War ended in 1946.", "The Second World War ended in 1945."),
        ("Saturn is the largest planet.", "Jupiter is the largest planet."),
        ("Hamlet was written by Christopher Marlowe.", "Hamlet was written by William Shakespeare."),
        ("Whales are not mammals.", "Whales are mammals."),
        ("The Sun is smaller than the Earth.", "The Sun is larger than the Earth."),
        ("Mars is the third planet from the Sun.", "Mars is the fourth planet from the Sun."),
        ("The capital of Australia is Sydney, which is its largest city.", "The capital of Australia is Canberra."),
        ("Copper is more reactive than iron.", "Iron is more reactive than copper."),
        ("Cattle were domesticated after agriculture began.", "Cattle were domesticated before agriculture began."),
        ("Between 1989 and 2005 the club won four cups.", "Between 1989 and 2005 the club won five cups."),
        ("Ann Lee was the chair of the Geneva Congress.", "Bo Kim was the chair of the Geneva Congress."),
        ("The currency of Japan is the dollar.", "The currency of Japan is the yen."),
        ("The capital of Austria is Austria.", "The capital of Austria is Vienna."),
        ("Austria is the capital of Austria.", "The capital of Austria is Vienna."),
    ] {
        assert_eq!(
            relation(claim, fact),
            Relation::Contradicts,
            "{claim} / {fact}: {:?}",
            compare(claim, &FactText::new(fact))
        );
    }
}

#[test]
fn the_same_said_otherwise_supports() {
    for (claim, fact) in [
        ("The capital of France is Paris.", "Paris is the capital of France."),
        ("Gold has the chemical symbol Au.", "The chemical symbol of gold is Au."),
        ("Gold has an atomic number of 79.", "The atomic number of gold is 79."),
        ("Mount Everest is 29,032 feet high.", "Mount Everest is 8,849 metres high."),
        ("There are 8 planets in the solar system.", "The solar system has eight planets."),
        ("The Second World War ended in 1945.", "The Second World War ended on 2 September 1945."),
        ("The Moon is not larger than the Earth.", "The Moon is smaller than the Earth."),
        ("The symbol for gold is Au.", "The chemical symbol of gold is Au."),
        ("The number of planets in the solar system is 8.", "There are 8 planets in the solar system."),
        ("Hawaii is in the Pacific.", "Hawaii is in the Pacific Ocean."),
        ("The largest ocean on Earth is the Pacific.", "The Pacific Ocean is the largest ocean on Earth."),
        ("The largest ocean on Earth is the Pacific Ocean.", "The Pacific Ocean is the largest ocean on Earth."),
        (
            "The planet that is the largest planet in the Solar System is Jupiter.",
            "Jupiter is the largest planet in the Solar System.",
        ),
        ("The capital of Luxembourg is Luxembourg.", "The capital of Luxembourg is Luxembourg."),
        ("The capital of the United States is Washington.", "The capital of the United States is Washington, D.C."),
        ("Darwin published a book in 1859.", "Charles Darwin published a book in 1859."),
        ("Europa is a moon of Jupiter.", "The moons of Jupiter are Io, Europa, Ganymede and Callisto."),
    ] {
        assert_eq!(
            relation(claim, fact),
            Relation::Supports,
            "{claim} / {fact}: {:?}",
            compare(claim, &FactText::new(fact))
        );
    }
}

#[test]
fn what_a_fact_says_word_for_word_is_supported_however_hedged() {
    for claim in ["Some birds might not fly.", "It could be used for work", "Quasars are thought to be old!"] {
        let fact = format!("Much is unknown. {}.", claim.to_uppercase().trim_end_matches(['.', '!']));
        assert_eq!(relation(claim, &fact), Relation::Supports, "{claim}");
    }
}

#[test]
fn what_is_about_something_else_decides_nothing() {
    for (claim, fact) in [
        ("The capital of Germany is Berlin.", "The capital of France is Paris."),
        ("The capital of Italy is Paris.", "The capital of France is Lyon."),
        ("The language of Brazil is Portuguese.", "The language of Portugal is Portuguese."),
        ("The capital of Paris is France.", "The capital of France is Paris."),
        ("Gold is yellow.", "Gold is a metal."),
        ("The atomic number of silver is 47.", "The atomic number of gold is 79."),
        ("The second largest planet is Saturn.", "The largest planet is Jupiter."),
        ("France won the World Cup in 1998.", "France won the World Cup in 2018."),
        ("Some birds can fly.", "Some birds cannot fly."),
        ("The capital of France is beautiful.", "The capital of France is Paris."),
        ("Cats eat dogs.", "Dogs eat cats."),
        ("The Moon is smaller than the Earth.", "The Moon is not larger than the Earth."),
        ("The tea is not hot.", "The tea is not cold."),
        ("The war did not begin in 1945.", "The war ended in 1945."),
        ("All mammals are whales.", "All whales are mammals."),
        ("Ohio is the largest producer of corn.", "Ohio is the third largest producer of corn."),
        ("Bees are dangerous.", "Bees can be dangerous."),
        ("Ann Lee left the Green Party.", "Ann Lee praised the Green Party."),
        ("The Earth is flat.", "It is a myth that the Earth is flat."),
        ("The capital of the USA is Washington.", "The capital of the United States of America is Washington, D.C."),
        ("The former capital of Brazil is Salvador.", "The capital of Brazil is Brasília."),
        ("Hamlet was written by W. Shakespeare.", "Hamlet was written by William Shakespeare."),
        ("The population of Chad was 11 million in 2010.", "The population of Chad was 17 million in 2021."),
    ] {
        assert_eq!(
            relation(claim, fact),
            Relation::Unrelated,
            "{claim} / {fact}: {:?}",
            compare(claim, &FactText::new(fact))
        );
    }
}

#[test]
fn a_value_that_only_repeats_the_topic_is_not_supported() {
    for (claim, fact) in [
        ("The chemical symbol for hydrogen is hydrogen.", "The chemical symbol of hydrogen is H."),
        ("The formula of sulfuric acid is sulfur.", "The formula of sulfuric acid is H2SO4."),
        ("Penicillin discovered penicillin.", "Penicillin was discovered in 1928."),
        ("The name of the North Star is North Star.", "The North Star is named Polaris."),
        ("The largest ocean on Earth is Ocean.", "The Pacific Ocean is the largest ocean on Earth."),
        ("The planet that is known as the Red Planet is Red Planet.", "Mars is known as the Red Planet."),
    ] {
        assert_ne!(relation(claim, fact), Relation::Supports, "{claim} / {fact}");
    }
}

#[test]
fn a_part_of_a_name_stands_for_it_only_where_it_names() {
    for (claim, fact) in [
        ("The capital of the United States is D.C.", "The capital of the United States is Washington, D.C."),
        ("Charles published a book in 1859.", "Charles Darwin published a book in 1859."),
        ("Brazil is in America.", "Brazil is in South America."),
        ("The capital of Mexico is Mexico.", "The capital of Mexico is Mexico City."),
        ("The river that flows through London is River.", "The River Thames flows through London."),
    ] {
        assert_ne!(relation(claim, fact), Relation::Supports, "{claim} / {fact}");
    }
}

#[test]
fn what_is_more_precise_than_its_fact_is_not_supported() {
    for (claim, fact) in [
        ("There are 365.24 days in a common year.", "A common year has 365 days."),
        ("The Moon is 390,000 km from Earth.", "The Moon is about 384,400 km from Earth."),
        ("The treaty was signed on 3 May 1920.", "The treaty was signed in 1920."),
        ("The box holds 7 apples.", "The box holds more than 5 apples."),
    ] {
        assert_ne!(relation(claim, fact), Relation::Supports, "{claim} / {fact}");
    }
}

#[test]
fn a_claim_whose_subject_is_a_pronoun_is_supported_by_nothing() {
    assert_eq!(relation("It is a noble gas.", "Helium is a noble gas."), Relation::Unrelated);
    assert_eq!(relation("He was an emperor of France.", "Napoleon was an emperor of France."), Relation::Unrelated);
}

#[test]
fn a_calculation_is_held_against_one_with_the_same_terms() {
    for (claim, fact, expected) in [
        ("3 + 4 = 7", "3 plus 4 is 7.", Relation::Supports),
        ("3 plus 4 is 8.", "3 plus 4 is 7.", Relation::Contradicts),
        ("6 times 2 is 12", "6 × 2 = 12", Relation::Supports),
        ("8 plus 4, divided by 2 is 10.", "8 plus 4 divided by 2 is 10.", Relation::Unrelated),
        ("4 plus 3 is 8.", "3 plus 4 is 7.", Relation::Contradicts),
        ("4 minus 3 is 1.", "3 minus 4 is -1.", Relation::Unrelated),
        ("4 minus 3 is 1.", "3 plus 4 is 7.", Relation::Unrelated),
    ] {
        assert_eq!(relation(claim, fact), expected, "{claim} / {fact}");
    }
}

#[test]
fn what_follows_is_held_against_what_is_known_to_follow_from_the_same() {
    let fact = "From 'All whales are mammals' and 'No mammals are fish' it follows that no whales are fish (Celarent).";
    for (claim, expected) in [
        (
            "From 'No mammals are fish' and 'All whales are mammals' it follows that no whales are fish.",
            Relation::Supports,
        ),
        (
            "From 'All whales are mammals' and 'No mammals are fish' it does not follow that no whales are fish.",
            Relation::Contradicts,
        ),
        (
            "From 'All whales are mammals' and 'No mammals are fish' it follows that no fish are whales.",
            Relation::Unrelated,
        ),
        ("All whales are mammals.", Relation::Unrelated),
    ] {
        assert_eq!(relation(claim, fact), expected, "{claim}");
    }
}
