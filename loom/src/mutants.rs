//! Mutants: a model that cannot fail proves nothing. The checked files hold deliberate mistakes behind `mutant!`, which is
//! `false` everywhere but here. Each must make its model fail, in a process of its own with that one mistake switched on.

use std::process::Command;
use std::sync::LazyLock;

const VARIABLE: &str = "RUNTIME_WASM_MUTANT";

static ON: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());

/// Is this mistake to be made?
pub fn is_on(name: &str) -> bool {
    ON.as_deref() == Some(name)
}

/// Mutant, the model that catches it, and what the model then says.
const CAUGHT: &[(&str, &str, &str)] = &[
    ("stop_loses_the_reply", "stop_models::a_running_request_is_answered_exactly_once", "answered 0 times"),
    ("bury_keeps_the_reply", "stop_models::a_dying_worker_leaves_no_request_unanswered", "answered 0 times"),
    ("a_second_stop_counts", "stop_models::the_first_reason_wins", "both stopped it"),
    ("stop_leaves_the_flag", "stop_models::a_host_call_after_a_stop_has_no_effect", "a host call after the stop"),
    ("a_sleeper_does_not_look", "stop_models::a_sleeping_guest_is_woken", "deadlock"),
    ("begin_ignores_the_stop", "stop_models::a_stop_is_never_lost", "nobody will bump again"),
    ("the_worker_arms_late", "stop_models::a_stop_is_never_lost", "nobody will bump again"),
    ("renew_ignores_the_stop", "stop_models::a_stop_is_not_lost_in_a_restart", "control.is_stopped()"),
    ("a_late_deadline_stops", "stop_models::a_late_deadline_spares_the_next_request", "the next request"),
    ("finish_turns_back_to_idle", "stop_models::the_status_only_moves_forward", "back to"),
    ("a_sender_does_not_look_again", "mailbox_models::nothing_stays_behind_in_a_closed_mailbox", "ended 0 times"),
    (
        "a_sender_does_not_look_again",
        "actor_models::removing_an_actor_leaves_no_request_unanswered",
        "answered 0 times",
    ),
    ("a_call_outlives_the_stop", "host_call_models::a_host_function_does_not_begin_after_a_stop", "after the stop"),
    (
        "a_call_outlives_its_request",
        "host_call_models::a_host_function_does_not_begin_for_another_guest",
        "for another guest",
    ),
    ("close_wakes_nobody", "actor_models::worker_sender_and_stopper_answer_exactly_once", "deadlock"),
    ("close_wakes_nobody", "mailbox_models::closing_ends_a_waiting_worker", "deadlock"),
    ("a_place_is_not_taken", "mailbox_models::capacity_is_kept", "over capacity"),
    ("remove_in_two_steps", "registry_models::one_of_two_removals_wins", "both removed it"),
    ("ids_count_in_two_steps", "registry_models::ids_are_never_reused", "given twice"),
    ("enter_in_two_steps", "registry_models::admission_keeps_its_bound", "over the bound"),
    ("a_place_leaks", "registry_models::admission_leaks_no_place", "a place leaked"),
    ("nobody_hears_of_the_last", "registry_models::shutdown_ends", "deadlock"),
    ("close_leaves_the_door_open", "registry_models::shutdown_misses_nobody", "lives on"),
    ("register_after_looking", "registry_models::shutdown_misses_nobody", "lives on"),
];

#[test]
fn every_mutant_is_caught_by_its_model() {
    let this = std::env::current_exe().unwrap();
    for (mutant, model, says) in CAUGHT {
        let run = Command::new(&this).args(["--exact", model, "--nocapture"]).env(VARIABLE, mutant).output().unwrap();
        let shown = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(shown.contains("running 1 test"), "there is no model {model}");
        assert!(!run.status.success(), "{model} does not notice the mutant {mutant}");
        assert!(shown.contains(says), "{model} fails on {mutant}, but not with \"{says}\":\n{shown}");
    }
}

const SOURCES: &[&str] = &[
    include_str!("../../src/actor/control.rs"),
    include_str!("../../src/actor/mailbox.rs"),
    include_str!("../../src/registry/table.rs"),
    include_str!("../../src/registry/admission.rs"),
    include_str!("stop_models.rs"),
    include_str!("registry_models.rs"),
];

#[test]
fn every_mutant_is_listed_and_documented() {
    let docs = include_str!("../../docs/verification.md");
    for source in SOURCES {
        for after in source.split("mutant!(\"").skip(1) {
            let name = after.split('"').next().unwrap();
            assert!(CAUGHT.iter().any(|(mutant, ..)| *mutant == name), "no model is said to catch {name}");
        }
    }
    for (mutant, model, _) in CAUGHT {
        let name = model.rsplit("::").next().unwrap();
        let row =
            docs.lines().find(|line| line.contains(&format!("`{name}`")) && line.contains(&format!("`{mutant}`")));
        assert!(row.is_some(), "docs/verification.md has no row with `{name}` and `{mutant}`");
    }
}
