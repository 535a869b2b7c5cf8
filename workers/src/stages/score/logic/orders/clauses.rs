//! The clauses of a sentence about an order, put together from what stands in it: "first is the owl, then second and third can be any
//! bird, and the crow cannot be the last".

use super::solver::{Fact, MOST_OBJECTS, Orders};

/// What a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// Something is so.
    Is(Fact),
    /// The same as an entry in a list of places: "third is the owl".
    Listed(Fact),
    /// Any object may have these places.
    Open(u16),
    /// A place that there is not: its number, counted from 1.
    Beyond(usize),
}

impl Said {
    /// What it says is so, if anything.
    pub fn fact(&self) -> Option<Fact> {
        match self {
            Said::Is(fact) | Said::Listed(fact) => Some(*fact),
            Said::Open(_) | Said::Beyond(_) => None,
        }
    }

    fn list(&mut self) {
        if let Said::Is(fact) = self {
            *self = Said::Listed(*fact);
        }
    }
}

/// A set of places, or the number of one that there is not.
pub(super) type Places = Result<u16, usize>;

/// What stands at a place of a sentence.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Object(usize),
    Places(Places),
    /// An ordinal alone, with the place that it counts to.
    Ordinal(usize, Places),
    /// A comparison; whether what comes before it is nearer the end that is counted from.
    Before(bool),
    Is,
    Not,
    Can,
    Any,
    Except,
    Or,
    /// "and", a comma.
    And,
    To,
    It,
    /// "then", "also": says nothing.
    Nothing,
    Other,
}

/// What is joined by "and" or "or" on one side of a clause.
#[derive(Debug, Default, Clone)]
struct Group {
    objects: Vec<usize>,
    places: Vec<Places>,
    /// The rank that stands last, and whether "to" follows: "second to sixth".
    rank: Option<usize>,
    until: bool,
    or: bool,
    /// Whether a comma or "and" stands last.
    open: bool,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.places.is_empty()
    }

    fn mask(&self) -> u16 {
        self.places.iter().flatten().fold(0, |mask, places| mask | places)
    }
}

/// A clause as far as it was read.
#[derive(Debug, Default)]
struct Clause {
    subject: Group,
    /// What "it" stands for.
    antecedent: Vec<usize>,
    verb: bool,
    not: bool,
    can: bool,
    any: bool,
    except: bool,
    excepted: Vec<usize>,
    before: Option<bool>,
    complement: Group,
}

/// What the clauses say that a sentence is made of, about the order of so many objects.
pub(super) fn said(items: Vec<Item>, objects: usize) -> Vec<Said> {
    let mut reading = Reading { clause: Clause::default(), objects, out: Vec::new() };
    items.into_iter().for_each(|item| reading.take(item));
    reading.end();
    reading.out
}

struct Reading {
    clause: Clause,
    objects: usize,
    out: Vec<Said>,
}

impl Reading {
    fn side(&mut self) -> &mut Group {
        if self.clause.verb { &mut self.clause.complement } else { &mut self.clause.subject }
    }

    fn take(&mut self, item: Item) {
        let complete = self.clause.verb && !self.clause.complement.is_empty();
        match item {
            Item::Is => {
                if complete {
                    self.go_on();
                }
                self.clause.verb = true;
            }
            Item::Can => {
                if complete {
                    self.go_on();
                }
                self.clause.can = true;
            }
            Item::Not => self.clause.not = true,
            Item::Any if self.clause.verb => self.clause.any = true,
            Item::Except => self.clause.except = true,
            Item::Before(first) if self.clause.verb => {
                if complete {
                    // "newer than the bus and older than the sedan"
                    let subject = self.clause.subject.clone();
                    self.end();
                    self.clause.subject = subject;
                    self.clause.verb = true;
                }
                self.clause.before = Some(first);
            }
            Item::It if complete || !self.clause.verb => {
                self.end();
                self.clause.subject.objects = self.clause.antecedent.clone();
            }
            Item::Object(object) if self.clause.except => {
                self.clause.except = false;
                self.clause.excepted.push(object);
            }
            Item::Object(object) => self.put(|group| group.objects.push(object)),
            Item::Places(places) => self.put(|group| group.places.push(places)),
            Item::Ordinal(rank, place) => {
                let objects = self.objects;
                self.put(|group| {
                    if let (true, Some(from)) = (group.until, group.rank)
                        && let (Ok(first), Ok(last)) = (group.places.last().copied().unwrap_or(Ok(0)), place)
                    {
                        // All that lie between.
                        let (low, high) = (first.min(last), first.max(last));
                        let between =
                            Orders::all(objects) & !(low - u16::from(low > 0)) & (high | (high - u16::from(high > 0)));
                        if from < rank {
                            group.places.push(Ok(between));
                        }
                    }
                    group.places.push(place);
                    group.rank = Some(rank);
                });
            }
            Item::To => {
                let group = self.side();
                group.until = group.rank.is_some();
            }
            Item::Or => {
                let group = self.side();
                (group.or, group.open) = (true, true);
            }
            Item::And => self.side().open = true,
            Item::Any | Item::Before(_) | Item::It | Item::Other => {
                // "First, I look": what stood before is of something else. "the third bird is": it is told by it.
                if self.side().open {
                    if self.clause.verb {
                        self.end();
                    } else {
                        self.clause.subject = Group::default();
                    }
                }
            }
            Item::Nothing => {}
        }
    }

