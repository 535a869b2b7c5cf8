//! Arithmetic written out in a text, computed again: `16 - 3 - 4 = 9`, `20% of 50 = 10`, `5 times 4 is 20`, chains `a + b = c = d`,
//! and names that steps define, `A = (5 + 3) = 8`, where later steps use them.
//!
//! Computed are fractions, exactly. Made for precision: an equation with an unknown, a unit change or words in between is left
//! alone, and a result is wrong only where no rounding that its digits allow explains it.
//!
//! Measured by `make bench NAME=steps`.

#[cfg(test)]
mod tests;

use super::expression::{Sheet, Side};
use super::names::{Definition, Names, Restated};
use super::rational::Value;
use super::tokens::{Kind, is_name};
use crate::stages::verify::words::Span;

/// A written equation that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongEquation {
    /// Where it stands.
    pub span: Span,
    /// The value of its left side.
    pub computed: f64,
    /// The value it is said to have.
    pub written: f64,
}

/// An expression that is not the one it is said to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Misreading {
    /// Where it stands.
    pub span: Span,
    /// What it was to be, in words.
    pub instead_of: String,
}

/// What the equations of a text came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arithmetic {
    /// How many equations could be computed.
    pub checked: usize,
    /// Those that do not hold.
    pub wrong: Vec<WrongEquation>,
    /// Expressions that are other ones than they restate.
    pub misread: Vec<Misreading>,
}

/// Computes the equations of `text` alone. Calculator annotations (`<<16-3=13>>`) are equations of their own.
pub fn check(text: &str) -> Arithmetic {
    Chain::default().read(text)
}

/// The expression that a question poses and nothing else ("What is (5 + 3) * 2?").
#[derive(Debug, Clone, PartialEq)]
pub struct Posed {
    written: String,
    value: Value,
}

impl Posed {
    /// The expression that `question` poses, where it has at least one operation and no words but such as ask for its value.
    pub fn read(question: &str) -> Option<Self> {
        const ASKING: [&str; 13] = [
            "what",
            "is",
            "the",
            "value",
            "of",
            "result",
            "calculate",
            "compute",
            "evaluate",
            "simplify",
            "solve",
            "find",
            "equals",
        ];
        let sheet = Sheet::new(question);
        let asks = |at: usize| {
            let token = &sheet.tokens[at];
            matches!(token.kind, Kind::Stop | Kind::Equals | Kind::Is)
                || ASKING.contains(&question[token.span.start..token.span.end].to_lowercase().as_str())
        };
        let from = (0..sheet.tokens.len()).find(|at| !asks(*at))?;
        let to = (from..sheet.tokens.len()).rev().find(|at| !asks(*at))? + 1;
        let side = sheet.expression(from, to, &Names::default(), false).filter(|side| side.operator && !side.units)?;
        Some(Self { written: side.span.of(question).to_owned(), value: side.value })
    }

    /// As it is written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What it comes to.
    pub fn value(&self) -> f64 {
        self.value.near()
    }

    /// Whether `answer` is a number other than its value, at the places that the number is written with.
    pub fn is_missed_by(&self, answer: &str) -> bool {
        let sheet = Sheet::new(answer);
        let end = sheet.tokens.iter().rposition(|t| t.kind != Kind::Stop).map_or(0, |at| at + 1);
        let from = sheet.tokens.iter().position(|t| !matches!(t.kind, Kind::Stop | Kind::Equals)).unwrap_or(end);
        let side = if from < end { sheet.expression(from, end, &Names::default(), false) } else { None };
        side.is_some_and(|side| {
            self.value.gap(side.value) > half_unit(side.places) * (1.0 + 1e-9) && !self.value.is(side.percent_value)
                || self.value.ends_at(side.places.unwrap_or(0)) && !self.value.is(side.value)
        })
    }
}

/// The arithmetic of one chain of steps: each is read with the names that those before it define.
#[derive(Debug, Default)]
pub struct Chain {
    names: Names,
    posed: Option<Posed>,
}

impl Chain {
    /// The chain that answers a question, which may pose an expression.
    pub fn answering(posed: Option<Posed>) -> Self {
        Self { posed, ..Self::default() }
    }

