//! The task queue. Postgres owns every task's state; the task row is the outbox; a transport only rings a bell.
//!
//! ```text
//! scheduled ──due──▶ available ──claim──▶ running ──▶ succeeded
//!                        ▲                  │ ├─────▶ cancelled
//!                        └──due── retryable ◀┘ └─────▶ dead ──replay──▶ available
//! ```
//!
//! A claim sets owner, lease and attempt; every outcome is an update guarded by (id, owner, attempt) that must change
//! exactly one row, so that a worker which lost its lease changes nothing.

mod backlog;
mod bell;
mod claim;
mod doorbell;
mod enqueue;
pub(crate) mod inspect;
mod outcome;
mod pause;
mod prune;
mod rate;
mod replay;
mod sweep;
mod waiting;
mod work;

pub use backlog::Backlog;
pub(crate) use bell::next;
pub use bell::{Bell, Listener};
pub use claim::{Claim, ClaimRequest};
pub use doorbell::{Announced, Broker, Lane, Waiting};
pub use enqueue::{Enqueued, NewTask};
pub use inspect::{Depth, Task, TaskFilter};
pub use outcome::{Failure, backoff};
pub use pause::Pause;
pub use rate::Rate;
pub use replay::Replayed;
pub use sweep::Swept;
pub use work::{Stage, State, Work};
