//! What was said to a model and by it.

use serde_json::Value;

use super::{names::as_text, thought};

/// A message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    /// Who said it: system, user, assistant, tool.
    pub role: String,
    /// What it is made of, in order.
    pub parts: Vec<Part>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// What is said.
    Text(String),
    /// What is thought.
    Reasoning(String),
    /// A tool is called.
    Call(Call),
    /// A tool answers a call.
    Response {
        /// The call's id.
        id: Option<String>,
        /// The answer.
        result: String,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Call {
    /// Its id.
    pub id: Option<String>,
    /// The tool.
    pub name: String,
    /// What it is given.
    pub arguments: String,
}

impl Message {
    /// A message of one text.
    pub fn of(role: &str, text: &str) -> Self {
        let mut message = Self { role: role.to_owned(), parts: vec![] };
        message.say(text);
        message
    }

    /// Adds a text; what stands between `<think>` tags is thought and not said.
    pub fn say(&mut self, text: &str) {
        let (thoughts, said) = thought::split(text);
        self.parts.extend(thoughts.into_iter().map(Part::Reasoning));
        if !said.trim().is_empty() {
            self.parts.push(Part::Text(said));
        }
    }

    /// What it says, without what was thought.
    pub fn text(&self) -> Option<String> {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    /// Reads a message as a provider's API or the GenAI conventions write it: `role`, and `parts` or `content`, which
    /// is a text or a list of parts.
    pub fn read(value: &Value, default_role: &str) -> Option<Self> {
        let Value::Object(fields) = value else {
            return value.as_str().filter(|text| !text.trim().is_empty()).map(|text| Self::of(default_role, text));
        };
        // A choice holds its message.
        if let Some(inner) = fields.get("message").filter(|inner| inner.is_object()) {
            return Self::read(inner, default_role);
        }
        let role = fields.get("role").and_then(Value::as_str).unwrap_or(default_role).to_owned();
        let mut message = Self { role, parts: vec![] };
        for name in ["reasoning_content", "reasoning"] {
            if let Some(text) = fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
                message.parts.push(Part::Reasoning(text.to_owned()));
            }
        }
        match fields.get("parts").or_else(|| fields.get("content")) {
            // A tool's message is the answer to a call.
            Some(Value::String(text)) if message.role == "tool" => {
                let id = fields.get("tool_call_id").or_else(|| fields.get("id")).and_then(Value::as_str);
                message.parts.push(Part::Response { id: id.map(str::to_owned), result: text.clone() });
            }
            Some(Value::String(text)) => message.say(text),
            Some(Value::Array(parts)) => parts.iter().for_each(|part| message.read_part(part)),
            _ => {}
        }
        for call in fields.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            message.read_call(call);
        }
        (!message.parts.is_empty()).then_some(message)
    }

    fn read_part(&mut self, part: &Value) {
        let text = |names: &[&str]| names.iter().find_map(|name| part.get(*name)).map(as_text).unwrap_or_default();
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
        match kind {
            "reasoning" | "thinking" => {
                let thought = text(&["content", "thinking", "text", "reasoning"]);
                if !thought.trim().is_empty() {
                    self.parts.push(Part::Reasoning(thought));
                }
            }
            "tool_call" | "tool_use" | "function" | "function_call" => self.read_call(part),
            "tool_call_response" | "tool_result" => {
                let id = ["id", "tool_call_id", "tool_use_id"].iter().find_map(|name| part.get(*name));
                let id = id.and_then(Value::as_str).map(str::to_owned);
                self.parts.push(Part::Response { id, result: text(&["response", "result", "content"]) });
            }
            "text" | "output_text" | "input_text" => match part {
                Value::String(said) => self.say(said),
                _ => self.say(&text(&["content", "text"])),
            },
            // Images and the like are no text.
            _ => {}
        }
    }

    fn read_call(&mut self, call: &Value) {
        let of = |name: &str| call.get("function").and_then(|inner| inner.get(name)).or_else(|| call.get(name));
        let arguments = of("arguments").or_else(|| of("input")).map(as_text).unwrap_or_default();
        let id = call.get("id").or_else(|| call.get("call_id")).and_then(Value::as_str).map(str::to_owned);
        if let Some(name) = of("name").and_then(Value::as_str) {
            self.parts.push(Part::Call(Call { id, name: name.to_owned(), arguments }));
        }
    }
}