    /// Computes the equations of the next step.
    pub fn read(&mut self, text: &str) -> Arithmetic {
        let mut out = Arithmetic::default();
        let mut plain = text.to_owned();
        let mut from = 0;
        while let Some(open) = text[from..].find("<<").map(|at| from + at) {
            let Some(close) = text[open..].find(">>").map(|at| open + at) else { break };
            Self::default().equations(&text[open + 2..close], open + 2, &mut out);
            // Blanked byte for byte, so that places in the rest stay true.
            plain.replace_range(open..close + 2, &" ".repeat(close + 2 - open));
            from = close + 2;
        }
        self.equations(&plain, 0, &mut out);
        out.wrong.sort_by_key(|w| w.span);
        out
    }

    fn equations(&mut self, text: &str, offset: usize, out: &mut Arithmetic) {
        let sheet = Sheet::new(text);
        let defined = self.names.count();
        let mut whole = Vec::new();
        for at in 0..sheet.tokens.len() {
            let kind = sheet.tokens[at].kind;
            if !(kind.equates() || kind == Kind::Is) {
                continue;
            }
            if kind != Kind::Is && sheet.defines(at) {
                whole.extend(self.define(&sheet, at, offset, out));
                continue;
            }
            let (left, right) = (sheet.side_before(at, &self.names), sheet.side_after(at, &self.names));
            let (Some(left), Some(right)) = (left, right) else {
                if kind != Kind::Is {
                    self.note_unknowns(&sheet, at);
                }
                continue;
            };
            if !left.operator && (!right.operator || kind == Kind::Is) {
                continue;
            }
            if let Some(holds) = judge(&left, &right, kind == Kind::Nearly) {
                out.checked += 1;
                if !holds {
                    note(out, &left, &right, offset);
                }
            }
        }
        for (first, last) in whole {
            let span = Span::new(first.span.start, last.span.end).shifted(offset);
            out.checked += 1;
            if !out.wrong.iter().any(|w| w.span.overlaps(&span)) {
                note(out, &first, &last, offset);
            }
        }
        if self.names.count() >= defined + 2 {
            self.hold_against_posed(&sheet, offset, out);
        }
    }

    /// Takes in what the equals sign at `at` says that a name is, and holds it against what was said of it before. Gives the ends of a
    /// chain that has parts which cannot be read and another value in the end than at the beginning.
    fn define(&mut self, sheet: &Sheet, at: usize, offset: usize, out: &mut Arithmetic) -> Option<(Side, Side)> {
        let name = at.checked_sub(1).and_then(|before| sheet.name(before))?;
        let Some(first) = sheet.side_after(at, &self.names) else {
            self.names.forget(name);
            return None;
        };
        let last = sheet.last_of_chain(at, &self.names);
        let definition = Definition::new(first.span.of(sheet.text), first.value, first.operator);
        match self.names.restates(name, &definition) {
            Restated::Another(before) => out.misread.push(Misreading {
                span: first.span.shifted(offset),
                instead_of: format!("{name} was given as {before}"),
            }),
            Restated::WrongValue(before) => {
                out.checked += 1;
                out.wrong.push(WrongEquation {
                    span: Span::new(sheet.tokens[at - 1].span.start, first.span.end).shifted(offset),
                    computed: before.near(),
                    written: first.value.near(),
                });
            }
            Restated::No => {}
        }
        match last {
            // What a chain comes to is what later steps use, be it right or wrong: the fault is where it was made.
            Some(last) if last.value.is(first.value) || judge(&first, &last, false) == Some(false) => {
                self.names.bind(name, definition, last.value, !last.operator);
                let same = last.value.is(first.value);
                (!same && !sheet.chain_is_whole(at, &self.names)).then_some((first, last))
            }
            // Rounded on the way, or broken off: no value to hold others against.
            _ => {
                self.names.forget(name);
                None
            }
        }
    }

