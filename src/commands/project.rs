//! `atr project`: the tenants.

use std::{collections::BTreeSet, str::FromStr};

use atr_core::{
    domain::{
        UnknownWord,
        assignment::PolicyChange,
        calendar::{CalendarChange, Weekday},
        keep_rule::KeepRuleChange,
        redaction::Pattern,
        reward_formula::WeightsChange,
    },
    store,
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output};
use crate::{
    app::{
        projects, redaction, review_calendar,
        reward_formula::{Formula, set_weights},
        routing_policy,
    },
    config::Place,
};

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, read from the command line")]
pub(crate) enum Project {
    /// Make a project
    Create {
        /// The short name that addresses and commands use
        slug: String,
        /// The name that people read [default: the slug]
        #[arg(long)]
        name: Option<String>,
    },
    /// Change a project, or show what it is set to
    Set {
        /// The project's short name
        slug: String,
        /// At how many unfinished tasks nothing more is taken in, 1 to 10,000,000
        #[arg(long, value_name = "TASKS")]
        max_backlog: Option<i32>,
        /// For so long no span of a trace may come before the trace is put together, 0 to 3,600
        #[arg(long, value_name = "SECONDS")]
        quiet_seconds: Option<i32>,
        /// Keep traces made of spans whose confidence is below this, 0 to 1
        #[arg(long, value_name = "CONFIDENCE")]
        keep_below: Option<f64>,
        /// Whether to keep traces made of spans that something says are wrong
        #[arg(long, value_name = "BOOL")]
        keep_flagged: Option<bool>,
        /// Keep this share of all other traces made of spans, 0 to 1
        #[arg(long, value_name = "SHARE")]
        keep_share: Option<f64>,
        /// By whose clock the weekly review opens and is due: a time zone by its name at IANA, such as Europe/Berlin
        #[arg(long, value_name = "ZONE")]
        time_zone: Option<String>,
        /// The day on which it opens
        #[arg(long, value_name = "WEEKDAY")]
        opens_on: Option<Weekday>,
        /// The time of that day, 00:00 to 23:59
        #[arg(long, value_name = "HH:MM")]
        opens_at: Option<String>,
        /// The day on which it is due
        #[arg(long, value_name = "WEEKDAY")]
        due_on: Option<Weekday>,
        /// The time of that day, 00:00 to 23:59
        #[arg(long, value_name = "HH:MM")]
        due_at: Option<String>,
        /// Give this share of the items that are asked about to two experts, 0 to 1
        #[arg(long, value_name = "SHARE")]
        double_blind_share: Option<f64>,
        /// Use this share of the experts' time for gold items, 0 to 1
        #[arg(long, value_name = "SHARE")]
        gold_share: Option<f64>,
        /// Draw this share of the items that are asked about at random, 0 to 1
        #[arg(long, value_name = "SHARE")]
        exploration_share: Option<f64>,
        /// Divide this share of the items that are asked about among the domains by what is open of each, 0 to 1
        #[arg(long, value_name = "SHARE")]
        domain_floor: Option<f64>,
        /// Replace these in texts before they are stored: email, phone, card, secret, several with commas; or none
        #[arg(long, value_name = "PATTERNS")]
        redact: Option<Redacted>,
        /// Weigh terms of the reward anew, each 0 to 1,000, several with commas: expert, support, unverifiable, consistency,
        /// citations, model, feedback; what is not given stays. All traces are scored again
        #[arg(long, value_name = "TERM=WEIGHT,…")]
        reward_weights: Option<Weights>,
        /// Why the reward is weighed so
        #[arg(long, value_name = "TEXT", requires = "reward_weights")]
        reward_note: Option<String>,
    },
    /// List every project
    List,
}

/// What is to be replaced.
#[derive(Debug, Clone)]
pub(crate) struct Redacted(BTreeSet<Pattern>);

