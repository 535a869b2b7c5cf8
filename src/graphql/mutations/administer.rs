//! Projects, keys and routing.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_core::domain::{
    assignment::PolicyChange, calendar::CalendarChange, keep_rule::KeepRuleChange, redaction::Pattern,
    reward_formula::WeightsChange,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{id, payload};
use crate::{
    app::{
        Actor, App, AppError, keys, projects, redaction, review_calendar, reward_formula, route_reviews,
        routing_policy, webhooks,
    },
    graphql::{
        project::{KeepRule, Key, Project},
        review_calendar::ReviewCalendar,
        reward_formula::RewardFormulaInUse,
        routing_policy::RoutingPolicy,
        session::session,
        webhook::WebhookEndpoint,
        words::{RedactedPattern, Role, Scope, Weekday},
    },
};

payload! {
    /// What became of a project.
    ProjectPayload {
        /// The project.
        project: Project
    }
}

payload! {
    /// What became of the rule of what is kept.
    KeepRulePayload {
        /// The rule.
        keep_rule: KeepRule
    }
}

payload! {
    /// What became of the calendar.
    ReviewCalendarPayload {
        /// The calendar.
        calendar: ReviewCalendar
    }
}

payload! {
    /// What became of the policy.
    RoutingPolicyPayload {
        /// The policy.
        policy: RoutingPolicy
    }
}

payload! {
    /// What became of the formula.
    RewardFormulaPayload {
        /// The formula that holds.
        formula: RewardFormulaInUse
    }
}

payload! {
    /// What became of what is replaced.
    RedactionPayload {
        /// What is replaced.
        patterns: Vec<RedactedPattern>
    }
}

payload! {
    /// What became of a new key.
    CreateKeyPayload {
        /// The key and its secret.
        made: MadeKey
    }
}

payload! {
    /// What became of a key.
    RevokeKeyPayload {
        /// The id of the key that works no more.
        key_id: ID
    }
}

payload! {
    /// What became of the wish to route a week.
    RoutePayload {
        /// The name of the cycle that is routed: the date on which it opens.
        cycle: NaiveDate
    }
}

payload! {
    /// What became of a new endpoint.
    AddWebhookEndpointPayload {
        /// The endpoint and its secret.
        added: AddedWebhookEndpoint
    }
}

payload! {
    /// What became of an endpoint.
    RemoveWebhookEndpointPayload {
        /// The endpoint.
        endpoint: WebhookEndpoint
    }
}

/// A new endpoint and its secret.
#[derive(Debug, SimpleObject)]
pub struct AddedWebhookEndpoint {
    /// The endpoint.
    endpoint: WebhookEndpoint,
    /// What its requests are signed with: `whsec_` and base 64, as Standard Webhooks has it. It is shown this once.
    secret: String,
}

/// A new key and its secret.
#[derive(Debug, SimpleObject)]
pub struct MadeKey {
    /// The key.
    key: Key,
    /// What its bearer sends as `Authorization: Bearer <secret>`. It is shown this once.
    secret: String,
}

/// A key to be made.
#[derive(Debug, InputObject)]
pub struct CreateKeyInput {
    /// What it is for, in 1 to 200 characters.
    name: String,
    /// What its bearer may do.
    role: Role,
    /// Some of it, which the key is narrowed to; all of it where nothing is said.
    scopes: Option<Vec<Scope>>,
    /// The expert whose reviews it writes; a key with the role EXPERT needs one.
    expert: Option<ID>,
    /// How many requests a minute a server answers it, 1 to 1,000,000; the server's own bound where nothing is said.
    requests_per_minute: Option<i32>,
    /// When it stops working; never where nothing is said.
    expires_at: Option<DateTime<Utc>>,
}

/// Mutations that administer.
#[derive(Debug, Default)]
pub struct AdministerMutation;