    /// A name in an equation that cannot be computed is an unknown: what it turns out to be is no definition.
    fn note_unknowns(&mut self, sheet: &Sheet, at: usize) {
        let ends = |kind: Kind| matches!(kind, Kind::Stop | Kind::Equals | Kind::Nearly);
        let before = (0..at).rev().take_while(|i| !ends(sheet.tokens[*i].kind));
        let after = (at + 1..sheet.tokens.len()).take_while(|i| !ends(sheet.tokens[*i].kind));
        for i in before.chain(after) {
            let word = sheet.tokens[i].span.of(sheet.text);
            if matches!(sheet.tokens[i].kind, Kind::Name | Kind::Barrier)
                && is_name(word)
                && self.names.value(word).is_none()
            {
                self.names.forget(word);
            }
        }
    }

    /// A step that writes the expression asked for in names of its own: put in, they must give its value.
    fn hold_against_posed(&self, sheet: &Sheet, offset: usize, out: &mut Arithmetic) {
        let Some(posed) = &self.posed else { return };
        for form in sheet.forms(&self.names) {
            if !form.value.is(posed.value) {
                let instead_of =
                    format!("the expression asked for is {}, which comes to {}", posed.written, shown(posed.value()));
                out.misread.push(Misreading { span: form.span.shifted(offset), instead_of });
            }
        }
    }
}

/// A number in words, without the last digits of a floating-point fraction.
pub(super) fn shown(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}

fn note(out: &mut Arithmetic, left: &Side, right: &Side, offset: usize) {
    let span = Span::new(left.span.start, right.span.end).shifted(offset);
    if !out.wrong.iter().any(|w| w.span == span) {
        out.wrong.push(WrongEquation { span, computed: left.value.near(), written: right.value.near() });
    }
}

/// Half a unit of the last of so many decimal places; nothing of what is computed.
fn half_unit(places: Option<u32>) -> f64 {
    places.and_then(|places| i32::try_from(places).ok()).map_or(0.0, |places| 0.5 * 10f64.powi(-places))
}

/// Whether the equation holds; nothing where a change of unit may explain what does not.
fn judge(left: &Side, right: &Side, nearly: bool) -> Option<bool> {
    let (left_half, right_half) = (half_unit(left.places), half_unit(right.places));
    let coarsest = left.places.into_iter().chain(right.places).min();
    let close = |a: Value, b: Value| {
        // A quotient may be cut or rounded where its digits do not end; a sum or product of whole numbers is what it is.
        let ends = coarsest.is_some_and(|places| a.ends_at(places)) && left.operator != right.operator;
        let rounding = if ends {
            0.0
        } else if left.division || right.division {
            2.0 * right_half.max(left_half)
        } else if left.decimals || right.decimals {
            right_half.max(if left.operator { 0.0 } else { left_half })
        } else {
            0.0
        };
        // So many decimals were printed by a program that computes in binary.
        let binary = left.places.max(right.places).is_some_and(|places| (10..u32::MAX).contains(&places));
        let loose = if binary {
            1e-9 * a.near().abs().max(b.near().abs())
        } else if nearly {
            0.02 * a.near().abs().max(b.near().abs())
        } else {
            0.0
        };
        a.gap(b) <= rounding.max(loose) * (1.0 + 1e-9)
    };
    let values = |s: &Side| [s.value, s.percent_value];
    let percent = !right.percent_value.is(right.value);
    let holds = values(left).iter().any(|a| {
        values(right)
            .iter()
            .any(|b| close(*a, *b) || percent && b.is(right.percent_value) && close(a.times(Value::whole(100)), *b))
    });
    // "3 + 4 = 7 * 2 = 14": the middle goes on from the result; only its first operand answers to the left.
    let goes_on = right.operator && !left.named && right.first_operand.is_some_and(|first| close(left.value, first));
    if holds || goes_on {
        return Some(true);
    }
    let ratio = (left.value.near() / right.value.near()).abs();
    let change = [10.0, 12.0, 16.0, 24.0, 7.0, 60.0, 100.0, 365.0, 52.0, 1000.0, 3600.0, 3.0, 36.0, 1e6]
        .iter()
        .any(|f| (ratio / f - 1.0).abs() < 1e-6 || (ratio * f - 1.0).abs() < 1e-6);
    if change && (left.units || right.units) {
        return None;
    }
    (left.value.near().is_finite() && right.value.near().is_finite()).then_some(false)
}
