//! Words that tell what kind of thing a phrase names: closed lists, short and general.

use std::collections::HashSet;
use std::sync::LazyLock;

type Set = LazyLock<HashSet<&'static str>>;

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

/// Words for people, and titles.
pub(super) static PERSONS: Set = LazyLock::new(|| {
    set("mr mrs ms dr sir lord lady king queen prince princess president emperor empress pope saint professor general \
         man woman boy girl father mother son daughter brother sister wife husband physicist chemist biologist \
         mathematician scientist philosopher economist astronomer engineer inventor explorer writer author poet \
         novelist playwright painter sculptor artist composer musician singer rapper actor actress chef coach host \
         captain director producer politician statesman senator minister chancellor governor mayor judge justice lawyer \
         physician doctor nurse surgeon psychologist teacher soldier officer leader founder ceo businessman \
         businesswoman entrepreneur athlete footballer player swimmer boxer astronaut cosmonaut historian journalist \
         architect dancer comedian activist monarch pharaoh patient person child student")
});

/// Words for people that say whose they are.
pub(super) static KIN: Set = LazyLock::new(|| {
    set(
        "son daughter father mother brother sister wife husband friend student teacher assistant successor predecessor \
         rival child nephew niece uncle aunt cousin partner colleague pupil",
    )
});

/// Words in the names of places, bodies and works, which are no people.
pub(super) static PLACES: Set = LazyLock::new(|| {
    set("university college school institute museum library hospital river mount mountain mountains lake ocean sea \
         island islands desert city county republic kingdom empire union states state street bridge tower palace castle \
         church cathedral park valley bay gulf company corporation inc corp ltd group bank party committee council \
         court agency association organization organisation act law treaty war battle revolution prize award cup league \
         club foundation society theory theorem syndrome disease wall reef canal north south east west new united \
         american british french german english european italian spanish chinese japanese russian indian canadian \
         australian african asian roman greek jewish christian muslim nobel olympic olympics earth sun moon")
});

/// Words that join a sentence to the one before, with a comma after them.
pub(super) static CONNECTIVES: Set = LazyLock::new(|| {
    set("however also additionally furthermore moreover later therefore thus today finally eventually subsequently")
});
