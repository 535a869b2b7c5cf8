//! Does the arithmetic written in a step hold? `17 - 9 = 8`, `3 times 8 is 24`, `2 * 9 = $18`, `(3 + 4) * 2 = 14`.

/// One equation found in a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Equation {
    /// The numbers on its left side, in their order.
    pub operands: Vec<f64>,
    /// The signs between them: `+`, `-`, `*` or `/`.
    pub signs: Vec<char>,
    /// What it says comes out.
    pub stated: f64,
    /// Whether that is what comes out, to the digits stated.
    pub holds: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Number { value: f64, decimals: i32 },
    Sign(char),
    Equals,
    Open,
    Close,
    Word,
}

/// The equations of a text, in their order. Text that is no equation is passed over.
pub(crate) fn equations(text: &str) -> Vec<Equation> {
    let tokens = without_units(&lex(text));
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| **t == Token::Equals) {
        let is_part = |t: &Token| !matches!(t, Token::Equals | Token::Word);
        let begin = tokens[..at].iter().rposition(|t| !is_part(t)).map_or(0, |i| i + 1);
        let end = tokens[at + 1..].iter().position(|t| !is_part(t)).map_or(tokens.len(), |i| at + 1 + i);
        let right = &tokens[at + 1..end];
        let negative = right.first() == Some(&Token::Sign('-'));
        let Some(&Token::Number { value, decimals }) = right.get(usize::from(negative)) else { continue };
        let stated = if negative { -value } else { value };
        let left = (begin..at).find_map(|from| {
            let mut parser = Parser::new(&tokens[from..at]);
            let value = parser.sum(0)?;
            (parser.at == at - from && !parser.signs.is_empty()).then_some((value, parser))
        });
        let Some((value, parser)) = left else { continue };
        let within = |stated: f64| {
            let tolerance = if decimals > 0 { 0.5001 * 10f64.powi(-decimals) } else { 0.0 };
            (value - stated).abs() <= tolerance + 1e-9 * stated.abs().max(1.0)
        };
        // A run-on line, `3 + 4 = 7 * 2 = 14`, states 7; `2 * 6 = 3 * 4` states 12. Either is granted.
        let mut whole = Parser::new(right);
        let holds = within(stated) || whole.sum(0).is_some_and(|v| whole.at == right.len() && within(v));
        found.push(Equation { operands: parser.operands, signs: parser.signs, stated, holds });
    }
    found
}

fn lex(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().take(4_000).collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        i += 1;
        let token = match c {
            '+' | '*' | '/' => Token::Sign(c),
            '-' | '−' | '–' => Token::Sign('-'),
            '×' | '·' => Token::Sign('*'),
            '÷' => Token::Sign('/'),
            '=' => Token::Equals,
            '(' => Token::Open,
            ')' => Token::Close,
            // GSM8K's calculator marks repeat the equation they stand in: `9 * 2 = $<<9*2=18>>18`.
            '<' if chars.get(i) == Some(&'<') => {
                while i < chars.len() && !(chars[i - 1] == '>' && chars[i] == '>') {
                    i += 1;
                }
                i += 1;
                continue;
            }
            '$' | '€' | '£' => continue,
            _ if c.is_whitespace() => continue,
            _ if c.is_ascii_digit() => {
                let mut digits = String::from(c);
                let mut decimals = None;
                while let Some(&n) = chars.get(i) {
                    let digit_follows = chars.get(i + 1).is_some_and(char::is_ascii_digit);
                    if n.is_ascii_digit() {
                        digits.push(n);
                        decimals = decimals.map(|d: i32| d + 1);
                    } else if n == '.' && digit_follows && decimals.is_none() {
                        digits.push(n);
                        decimals = Some(0);
                    } else if !(n == ',' && digit_follows) {
                        break;
                    }
                    i += 1;
                }
                let mut value = digits.parse().unwrap_or(f64::NAN);
                let mut decimals = decimals.unwrap_or(0);
                if chars.get(i) == Some(&'%') {
                    value /= 100.0;
                    decimals += 2;
                    i += 1;
                }
                Token::Number { value, decimals }
            }
            _ if c.is_alphabetic() => {
                let start = i - 1;
                while chars.get(i).is_some_and(|n| n.is_alphabetic()) {
                    i += 1;
                }
                let word: String = chars[start..i].iter().flat_map(|c| c.to_lowercase()).collect();
                match word.as_str() {
                    "x" | "times" | "multiplied" => Token::Sign('*'),
                    "plus" => Token::Sign('+'),
                    "minus" => Token::Sign('-'),
                    "divided" => Token::Sign('/'),
                    "by" if matches!(tokens.last(), Some(Token::Sign(_))) => continue,
                    "is" | "equals" | "makes" | "gives" => Token::Equals,
                    _ => Token::Word,
                }
            }
            _ => Token::Word,
        };
        tokens.push(token);
    }
    tokens
}

