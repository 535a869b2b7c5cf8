//! Measures what a document asks for. A fragment is measured once and counted wherever it is spread, so that spreads
//! that double at each step cost no more time than their text is long.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
};

use async_graphql::{
    Name, Number, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet},
};

use super::{
    NESTING, Refusal,
    shape::{Count, Shape},
};

/// What a selection asks for. Sums stop at the largest number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// How deep its fields nest.
    pub(super) depth: usize,
    /// How deep its selections nest, spreads and inline fragments included.
    pub(super) nesting: usize,
    /// Its fields, times the sizes of the pages and lists they are in.
    pub(super) cost: u64,
    /// The same for what is asked of the schema itself.
    pub(super) introspection: u64,
    /// Its fields, wherever they are spread.
    pub(super) fields: u64,
    /// Its aliases, wherever they are spread.
    pub(super) aliases: u64,
    /// Its directives, wherever they are spread.
    pub(super) directives: u64,
    /// Its own fields, those of its fragments included.
    pub(super) width: u64,
    /// The largest width within.
    pub(super) widest: u64,
}

impl Measure {
    fn add(&mut self, other: &Self) {
        self.depth = self.depth.max(other.depth);
        self.nesting = self.nesting.max(other.nesting);
        self.cost = self.cost.saturating_add(other.cost);
        self.introspection = self.introspection.saturating_add(other.introspection);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.width = self.width.saturating_add(other.width);
        self.widest = self.widest.max(other.widest);
    }

    /// Beside another operation of the document: one of them runs, and all of them are validated.
    fn beside(&mut self, other: &Self) {
        let (cost, introspection) = (self.cost.max(other.cost), self.introspection.max(other.introspection));
        self.add(other);
        (self.cost, self.introspection) = (cost, introspection);
    }
}

/// Measures every operation of a document, and every fragment that none of them spreads.
pub(super) fn measure(shape: &Shape, document: &ExecutableDocument, variables: &Variables) -> Result<Measure, Refusal> {
    let mut whole = Measure::default();
    let mut reached = HashSet::new();
    for (_, operation) in document.operations.iter() {
        let mut walk = Walk::new(shape, document, variables);
        whole.beside(&walk.operation(&operation.node)?);
        reached.extend(walk.fragments.into_keys());
    }
    let mut walk = Walk::new(shape, document, variables);
    for name in document.fragments.keys().filter(|name| !reached.contains(name.as_str())) {
        whole.beside(&walk.fragment(name, 1)?);
    }
    Ok(whole)
}

struct Walk<'a> {
    shape: &'a Shape,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    defaults: HashMap<&'a str, &'a Value>,
    /// What was measured; nothing while it is being measured.
    fragments: HashMap<&'a str, Option<Measure>>,
}

impl<'a> Walk<'a> {
    fn new(shape: &'a Shape, document: &'a ExecutableDocument, variables: &'a Variables) -> Self {
        Self { shape, document, variables, defaults: HashMap::new(), fragments: HashMap::new() }
    }

    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Measure, Refusal> {
        let mut directives = operation.directives.len();
        for variable in &operation.variable_definitions {
            directives += variable.node.directives.len();
            if let Some(default) = &variable.node.default_value {
                self.defaults.insert(&variable.node.name.node, &default.node);
            }
        }
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut found = self.set(&operation.selection_set.node, root, 1)?;
        found.directives = found.directives.saturating_add(directives as u64);
        Ok(found)
    }