impl FromStr for Redacted {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == "none" {
            return Ok(Self(BTreeSet::new()));
        }
        text.split(',').map(|word| word.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// The weights of some terms.
#[derive(Debug, Clone)]
pub(crate) struct Weights(WeightsChange);

impl FromStr for Weights {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut given = serde_json::Map::new();
        for part in text.split(',') {
            let pair = part.split_once('=').and_then(|(term, weight)| Some((term, weight.trim().parse::<f64>().ok()?)));
            let (term, weight) = pair.ok_or_else(|| format!("`{part}` is no TERM=WEIGHT, such as citations=0.5"))?;
            given.insert(term.trim().to_owned(), json!(weight));
        }
        serde_json::from_value(Value::Object(given)).map(Self).map_err(|unknown| unknown.to_string())
    }
}

impl Project {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        match self {
            Self::Create { slug, name } => {
                let made = projects::create_here(&installation.app, &slug, name.as_deref().unwrap_or(&slug)).await?;
                out.result(&json!({ "id": made.id, "slug": made.slug, "name": made.name }), || {
                    format!("Project {} is {}.", made.slug, made.id)
                })
            }
            Self::Set {
                slug,
                max_backlog,
                quiet_seconds,
                keep_below,
                keep_flagged,
                keep_share,
                time_zone,
                opens_on,
                opens_at,
                due_on,
                due_at,
                double_blind_share,
                gold_share,
                exploration_share,
                domain_floor,
                redact,
                reward_weights,
                reward_note,
            } => {
                let actor = installation.actor(Some(&slug)).await?;
                let change = CalendarChange { time_zone, opens_on, opens_at, due_on, due_at };
                let calendar = review_calendar::change(&installation.app, &actor, change).await?;
                let change = PolicyChange { double_blind_share, gold_share, exploration_share, domain_floor };
                let policy = routing_policy::change_policy(&installation.app, &actor, change).await?;
                let change = KeepRuleChange { quiet_seconds, keep_below, keep_flagged, keep_share };
                let rule = projects::change_keep_rule(&installation.app, &actor, change).await?;
                let project = match max_backlog {
                    Some(tasks) => projects::set_max_backlog(&installation.app, &actor, tasks).await?,
                    None => projects::named(&installation.app, &slug).await?,
                };
                let redacted = match redact {
                    Some(Redacted(patterns)) => redaction::set_patterns(&installation.app, &actor, patterns).await?,
                    None => redaction::patterns(&installation.app, &actor).await?,
                };
                let redacted: Vec<&str> = redacted.iter().map(|pattern| pattern.word()).collect();
                let weights = reward_weights.map(|Weights(change)| change).unwrap_or_default();
                let formula = set_weights(&installation.app, &actor, weights, reward_note).await?;
                let mut told = line(&project);
                told["keep_rule"] = serde_json::to_value(rule)?;
                told["review_calendar"] = serde_json::to_value(calendar)?;
                told["routing_policy"] = serde_json::to_value(policy)?;
                told["redacted"] = json!(redacted);
                told["reward_formula"] = json!({ "version": formula.version(), "weights": formula.weights() });
                out.result(&told, || {
                    format!(
                        "Project {slug} takes nothing more in while {} tasks are unfinished. Of the traces that spans \
                         make, put together after {} s without a new one, it keeps those with a confidence below {}, {}\
                         and a share of {} of the rest. The weekly review opens on {} at {} and is due on {} at {}, by the clock of {}. Of its items \
                         a share of {} goes to two experts, of {} is drawn at random and of {} follows the domains; a share of {} of \
                         the experts' time is for gold items. In texts it \
                         replaces before they are stored: {}. The reward is made by {}: {}.",
                        project.max_backlog,
                        rule.quiet_seconds,
                        rule.keep_below,
                        if rule.keep_flagged { "those that something says are wrong, " } else { "" },
                        rule.keep_share,
                        calendar.opens().weekday,
                        calendar.opens().time.format("%H:%M"),
                        calendar.due().weekday,
                        calendar.due().time.format("%H:%M"),
                        calendar.time_zone(),
                        policy.double_blind_share,
                        policy.exploration_share,
                        policy.domain_floor,
                        policy.gold_share,
                        if redacted.is_empty() { "nothing".to_owned() } else { redacted.join(", ") },
                        version(&formula),
                        told["reward_formula"]["weights"],
                    )
                })
            }
            Self::List => {
                let mut after = None;
                loop {
                    let page = installation.app.store.projects(after, 500).await?;
                    let Some(last) = page.last() else { return Ok(()) };
                    after = Some(last.id);
                    for project in page {
                        out.result(&line(&project), || {
                            format!("{}  {:20}  {}", project.id, project.slug, project.name)
                        })?;
                    }
                }
            }
        }
    }
}

fn version(of: &Formula) -> String {
    of.version()
        .map_or_else(|| "the weights that the program brings".to_owned(), |n| format!("version {n} of its formula"))
}

fn line(of: &store::Project) -> Value {
    json!({
        "id": of.id, "slug": of.slug, "name": of.name, "max_backlog": of.max_backlog, "created_at": of.created_at,
    })
}
