//! What the letters of a chain of steps stand for, as far as its text says so and says one thing.

use std::collections::HashMap;

use super::rational::Value;

/// What a text says that a name stands for.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// As written.
    said: String,
    value: Value,
    /// Whether it is computed, and not a number alone.
    operator: bool,
}

impl Definition {
    pub fn new(said: &str, value: Value, operator: bool) -> Self {
        Self { said: said.to_owned(), value, operator }
    }
}

#[derive(Debug)]
struct Known {
    definition: Definition,
    /// What it came to.
    value: Value,
    /// Whether it was computed to the end.
    concluded: bool,
}

/// How a definition stands to the one before it.
#[derive(Debug)]
pub(super) enum Restated {
    /// It says no other thing, or is of another matter.
    No,
    /// It is meant to be the same expression and is another one.
    Another(String),
    /// It gives the value of the expression before, and that is another one: the right one.
    WrongValue(Value),
}

/// The names of a chain of steps. A name that means two things, or whose meaning cannot be read, stands for nothing from then on.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashMap<String, Option<Known>>,
}

impl Names {
    /// What `name` stands for.
    pub fn value(&self, name: &str) -> Option<Value> {
        Some(self.known.get(name)?.as_ref()?.value)
    }

    /// How many names stand for something.
    pub fn count(&self) -> usize {
        self.known.values().flatten().count()
    }

    /// From now on `name` stands for nothing.
    pub fn forget(&mut self, name: &str) {
        self.known.insert(name.to_owned(), None);
    }

    /// How another definition of `name` stands to the one before.
    pub fn restates(&self, name: &str, new: &Definition) -> Restated {
        let Some(Some(old)) = self.known.get(name) else { return Restated::No };
        if old.definition.value.is(new.value) || old.value.is(new.value) || !old.definition.operator {
            Restated::No
        } else if new.operator && alike(&old.definition.said, &new.said) {
            Restated::Another(old.definition.said.clone())
        } else if !new.operator && !old.concluded {
            Restated::WrongValue(old.definition.value)
        } else {
            Restated::No
        }
    }

    /// Binds `name` to `value`, to which its definition comes. What was given another meaning before stands for nothing then.
    pub fn bind(&mut self, name: &str, definition: Definition, value: Value, concluded: bool) {
        let another = match (self.known.get(name), self.restates(name, &definition)) {
            (Some(None), _) => true,
            (Some(Some(old)), Restated::No) => {
                !(old.definition.value.is(definition.value) || old.value.is(definition.value))
            }
            _ => false,
        };
        let known = Known { definition, value, concluded };
        self.known.insert(name.to_owned(), if another { None } else { Some(known) });
    }
}

/// The most signs of an expression that are held against another's.
const MOST_SIGNS: usize = 96;
/// The share of the longer of two expressions that they must have in common, in order, to be two copies of one.
const COMMON: f64 = 0.6;

/// Whether one expression looks like a copy of the other, by their longest common subsequence.
fn alike(one: &str, other: &str) -> bool {
    let signs =
        |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace() && !"()".contains(*c)).collect() };
    let (one, other) = (signs(one), signs(other));
    let longer = one.len().max(other.len());
    if longer > MOST_SIGNS {
        return false;
    }
    let mut row = vec![0usize; other.len() + 1];
    for a in &one {
        let mut diagonal = 0;
        for (at, b) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[other.len()] as f64 >= COMMON * longer as f64
}
