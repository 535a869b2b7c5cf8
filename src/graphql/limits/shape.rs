//! Where the fields of a schema lead, and to how many records.

use std::collections::HashMap;

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition},
};

use crate::graphql::paging::{MOST, USUAL};

/// How many records a list without pages is taken for.
const LISTED: u64 = 5;
/// The same for what an event of a subscription brings.
const BROUGHT: u64 = 20;
/// The same for a type's fields, arguments and the like.
const DESCRIBED: u64 = 8;

/// The types that a schema's own description is made of; schemas do not print them.
const INTROSPECTION: &str = "
    type __Schema { types: [__Type!]! queryType: __Type! mutationType: __Type subscriptionType: __Type
                    directives: [__Directive!]! }
    type __Type { fields: [__Field!] interfaces: [__Type!] possibleTypes: [__Type!] enumValues: [__EnumValue!]
                  inputFields: [__InputValue!] ofType: __Type }
    type __Field { args: [__InputValue!]! type: __Type! }
    type __InputValue { type: __Type! }
    type __EnumValue { name: String! }
    type __Directive { args: [__InputValue!]! }";

/// Where a field leads.
#[derive(Debug)]
pub(super) struct Edge {
    /// The type there.
    pub(super) to: String,
    /// How many of them.
    pub(super) count: Count,
}

/// How many records a field leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// So many, whatever is asked.
    Fixed(u64),
    /// As many as the first of these arguments that is given says, or as many as it has items.
    Asked(&'static [&'static str]),
}

impl Count {
    fn of(owner: &str, field: &FieldDefinition) -> Self {
        let takes = |name: &str| field.arguments.iter().any(|argument| argument.node.name.node == name);
        if takes("first") {
            Self::Asked(&["first", "last"])
        } else if takes("most") {
            Self::Asked(&["most"])
        } else if takes("ids") {
            Self::Asked(&["ids"])
        } else if owner.ends_with("Connection") {
            // A page's size was counted at the field that leads to it.
            Self::Fixed(1)
        } else if matches!(field.ty.node.base, BaseType::List(_)) {
            Self::Fixed(match owner {
                owner if owner.starts_with("__") => DESCRIBED,
                "JobProgressEvent" | "ReviewQueueEvent" => BROUGHT,
                _ => LISTED,
            })
        } else {
            Self::Fixed(1)
        }
    }

    /// What is taken for a page of that size; a size that the page refuses counts as the largest.
    pub(super) fn page(asked: Option<i64>) -> u64 {
        let most = i64::from(MOST);
        let size = asked.map_or(i64::from(USUAL), |size| if (0..=most).contains(&size) { size.max(1) } else { most });
        size.unsigned_abs()
    }
}

/// A schema, as far as costs depend on it.
#[derive(Debug)]
pub(super) struct Shape {
    types: HashMap<String, HashMap<String, Edge>>,
}

impl Shape {
    /// Of a schema in its own language.
    pub(super) fn of(sdl: &str) -> Self {
        let mut definitions = Vec::new();
        for sdl in [sdl, INTROSPECTION] {
            let document = parse_schema(sdl).expect("a schema prints itself in the language that its parser reads");
            definitions.extend(document.definitions);
        }
        let mut fields = HashMap::new();
        for definition in definitions {
            let TypeSystemDefinition::Type(kind) = definition else { continue };
            match kind.node.kind {
                TypeKind::Object(object) => fields.insert(kind.node.name.node.to_string(), object.fields),
                TypeKind::Interface(interface) => fields.insert(kind.node.name.node.to_string(), interface.fields),
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => None,
            };
        }
        let edge = |owner: &str, field: &FieldDefinition| {
            let mut base = &field.ty.node.base;
            loop {
                match base {
                    BaseType::List(inner) => base = &inner.base,
                    // What has no fields leads nowhere: a list of words is one value.
                    BaseType::Named(name) => {
                        let edge = Edge { to: name.to_string(), count: Count::of(owner, field) };
                        return fields.contains_key(name.as_str()).then(|| (field.name.node.to_string(), edge));
                    }
                }
            }
        };
        let mut types: HashMap<_, HashMap<_, _>> = fields
            .iter()
            .map(|(name, fields)| (name.clone(), fields.iter().filter_map(|field| edge(name, &field.node)).collect()))
            .collect();
        let known = u64::try_from(types.len()).unwrap_or(u64::MAX);
        if let Some(all) = types.get_mut("__Schema").and_then(|schema| schema.get_mut("types")) {
            all.count = Count::Fixed(known);
        }
        Self { types }
    }

    /// Where a field of a type leads; nothing for what has no fields, or is not known.
    pub(super) fn edge(&self, of: &str, field: &str) -> Option<&Edge> {
        self.types.get(of)?.get(field)
    }
}