    fn put(&mut self, put: impl FnOnce(&mut Group)) {
        if self.clause.verb && self.clause.any {
            self.end();
        }
        let group = self.side();
        put(group);
        (group.open, group.until) = (false, false);
    }

    /// Ends a clause in whose complement the next one's subject stands: "first is the owl, second and third are …".
    fn go_on(&mut self) {
        let of_places = self.clause.subject.objects.is_empty() && !self.clause.subject.is_empty();
        let complement = &mut self.clause.complement;
        let mut subject = Group { or: complement.or, rank: complement.rank, ..Group::default() };
        if complement.objects.is_empty() || complement.places.is_empty() {
            if complement.objects.len() + complement.places.len() == 1 && self.clause.subject.is_empty() {
                // "the only one that can be third is the owl"
                subject = std::mem::take(complement);
            } else {
                subject.objects.extend(complement.objects.pop());
                subject.places.extend(complement.places.pop());
            }
        } else if of_places {
            subject.places = std::mem::take(&mut complement.places);
        } else {
            subject.objects = std::mem::take(&mut complement.objects);
        }
        self.end();
        self.clause.subject = subject;
    }

    /// Says what the clause says, and begins the next.
    fn end(&mut self) {
        let clause = std::mem::take(&mut self.clause);
        let Clause { subject, antecedent, verb, not, can, any, excepted, before, complement, .. } = clause;
        let named = if subject.objects.is_empty() { &complement.objects } else { &subject.objects };
        self.clause.antecedent = if named.is_empty() { antecedent } else { named.clone() };
        if !verb || subject.is_empty() {
            return;
        }
        let beyond = subject.places.iter().chain(&complement.places).filter_map(|places| places.err());
        self.out.extend(beyond.map(Said::Beyond));
        let (asked, given) = (subject.mask(), complement.mask());
        if any {
            if asked != 0 && !not {
                self.out.push(Said::Open(asked));
                self.placed(&excepted, asked, true, false);
            }
        } else if can && !not {
            // What can be so is not said to be so. But a place that can be one of some is not one of others.
            if let ([], [_, ..], 1) = (&subject.objects[..], &complement.objects[..], asked.count_ones()) {
                self.one_of(&complement.objects, asked);
            }
        } else if let Some(first) = before {
            for one in subject.objects.iter().take(MOST_OBJECTS) {
                for other in complement.objects.iter().take(MOST_OBJECTS) {
                    let (one, other) = if first != not { (*one, *other) } else { (*other, *one) };
                    self.out.push(Said::Is(Fact::Before(one, other)));
                }
            }
        } else {
            match (&subject.objects[..], &complement.objects[..]) {
                (objects, []) if given != 0 => self.placed(objects, given, not, subject.or || complement.or),
                ([], objects) if asked != 0 => {
                    let from = self.out.len();
                    self.placed(objects, asked, not, subject.or || complement.or);
                    if subject.rank.is_some() {
                        self.out[from..].iter_mut().for_each(Said::list);
                    }
                }
                _ => {}
            }
        }
    }

    /// One of `objects` has the place: no other one has.
    fn one_of(&mut self, objects: &[usize], place: u16) {
        let rest = Orders::all(self.objects) & !place;
        let others = (0..self.objects).filter(|other| !objects.contains(other));
        self.out.extend(others.map(|other| Said::Is(Fact::Within(other, rest))));
    }

    /// Objects and the places they have.
    fn placed(&mut self, objects: &[usize], places: u16, not: bool, or: bool) {
        let within = |object: usize, places: u16| Said::Is(Fact::Within(object, places));
        let rest = Orders::all(self.objects) & !places;
        match (objects, places.count_ones()) {
            _ if not => self.out.extend(objects.iter().map(|object| within(*object, rest))),
            // "fifth is the owl or the crow": no other one is.
            ([_, _, ..], 1) if or => self.one_of(objects, places),
            ([object], 1) => self.out.push(within(*object, places)),
            ([object], _) if or => self.out.push(within(*object, places)),
            // "the owl, the crow and the hawk are the last three"
            ([_, _, ..], 2..) if !or => self.out.extend(objects.iter().map(|object| within(*object, places))),
            _ => {}
        }
    }
}