    /// A selection on a type, at some level of nesting.
    fn set(&mut self, set: &'a SelectionSet, of: &str, level: usize) -> Result<Measure, Refusal> {
        if level > NESTING {
            return Err(Refusal::TooDeep(format!("selections nest more than {NESTING} deep: ask in two steps")));
        }
        let mut found = Measure::default();
        for selection in &set.items {
            let directives = selection.node.directives().len();
            let mut part = match &selection.node {
                Selection::Field(field) => self.field(&field.node, of, level)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, on, level + 1)?
                }
            };
            part.directives = part.directives.saturating_add(directives as u64);
            found.add(&part);
        }
        found.nesting += 1;
        found.widest = found.widest.max(found.width);
        Ok(found)
    }

    fn field(&mut self, field: &'a Field, of: &str, level: usize) -> Result<Measure, Refusal> {
        let shape = self.shape;
        let schema = ["__schema", "__type"].iter().position(|name| field.name.node == *name);
        let (to, count) = match (schema, shape.edge(of, &field.name.node)) {
            (Some(place), _) => (["__Schema", "__Type"][place], 1),
            (None, Some(edge)) => (edge.to.as_str(), self.count(edge.count, field)),
            (None, None) => ("", 1),
        };
        let mut found = match field.selection_set.node.items.is_empty() {
            true => Measure::default(),
            false => self.set(&field.selection_set.node, to, level + 1)?,
        };
        found.depth += 1;
        found.cost = found.cost.saturating_mul(count).saturating_add(1);
        if schema.is_some() {
            found.introspection = found.introspection.saturating_add(found.cost);
            found.cost = 1;
        }
        found.fields = found.fields.saturating_add(1);
        found.aliases = found.aliases.saturating_add(field.alias.is_some().into());
        found.width = 1;
        Ok(found)
    }

    /// A fragment that is spread into a selection at some level. One that is not there is for validation to tell.
    fn fragment(&mut self, name: &'a Name, level: usize) -> Result<Measure, Refusal> {
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Measure { fields: 1, ..Measure::default() });
        };
        let found = match self.fragments.get(name.as_str()) {
            Some(Some(found)) => *found,
            Some(None) => return Err(Refusal::Malformed(format!("the fragment {name} spreads itself"))),
            None => {
                self.fragments.insert(name, None);
                let on = &fragment.node.type_condition.node.on.node;
                let mut found = self.set(&fragment.node.selection_set.node, on, level + 1)?;
                found.directives = found.directives.saturating_add(fragment.node.directives.len() as u64);
                self.fragments.insert(name, Some(found));
                found
            }
        };
        Ok(found)
    }

    /// To how many records a field leads.
    fn count(&self, count: Count, field: &Field) -> u64 {
        let names = match count {
            Count::Fixed(count) => return count,
            Count::Asked(names) => names,
        };
        Count::page(names.iter().find_map(|name| {
            let given = field.get_argument(name)?.node.clone();
            number(&given.into_const_with(|name| Ok::<_, Infallible>(self.variable(&name))).ok()?)
        }))
    }

    /// A variable's value, in short: only its number or its length matters, and it may be long.
    fn variable(&self, name: &Name) -> Value {
        let given = self.variables.get(name).or_else(|| self.defaults.get(name.as_str()).copied());
        given.and_then(number).map_or(Value::Null, |number| Value::Number(Number::from(number)))
    }
}

