//! How records are answered: field by field, into the text of the answer, and only what has to wait is waited for.
//!
//! The engine makes a task of every field of every object, and a map of their values. Most fields of a record are at hand and
//! are written as they stand there; what they lead to is waited for together, and what is neither is asked of the engine. What
//! is answered is the same; an extension of the engine that looks at fields would not see these, and there is none.

use std::{borrow::Cow, future::poll_fn, pin::Pin, task::Poll};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::{ExecutableDocument, Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_list,
};
use futures_util::future::{MaybeDone, maybe_done};

use super::{
    leaf::AtHand,
    text::{self, Sequence},
};

/// A record, or what leads to one in a list.
#[derive(Debug, Clone)]
pub(super) struct Record<T>(pub(super) T);

/// A list that a record has.
#[derive(Debug, Clone)]
pub(super) struct Records<T>(pub(super) Vec<T>);

/// Says of a request that no two answers of it have to be merged, so that each can be written as it is.
pub(super) struct AtOnce;

impl AtOnce {
    /// Of a document in which no selection leads to records twice by one name. The limits bound what its fragments unfold to,
    /// and refuse circles.
    pub(super) fn of(document: &ExecutableDocument) -> Option<Self> {
        let mut operations = document.operations.iter();
        operations.all(|(_, operation)| leads_once(document, &operation.node.selection_set.node)).then_some(Self)
    }
}

fn leads_once(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    let mut edges = Vec::new();
    unfold(document, set, &mut edges);
    let mut names: Vec<&str> = edges.iter().map(|edge| edge.response_key().node.as_str()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
        && edges.iter().all(|edge| leads_once(document, &edge.selection_set.node))
}

/// The fields of a selection that lead to records, those of its fragments included.
fn unfold<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, edges: &mut Vec<&'a Field>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) if is_leaf(field) => {}
            Selection::Field(field) => edges.push(&field.node),
            Selection::InlineFragment(inline) => unfold(document, &inline.node.selection_set.node, edges),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    unfold(document, &fragment.node.selection_set.node, edges);
                }
            }
        }
    }
}

/// Whether it is a value by itself.
fn is_leaf(field: &Positioned<Field>) -> bool {
    field.node.selection_set.node.items.is_empty()
}

/// What is asked of each record of a type, in the order of the answer.
struct Asked<'a>(Vec<&'a Positioned<Field>>);

impl<'a> Asked<'a> {
    /// Nothing where the engine has to see to it: where something is merged, or a directive or a condition stands at a field.
    fn of(ty: &str, ctx: &ContextSelectionSet<'a>) -> Option<Self> {
        ctx.data_opt::<AtOnce>()?;
        let mut asked = Self(Vec::with_capacity(ctx.item.node.items.len()));
        asked.add(ty, ctx, &ctx.item.node).then_some(asked)
    }

    fn add(&mut self, ty: &str, ctx: &ContextSelectionSet<'a>, set: &'a SelectionSet) -> bool {
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => {
                let name = &field.node.response_key().node;
                // The same value twice; what leads to records twice came not so far.
                if !self.0.iter().any(|other| other.node.response_key().node == *name) {
                    self.0.push(field);
                }
                field.node.directives.is_empty()
            }
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                inline.node.directives.is_empty()
                    && condition.is_none_or(|condition| condition.node.on.node == ty)
                    && self.add(ty, ctx, &inline.node.selection_set.node)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
                spread.node.directives.is_empty()
                    && fragment.is_some_and(|fragment| {
                        fragment.node.type_condition.node.on.node == ty
                            && self.add(ty, ctx, &fragment.node.selection_set.node)
                    })
            }
        })
    }

    /// Whether nothing asked leads to other records.
    fn is_at_hand(&self) -> bool {
        self.0.iter().all(|field| is_leaf(field))
    }
}

/// Records lead to records: their futures would have types without end.
type Erased<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn erased<'a, T>(answering: impl Future<Output = T> + Send + 'a) -> Erased<'a, T> {
    Box::pin(answering)
}

