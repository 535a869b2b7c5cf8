//! What must hold of workers whichever transport rings for them, over both; and what holds of a broker alone.
#![allow(missing_docs, reason = "the names of tests say what they are")]

mod broker;
mod proxy;
mod rabbitmq;
mod suite;
#[path = "../../../core/tests/support/mod.rs"]
mod support;
mod world;

/// Each test of the suite, over each transport.
macro_rules! over_both {
    ($($test:ident),* $(,)?) => {
        mod over_postgres {
            $(#[tokio::test] async fn $test() { crate::suite::$test(crate::world::World::over_postgres().await).await; })*
        }
        mod over_rabbitmq {
            $(#[tokio::test] async fn $test() { crate::suite::$test(crate::world::World::over_rabbitmq().await).await; })*
        }
    };
}

over_both! {
    enqueueing_in_a_transaction_that_is_rolled_back_rings_nothing,
    rings_that_are_doubled_reordered_delivered_again_or_lost_change_nothing,
    work_whose_lease_is_lost_stops_and_makes_room,
    what_a_zombie_finishes_late_changes_nothing,
    the_leases_of_what_waits_for_its_turn_in_a_slot_are_renewed,
    work_that_is_asked_for_again_is_done_once_and_once_more_if_it_had_begun,
    what_matters_more_goes_first,
    what_is_scheduled_waits_for_its_time,
    what_failed_is_tried_again_after_a_pause,
    what_died_is_kept_and_done_after_a_replay,
    one_projects_many_tasks_do_not_starve_anothers_few,
    a_paused_stage_rests_and_goes_on,
    a_worker_that_is_told_to_stop_finishes_what_it_can_and_hands_back_the_rest,
    several_workers_share_the_work_and_none_is_done_twice,
    a_trace_context_goes_with_the_work,
}
