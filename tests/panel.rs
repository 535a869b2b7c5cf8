//! A project with experts, each with a key of their own, an administrator and someone who sends.

use atr_core::{
    domain::access::Role,
    ids::{ExpertId, TraceId},
};
use serde_json::{Value, json};

use crate::world::World;

/// Such a project.
pub struct Panel {
    /// What it is in.
    pub world: World,
    /// The administrator's key.
    pub admin: String,
    sender: String,
    /// The experts, `expert-0` and so on, and their keys.
    pub experts: Vec<(ExpertId, String)>,
}

impl Panel {
    /// With so many experts.
    pub async fn of(experts: usize) -> Self {
        let world = World::new().await;
        let (admin, sender) = (world.key(Role::Admin, None).await, world.key(Role::Ingest, None).await);
        let mut keys = vec![];
        for n in 0..experts {
            let enter = format!(
                r#"mutation {{ createExpert(input: {{handle: "expert-{n}", weeklyCapacity: 5}}) {{ expert {{ id }} }} }}"#
            );
            let made = world.graphql(&admin, &enter).await;
            let id = made["data"]["createExpert"]["expert"]["id"].as_str().expect("an id").parse().expect("an id");
            keys.push((id, world.key(Role::Expert, Some(id)).await));
        }
        Self { world, admin, sender, experts: keys }
    }

    /// Sends a trace of two steps.
    pub async fn trace(&self, name: &str) -> TraceId {
        let line = json!({"external_id": name, "model": "m", "query": format!("What is the symbol of {name}?"),
            "answer": "It is Ag.", "domain": "chemistry", "language": "en",
            "steps": [{"text": "Silver is Ag."}, {"text": "So it is Ag."}]});
        let stored = &self.world.send_lines(&self.sender, "traces", &[line]).await[0];
        stored["id"].as_str().expect("an id").parse().expect("an id")
    }

    /// Gives an expert's review of a trace; what became of it.
    pub async fn judges(&self, expert: usize, trace: TraceId, said: Value) -> Value {
        let mut line = json!({"trace": trace, "expert": format!("expert-{expert}")});
        line.as_object_mut().expect("an object").extend(said.as_object().expect("an object").clone());
        self.world.send_lines(&self.experts[expert].1, "reviews", &[line]).await[0].clone()
    }

    /// Changes something with a key; what became of it.
    pub async fn does(&self, key: &str, mutation: &str, selection: &str) -> Value {
        let field = mutation.split('(').next().expect("a field");
        let told = self.world.graphql(key, &format!("mutation {{ {mutation} {{ {selection} }} }}")).await;
        assert_eq!(told["errors"], Value::Null, "{told:#}");
        told["data"][field].clone()
    }

    /// The same with the administrator's.
    pub async fn admin_does(&self, mutation: &str, selection: &str) -> Value {
        self.does(&self.admin, mutation, selection).await
    }
}