/// Waits for all, and tells what became of each in their order. What they wait for is read for all of them at once, so that
/// each is looked at again whenever one may go on.
async fn all<'a, T>(answering: impl Iterator<Item = Erased<'a, T>>) -> Vec<T> {
    let mut answering: Vec<MaybeDone<Erased<'a, T>>> = answering.map(maybe_done).collect();
    poll_fn(|cx| {
        let waits = answering.iter_mut().filter_map(|one| Pin::new(one).poll(cx).is_pending().then_some(())).count();
        if waits == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answering.iter_mut().filter_map(|one| Pin::new(one).take_output()).collect()
}

/// A record of whatever type: what is done with all of them is built once, and not for each type again.
trait Answering: Send + Sync {
    /// The value of a field.
    fn answer<'a>(&'a self, ctx: &'a Context<'a>) -> Erased<'a, ServerResult<Option<Value>>>;

    /// Writes the value of a field; false, and nothing is written, where it is not at hand.
    fn at_hand(&self, field: &str, to: &mut Vec<u8>) -> bool;

    /// What `__typename` says.
    fn type_name(&self) -> Cow<'static, str>;
}

impl<T: ContainerType + AtHand> Answering for T {
    fn answer<'a>(&'a self, ctx: &'a Context<'a>) -> Erased<'a, ServerResult<Option<Value>>> {
        erased(self.resolve_field(ctx))
    }

    fn at_hand(&self, field: &str, to: &mut Vec<u8>) -> bool {
        self.write(field, to)
    }

    fn type_name(&self) -> Cow<'static, str> {
        self.introspection_type_name()
    }
}

/// Writes what is asked of a record; null where there is nothing to tell of it.
async fn write<'a>(record: &dyn Answering, ctx: &ContextSelectionSet<'a>, asked: &Asked<'a>, to: &mut Vec<u8>) {
    let edges = asked.0.iter().filter(|field| !is_leaf(field));
    let edges = edges.map(|field| erased(async move { record.answer(&ctx.with_field(field)).await }));
    let edges = all(edges).await;
    to.reserve(edges.iter().flatten().flatten().map(text::written_length).sum());
    let mut edges = edges.into_iter();
    let begin = to.len();
    let mut object = Sequence::begin(b'{', to);
    let mut told = false;
    for field in &asked.0 {
        let (name, key) = (&field.node.name.node, &field.node.response_key().node);
        if is_leaf(field) && object.field_if(key, |to| record.at_hand(name, to)) {
            told = true;
            continue;
        }
        let value = if name == "__typename" {
            Ok(Some(Value::String(record.type_name().into_owned())))
        } else if is_leaf(field) {
            record.answer(&ctx.with_field(field)).await
        } else {
            edges.next().unwrap_or(Ok(None))
        };
        match value {
            Ok(value) => {
                text::write(&value.unwrap_or_default(), object.field(key));
                told = true;
            }
            Err(error) => ctx.add_error(error),
        }
    }
    object.end(b'}');
    if !told {
        to.truncate(begin);
        text::write(&Value::Null, to);
    }
}

/// Writes what is asked of each of a list.
async fn write_all<'a>(records: &[&dyn Answering], ctx: &ContextSelectionSet<'a>, asked: &Asked<'a>) -> Vec<u8> {
    let mut json = Vec::new();
    if asked.is_at_hand() {
        let mut list = Sequence::begin(b'[', &mut json);
        for (place, record) in records.iter().enumerate() {
            write(*record, &ctx.with_index(place), asked, list.next()).await;
        }
        list.end(b']');
    } else {
        let writing = records.iter().enumerate().map(|(place, record)| {
            erased(async move {
                let mut own = Vec::new();
                write(*record, &ctx.with_index(place), asked, &mut own).await;
                own
            })
        });
        let written = all(writing).await;
        json.reserve(written.iter().map(|own| own.len() + 1).sum::<usize>() + 1);
        let mut list = Sequence::begin(b'[', &mut json);
        for own in written {
            list.next().extend_from_slice(&own);
        }
        list.end(b']');
    }
    json
}

impl<T: ContainerType + AtHand> OutputType for Record<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let Some(asked) = Asked::of(&T::type_name(), ctx) else { return erased(self.0.resolve(ctx, field)).await };
        let mut json = Vec::new();
        write(&self.0, ctx, &asked, &mut json).await;
        Ok(text::written(json))
    }
}

impl<T: ContainerType + AtHand> OutputType for Records<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let Some(asked) = Asked::of(&T::type_name(), ctx) else {
            let records = self.0.iter().map(Record);
            return erased(resolve_list(ctx, field, records, Some(self.0.len()))).await;
        };
        let records: Vec<&dyn Answering> = self.0.iter().map(|record| record as &dyn Answering).collect();
        Ok(text::written(write_all(&records, ctx, &asked).await))
    }
}