#[Object]
impl AdministerMutation {
    /// Makes a project. For operators.
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its short name: 1 to 63 lower-case letters, digits and hyphens.")] slug: String,
        #[graphql(desc = "The name that people read, 1 to 200 characters.")] name: String,
    ) -> Result<ProjectPayload> {
        let session = session(ctx)?;
        ProjectPayload::of(projects::create(&session.app, &session.actor, &slug, &name).await, Project)
    }

    /// Sets at how many unfinished tasks nothing more is taken in for the project that is asked. For operators.
    async fn set_max_backlog(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of tasks, 1 to 10,000,000.")] tasks: i32,
    ) -> Result<ProjectPayload> {
        let session = session(ctx)?;
        ProjectPayload::of(projects::set_max_backlog(&session.app, &session.actor, tasks).await, Project)
    }

    /// Changes which of the traces that spans make are kept, in the project that is asked; what is not given stays. For
    /// administrators.
    async fn change_keep_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For so many seconds no span of a trace may come before it is put together, 0 to 3,600.")]
        quiet_seconds: Option<i32>,
        #[graphql(desc = "A trace whose confidence is below this is kept, 0 to 1.")] keep_below: Option<f64>,
        #[graphql(desc = "Whether a trace is kept that something says is wrong.")] keep_flagged: Option<bool>,
        #[graphql(desc = "The share of all other traces that is kept, 0 to 1.")] keep_share: Option<f64>,
    ) -> Result<KeepRulePayload> {
        let session = session(ctx)?;
        let change = KeepRuleChange { quiet_seconds, keep_below, keep_flagged, keep_share };
        let changed = projects::change_keep_rule(&session.app, &session.actor, change).await;
        KeepRulePayload::of(changed, KeepRule::from)
    }

    /// Changes when the weekly review opens and is due, in the project that is asked; what is not given stays. For
    /// administrators.
    async fn change_review_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The zone by whose clock all is meant, by its name at IANA: `Europe/Berlin`, `UTC`.")]
        time_zone: Option<String>,
        #[graphql(desc = "The day on which a cycle opens.")] opens_on: Option<Weekday>,
        #[graphql(desc = "The time of that day, `00:00` to `23:59`.")] opens_at: Option<String>,
        #[graphql(desc = "The day on which a cycle is due.")] due_on: Option<Weekday>,
        #[graphql(desc = "The time of that day, `00:00` to `23:59`.")] due_at: Option<String>,
    ) -> Result<ReviewCalendarPayload> {
        let session = session(ctx)?;
        let (opens_on, due_on) = (opens_on.map(Into::into), due_on.map(Into::into));
        let change = CalendarChange { time_zone, opens_on, opens_at, due_on, due_at };
        let changed = review_calendar::change(&session.app, &session.actor, change).await;
        ReviewCalendarPayload::of(changed, ReviewCalendar)
    }

    /// Changes how the experts' time is divided, in the project that is asked; what is not given stays. For administrators.
    async fn change_routing_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of the items asked about, so many go to two experts, 0 to 1.")] double_blind_share: Option<
            f64,
        >,
        #[graphql(desc = "Of the experts' capacity, so much is for items whose right answer is known, 0 to 1.")]
        gold_share: Option<f64>,
        #[graphql(desc = "Of the items asked about, so many are drawn at random among all that are open, 0 to 1.")]
        exploration_share: Option<f64>,
        #[graphql(
            desc = "Of the items asked about, so many are divided among the domains in proportion to what is open of each, 0 to 1."
        )]
        domain_floor: Option<f64>,
    ) -> Result<RoutingPolicyPayload> {
        let session = session(ctx)?;
        let change = PolicyChange { double_blind_share, gold_share, exploration_share, domain_floor };
        let changed = routing_policy::change_policy(&session.app, &session.actor, change).await;
        RoutingPolicyPayload::of(changed, RoutingPolicy::from)
    }

    /// Writes the next version of the formula of the reward, in the project that is asked; the weight of what is not given stays.
    /// All traces are scored again by it, and earlier scores stay. For administrators.
    #[expect(clippy::too_many_arguments, reason = "an argument for each term")]
    async fn set_reward_formula(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Weight of the expert's verdict, as every weight 0 to 1,000.")] expert: Option<f64>,
        #[graphql(desc = "Weight of factual support.")] support: Option<f64>,
        #[graphql(desc = "Weight of the penalty for what cannot be verified.")] unverifiable: Option<f64>,
        #[graphql(desc = "Weight of logical consistency.")] consistency: Option<f64>,
        #[graphql(desc = "Weight of the quality of citations.")] citations: Option<f64>,
        #[graphql(desc = "Weight of the trained reward model.")] model: Option<f64>,
        #[graphql(desc = "Weight of users' feedback.")] feedback: Option<f64>,
        #[graphql(desc = "Why it is set, up to 2,000 bytes.")] note: Option<String>,
    ) -> Result<RewardFormulaPayload> {
        let session = session(ctx)?;
        let change = WeightsChange { expert, support, unverifiable, consistency, citations, model, feedback };
        let set = reward_formula::set_weights(&session.app, &session.actor, change, note).await;
        RewardFormulaPayload::of(set, RewardFormulaInUse::from)
    }

    /// Sets what is replaced in texts before they are stored, in the project that is asked; what is stored already stays as
    /// it is. For administrators.
    async fn set_redacted_patterns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be replaced; nothing where the list is empty.")] patterns: Vec<RedactedPattern>,
    ) -> Result<RedactionPayload> {
        let session = session(ctx)?;
        let patterns = patterns.into_iter().map(Pattern::from).collect();
        let set = redaction::set_patterns(&session.app, &session.actor, patterns).await;
        RedactionPayload::of(set, |patterns| patterns.into_iter().map(RedactedPattern::from).collect())
    }

    /// Makes an API key of the project that is asked. For administrators.
    async fn create_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateKeyInput,
    ) -> Result<CreateKeyPayload> {
        let session = session(ctx)?;
        let made = create_key(&session.app, &session.actor, input).await;
        CreateKeyPayload::of(made, |made| MadeKey { key: Key(made.key), secret: made.secret })
    }

    /// Makes an API key in the place of another, with the same rights, and lets that one go on for a while, so that
    /// whoever uses it can change over. For administrators.
    async fn rotate_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key in whose place it is made.")] key: ID,
        #[graphql(desc = "For how many seconds that one goes on, up to 2,592,000 (30 days).", default = 86_400)]
        overlap_seconds: i32,
        #[graphql(
            desc = "When the new key stops working; where nothing is said, after as long a time as the other was made for."
        )]
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<CreateKeyPayload> {
        let session = session(ctx)?;
        let overlap = TimeDelta::seconds(overlap_seconds.into());
        let made = match id("key", &key) {
            Ok(key) => keys::rotate(&session.app, &session.actor, key, overlap, expires_at).await,
            Err(refusal) => Err(refusal),
        };
        CreateKeyPayload::of(made, |made| MadeKey { key: Key(made.key), secret: made.secret })
    }

    /// Withdraws an API key at once. For administrators.
    async fn revoke_key(&self, ctx: &Context<'_>, #[graphql(desc = "The key.")] key: ID) -> Result<RevokeKeyPayload> {
        let session = session(ctx)?;
        let result = match id("key", &key) {
            Ok(key) => keys::revoke(&session.app, &session.actor, key).await,
            Err(refusal) => Err(refusal),
        };
        RevokeKeyPayload::of(result, |()| key)
    }

    /// Tells a program of the weekly review from then on, by signed requests as Standard Webhooks has them. For administrators.
    async fn add_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where requests are sent: an address over https, or of this machine.")] url: String,
    ) -> Result<AddWebhookEndpointPayload> {
        let session = session(ctx)?;
        AddWebhookEndpointPayload::of(webhooks::add_endpoint(&session.app, &session.actor, &url).await, |added| {
            AddedWebhookEndpoint { endpoint: WebhookEndpoint(added.endpoint), secret: added.secret }
        })
    }

    /// Tells a program of the weekly review no more. For administrators.
    async fn remove_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] endpoint: ID,
    ) -> Result<RemoveWebhookEndpointPayload> {
        let session = session(ctx)?;
        let removed = match id("endpoint", &endpoint) {
            Ok(endpoint) => webhooks::remove_endpoint(&session.app, &session.actor, endpoint).await,
            Err(refusal) => Err(refusal),
        };
        RemoveWebhookEndpointPayload::of(removed, WebhookEndpoint)
    }

    /// Asks that the items of a cycle of the weekly review be chosen and routed to experts. What is routed already stays.
    /// For administrators.
    async fn route_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The name of the cycle, the date on which it opens; the one that is open where nothing is said."
        )]
        cycle: Option<NaiveDate>,
    ) -> Result<RoutePayload> {
        let session = session(ctx)?;
        RoutePayload::of(route_reviews::route(&session.app, &session.actor, cycle).await, |cycle| cycle)
    }
}

async fn create_key(app: &App, actor: &Actor, input: CreateKeyInput) -> Result<keys::Made, AppError> {
    let expert = input.expert.as_ref().map(|expert| id("expert", expert)).transpose()?;
    let wanted = keys::Wanted {
        name: input.name,
        role: input.role.into(),
        scopes: input.scopes.map(|scopes| scopes.into_iter().map(Into::into).collect()),
        expert,
        requests_per_minute: input.requests_per_minute,
        expires_at: input.expires_at,
    };
    keys::create(app, actor, wanted).await
}
