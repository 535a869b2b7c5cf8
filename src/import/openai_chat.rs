//! OpenAI's chat format: a conversation a line, as it is used to fine-tune.

use atr_core::domain::Rejection;
use serde_json::Value;

use super::{Format, Mapped, Options, flat, report::Tally, spans};

pub(super) const FORMAT: Format = Format { name: "openai-chat", trace_of: None, map };

fn map(records: &[Value], options: &Options, tally: &mut Tally) -> Result<Mapped, Rejection> {
    let record = records.first().unwrap_or(&Value::Null);
    let messages = record.get("messages").and_then(Value::as_array);
    let messages = messages.ok_or_else(|| Rejection::new("messages", "is no list: a line holds a conversation"))?;
    tally.took("messages", "trace.query");
    tally.took("messages", "trace.answer");
    let whole = Value::Array(messages.clone());
    if spans::turns(&whole).earlier {
        tally.left("messages", flat::EARLIER);
    }
    let metadata = record.get("metadata").unwrap_or(&Value::Null);
    let model = [record, metadata].iter().find_map(|of| of.get("model").and_then(flat::text));
    if model.is_some() {
        tally.took("model", "trace.model");
    }
    for (name, ..) in flat::fields(record, "") {
        if !["messages", "model"].contains(&name.as_str()) {
            tally.left(&name, flat::NO_PLACE);
        }
    }
    let trace = spans::conversation(None, "openai-chat", messages.clone(), model, options)?;
    Ok(Mapped { trace, reviews: vec![] })
}