/// The number that an argument gives; nothing where it is null.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::List(items) => Some(i64::try_from(items.len()).unwrap_or(i64::MAX)),
        Value::Number(number) => Some(number.as_i64().unwrap_or(i64::MAX)),
        Value::Null => None,
        // No number: validation refuses it.
        _ => Some(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "
        type Query { things(first: Int, last: Int): ThingConnection! thing: Thing many(ids: [ID!]!): [Thing]! }
        type ThingConnection { edges: [ThingEdge!]! }
        type ThingEdge { node: Thing! }
        interface Named { name: String }
        type Thing implements Named { name: String tags: [String!]! parts: [Thing!]! things(first: Int): ThingConnection! }";

    fn found(text: &str, variables: serde_json::Value) -> Measure {
        let document = parse_query(text).expect("a document");
        measure(&Shape::of(SCHEMA), &document, &Variables::from_json(variables)).expect("its measure")
    }

    #[test]
    fn a_field_costs_as_much_as_its_page_is_large() {
        let cost = |text: &str, variables| found(text, variables).cost;
        // A connection's own field, then for each record an edge, its node, and the node's field.
        let page = |size: u64| 1 + size * 3;
        let of =
            |arguments: &str| format!("query ($n: Int = 4) {{ things{arguments} {{ edges {{ node {{ name }} }} }} }}");
        assert_eq!(cost("{ thing { name tags } }", json!({})), 3);
        assert_eq!(cost("{ thing { parts { name } } }", json!({})), 1 + (1 + 5));
        assert_eq!(cost(&of(""), json!({})), page(20));
        assert_eq!(cost(&of("(first: 7)"), json!({})), page(7));
        assert_eq!(cost(&of("(last: 3)"), json!({})), page(3));
        assert_eq!(cost(&of("(first: 5000000000)"), json!({})), page(100));
        assert_eq!(cost(&of("(first: -1)"), json!({})), page(100));
        assert_eq!(cost(&of("(first: $n)"), json!({})), page(4));
        assert_eq!(cost(&of("(first: $n)"), json!({"n": 9})), page(9));
        assert_eq!(cost(&of("(first: $n)"), json!({"n": null})), page(20));
        assert_eq!(cost(&of("(first: $n)"), json!({"n": "many"})), page(100));
        assert_eq!(cost(&of("(first: $m)"), json!({})), page(20));
        assert_eq!(cost("query ($i: [ID!]!) { many(ids: $i) { name } }", json!({"i": ["a", "b", "c"]})), 1 + 3);
        assert_eq!(cost("{ many(ids: [\"a\", \"b\"]) { name } }", json!({})), 1 + 2);
    }

    #[test]
    fn a_fragment_counts_wherever_it_is_spread() {
        let spread = found(
            "{ thing { ...A ...A } } fragment A on Thing { b: name @skip(if: true) ...B }
                            fragment B on Named { name }",
            json!({}),
        );
        let expected = Measure {
            depth: 2,
            nesting: 4,
            cost: 5,
            fields: 5,
            aliases: 2,
            directives: 2,
            width: 1,
            widest: 4,
            introspection: 0,
        };
        assert_eq!(spread, expected);
        assert_eq!(found("{ thing { ... { ... on Named { name } } } }", json!({})).nesting, 4);
    }

    #[test]
    fn spreads_that_double_at_each_step_are_measured_in_the_time_of_their_text() {
        let mut text = "{ thing { ...F0 } }".to_owned();
        for step in 0..25 {
            text += &format!(" fragment F{step} on Thing {{ ...F{0} ...F{0} }}", step + 1);
        }
        text += " fragment F25 on Thing { name }";
        assert_eq!(found(&text, json!({})).fields, 1 + (1 << 25));
    }

    #[test]
    fn what_none_of_the_operations_reaches_is_measured_too() {
        let unused = "query A { thing { name } } query B { thing { name } } fragment F on Query { a: thing { name } }";
        let found = found(unused, json!({}));
        assert_eq!((found.cost, found.fields, found.aliases), (2, 6, 1));
    }

    #[test]
    fn circles_and_long_chains_of_fragments_are_refused() {
        let refused = |text: &str| {
            let document = parse_query(text).expect("a document");
            measure(&Shape::of(SCHEMA), &document, &Variables::default()).expect_err("a refusal")
        };
        let circle = "{ thing { name } } fragment A on Thing { parts { ...B } } fragment B on Thing { ...A }";
        assert!(matches!(refused(circle), Refusal::Malformed(_)));
        let mut chain = "{ thing { ...F0 } }".to_owned();
        for step in 0..5_000 {
            chain += &format!(" fragment F{step} on Thing {{ ...F{} }}", step + 1);
        }
        assert!(matches!(refused(&chain), Refusal::TooDeep(_)));
    }
}
