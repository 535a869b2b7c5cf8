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
        ("The symbol for gold is Au.", "The chemical symbol of gold is Au."),
        ("The number of planets in the solar system is 8.", "There are 8 planets in the solar system."),
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