/// Leaves out the one or two words of a unit between a number and what follows it: `4 red pens + 3 pens = 7`.
fn without_units(tokens: &[Token]) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i] == Token::Word && matches!(kept.last(), Some(Token::Number { .. })) {
            let units = tokens[i..].iter().take(3).take_while(|t| **t == Token::Word).count();
            if units <= 2 && matches!(tokens.get(i + units), Some(Token::Sign(_) | Token::Equals)) {
                i += units;
                continue;
            }
        }
        kept.push(tokens[i]);
        i += 1;
    }
    kept
}

/// Recursive descent over sums, products and brackets.
struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    operands: Vec<f64>,
    signs: Vec<char>,
}

impl<'a> Parser<'a> {
    fn new(tokens: &'a [Token]) -> Self {
        Self { tokens, at: 0, operands: Vec::new(), signs: Vec::new() }
    }

    fn sign(&mut self, wanted: [char; 2]) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) if wanted.contains(sign) => {
                self.at += 1;
                self.signs.push(*sign);
                Some(*sign)
            }
            _ => None,
        }
    }

    fn sum(&mut self, depth: u8) -> Option<f64> {
        let mut value = self.product(depth)?;
        while let Some(sign) = self.sign(['+', '-']) {
            let next = self.product(depth)?;
            value = if sign == '+' { value + next } else { value - next };
        }
        value.is_finite().then_some(value)
    }

    fn product(&mut self, depth: u8) -> Option<f64> {
        let mut value = self.factor(depth)?;
        while let Some(sign) = self.sign(['*', '/']) {
            let next = self.factor(depth)?;
            value = if sign == '*' { value * next } else { value / next };
        }
        Some(value)
    }

    fn factor(&mut self, depth: u8) -> Option<f64> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        match token {
            Token::Number { value, .. } => {
                self.operands.push(*value);
                Some(*value)
            }
            // Deeper brackets are nobody's reasoning; the limit keeps a hostile text from the end of the stack.
            Token::Open if depth < 16 => {
                let value = self.sum(depth + 1)?;
                let closed = self.tokens.get(self.at) == Some(&Token::Close);
                self.at += 1;
                closed.then_some(value)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Vec<bool> {
        equations(text).iter().map(|e| e.holds).collect()
    }

    #[test]
    fn arithmetic_that_holds_is_told_from_arithmetic_that_does_not() {
        assert_eq!(holds("17 - 9 = 8. 4 * 3 = 13."), [true, false]);
        assert_eq!(holds("So 12 / 4 = 3 and 1,000 + 1 = 1001"), [true, true]);
        assert_eq!(holds("10 / 3 = 3.33, 10 / 3 = 3.34"), [true, false]);
        assert_eq!(holds("2 + 3 * 4 = 14; (2 + 3) * 4 = 20"), [true, true]);
        assert_eq!(holds("3 - 5 = -2"), [true]);
    }

    #[test]
    fn words_units_money_and_calculator_marks_are_read() {
        assert_eq!(holds("3 times 8 is 24."), [true]);
        assert_eq!(holds("14 divided by 7 equals 3"), [false]);
        assert_eq!(holds("4 red pens + 3 pens = 7 pens"), [true]);
        assert_eq!(holds("she makes 9 * 2 = $<<9*2=18>>18 a day"), [true]);
        assert_eq!(holds("50% * 30 = 15"), [true]);
        assert_eq!(holds("3 + 4 = 7 * 2 = 14"), [true, true]);
    }

    #[test]
    fn text_without_equations_has_none() {
        for text in ["", "It is 7.", "The war of 1914-1918 is over.", "= = 3", "1 / 0 = 3", "a = 4", "((((3"] {
            assert_eq!(holds(text), [] as [bool; 0], "{text}");
        }
    }

    #[test]
    fn an_equation_keeps_its_numbers_and_signs() {
        let found = equations("2 + 9 - 1 = 10");
        assert_eq!(found[0].operands, [2.0, 9.0, 1.0]);
        assert_eq!(found[0].signs, ['+', '-']);
        assert_eq!(found[0].stated, 10.0);
    }
}
