use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_schema::{ArrowError, DataType, Field, Fields};
use serde::{Deserialize, Serialize};

use super::{Columns, item, required};

/// A conversation to imitate: TRL's conversational language modelling, which OpenAI's chat JSONL also is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SftRow {
    /// The messages, in order.
    pub messages: Vec<Message>,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

fn message() -> Fields {
    vec![required("role", DataType::Utf8), required("content", DataType::Utf8)].into()
}

impl Columns for SftRow {
    fn fields() -> Vec<Field> {
        vec![required("messages", DataType::List(item(DataType::Struct(message()))))]
    }

    fn columns(rows: &[Self]) -> Result<Vec<ArrayRef>, ArrowError> {
        let content: [Box<dyn arrow_array::builder::ArrayBuilder>; 2] =
            [Box::new(StringBuilder::new()), Box::new(StringBuilder::new())];
        let mut lists = ListBuilder::new(StructBuilder::new(message(), content.into()))
            .with_field(item(DataType::Struct(message())));
        for row in rows {
            for message in &row.messages {
                let values = lists.values();
                for (field, value) in [message.role.name(), &message.content].into_iter().enumerate() {
                    let column = values.field_builder::<StringBuilder>(field);
                    column.ok_or_else(|| ArrowError::SchemaError("a message is two texts".into()))?.append_value(value);
                }
                values.append(true);
            }
            lists.append(true);
        }
        Ok(vec![Arc::new(lists.finish())])
    }

    fn fault(&self) -> Option<&'static str> {
        let last = self.messages.last();
        let answered = last.is_some_and(|message| message.role == Role::Assistant && !message.content.is_empty());
        (!answered).then_some("must end with what the assistant says")
    }
}
