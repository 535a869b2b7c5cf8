//! What a document may ask for. It is measured before the engine sees it: the engine's own limits are checked after
//! its validation, which follows every spread of a fragment, and know no pages.

mod measure;
mod scan;
mod shape;

use async_graphql::{
    ServerError, Variables,
    parser::{parse_query, types::ExecutableDocument},
};

use measure::{Measure, measure};
use shape::Shape;

use super::fault::refused;

/// The most bytes of a document: data belongs in variables.
const BYTES: usize = 256 << 10;
/// The most names, values and signs of a document.
const TOKENS: usize = 20_000;
/// How deep brackets may stand in each other. The parser works through them by recursion.
const BRACKETS: usize = 64;
/// How deep fields may nest. The introspection query of GraphiQL nests to 15.
const DEPTH: usize = 16;
/// How deep selections may nest, where spreads and inline fragments are levels too.
const NESTING: usize = 30;
/// The most that an operation may cost: fields, times the sizes of the pages and lists they are in.
const COST: u64 = 20_000;
/// The same for what is asked of the schema itself, which is read without the database. What GraphiQL asks costs half
/// of it.
const INTROSPECTION: u64 = 1_000_000;
/// The most fields of a document, each counted wherever its fragment is spread: what validation looks at.
const FIELDS: u64 = 10_000;
/// The most fields in one selection, duplicates included: what has to be merged.
const WIDTH: u64 = 400;
/// The most aliases of a document.
const ALIASES: u64 = 50;
/// The most directives of a document.
const DIRECTIVES: u64 = 50;

/// Why a document is not run.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// It cannot be read at all.
    Malformed(String),
    /// Something nests too deep.
    TooDeep(String),
    /// There is too much of something.
    TooComplex(String),
    /// It asks for the schema, which is not told here.
    Untold,
}

impl From<Refusal> for ServerError {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = match refusal {
            Refusal::Malformed(message) => ("BAD_USER_INPUT", message),
            Refusal::TooDeep(message) => ("QUERY_TOO_DEEP", message),
            Refusal::TooComplex(message) => ("QUERY_TOO_COMPLEX", message),
            Refusal::Untold => (
                "INTROSPECTION_OFF",
                "this installation does not tell its schema: it is published as schemas/schema.graphql".to_owned(),
            ),
        };
        refused(code, message)
    }
}

/// The limits for documents of one schema.
#[derive(Debug)]
pub(super) struct Limits {
    shape: Shape,
    introspection: bool,
}

impl Limits {
    /// Of a schema in its own language, which is told to callers or not.
    pub(super) fn of(sdl: &str, introspection: bool) -> Self {
        Self { shape: Shape::of(sdl), introspection }
    }

    /// Reads a document, if it is within the limits with these variables.
    pub(super) fn read(&self, text: &str, variables: &Variables) -> Result<ExecutableDocument, ServerError> {
        scan::scan(text)?;
        let document = parse_query(text)?;
        let found = measure(&self.shape, &document, variables)?;
        within(&found)?;
        if found.introspection > 0 && !self.introspection {
            return Err(Refusal::Untold.into());
        }
        Ok(document)
    }
}

fn within(found: &Measure) -> Result<(), Refusal> {
    for (what, found, most) in [("fields nest", found.depth, DEPTH), ("selections nest", found.nesting, NESTING)] {
        if found > most {
            return Err(Refusal::TooDeep(format!("{what} {found} deep, and {most} is the limit: ask in two steps")));
        }
    }
    for (what, found, most, remedy) in [
        ("the cost is", found.cost, COST, "fields times the sizes of their pages: ask for smaller pages"),
        ("what is asked of the schema costs", found.introspection, INTROSPECTION, "ask for less of it at once"),
        ("the fields are", found.fields, FIELDS, "counted wherever their fragments are spread: ask in two steps"),
        ("the fields of one selection are", found.widest, WIDTH, "ask for each once"),
        ("the aliases are", found.aliases, ALIASES, "ask in two steps, or with nodes(ids:)"),
        ("the directives are", found.directives, DIRECTIVES, "leave some out"),
    ] {
        if found > most {
            return Err(Refusal::TooComplex(format!("{what} {found}, and {most} is the limit ({remedy})")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::sdl;

    /// What graphql-js 16 and GraphiQL ask, with every option.
    const STANDARD: &str = "
        query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
            subscriptionType { name kind } types { ...FullType }
            directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
        fragment FullType on __Type { kind name description specifiedByURL isOneOf
            fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
                type { ...TypeRef } isDeprecated deprecationReason }
            inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
            enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
            possibleTypes { ...TypeRef } }
        fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated
            deprecationReason }
        fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
            kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
            } } } } } } } } } }";

    #[test]
    fn what_programs_ask_of_the_schema_is_within_the_limits() {
        let limits = Limits::of(&sdl(), true);
        let document = parse_query(STANDARD).expect("a document");
        let found = measure(&limits.shape, &document, &Variables::default()).expect("its measure");
        assert_eq!(within(&found), Ok(()), "{found:?}");
        // Circles through the schema are not: each round is a factor.
        let circle = "fields { type { ".repeat(4);
        let circle = format!("{{ __schema {{ types {{ {circle} name {} }} }} }}", "} }".repeat(4));
        assert!(limits.read(&circle, &Variables::default()).is_err());
    }

    #[test]
    fn every_list_of_the_schema_is_counted() {
        let limits = Limits::of(&sdl(), true);
        let count = |of, field| limits.shape.edge(of, field).map(|edge| edge.count);
        assert_eq!(count("Query", "traces"), Some(shape::Count::Asked(&["first", "last"])));
        assert_eq!(count("Query", "nodes"), Some(shape::Count::Asked(&["ids"])));
        assert_eq!(count("Query", "searchFacts"), Some(shape::Count::Asked(&["most"])));
        assert_eq!(count("Trace", "steps"), Some(shape::Count::Fixed(5)));
        assert_eq!(count("TraceConnection", "edges"), Some(shape::Count::Fixed(1)));
        assert_eq!(count("Trace", "model"), Some(shape::Count::Fixed(1)));
    }
}
