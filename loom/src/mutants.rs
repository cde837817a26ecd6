//! Mutants: a model that cannot fail proves nothing. The checked files hold deliberate mistakes behind `mutant!`, which is
//! `false` everywhere but here. Each must make its model fail, in a process of its own with that one mistake switched on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const VARIABLE: &str = "RUNTIME_WASM_MUTANT";

static ON: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());

/// Is this mistake to be made?
pub fn is_on(name: &str) -> bool {
    ON.as_deref() == Some(name)
}

/// What loom says of a thread that nobody wakes, and of one that looks again and again for what never comes.
const ASLEEP: &str = "deadlock";
const IN_VAIN: &str = "exceeded maximum number of branches";

/// Model, a mutant that it catches, and what the model then says.
const CAUGHT: &[(&str, &str, &str)] = &[
    ("stop_models::a_running_request_is_answered_exactly_once", "stop_loses_the_reply", "answered 0 times"),
    ("stop_models::a_dying_worker_leaves_no_request_unanswered", "mark_dead_keeps_the_reply", "answered 0 times"),
    ("stop_models::the_first_reason_wins", "a_second_stop_counts", "both stopped it"),
    ("stop_models::a_host_call_after_a_stop_has_no_effect", "stop_leaves_the_flag", "a host call after the stop"),
    ("host_call_models::a_host_function_does_not_begin_after_a_stop", "a_call_outlives_the_stop", "after the stop"),
    (
        "host_call_models::a_host_function_does_not_begin_for_another_guest",
        "a_call_outlives_its_request",
        "for another guest",
    ),
    (
        "host_call_models::a_host_call_begins_before_a_stop_or_is_cancelled",
        "a_call_outlives_the_stop",
        "after the stop",
    ),
    (
        "host_call_models::a_host_call_begins_before_a_stop_or_is_cancelled",
        "a_call_is_given_up_silently",
        "neither began nor was cancelled",
    ),
    ("stop_models::a_sleeping_guest_is_woken", "a_sleeper_does_not_look", ASLEEP),
    ("stop_models::a_stop_is_never_lost", "begin_ignores_the_stop", "nobody will bump again"),
    ("stop_models::a_stop_is_never_lost", "the_worker_arms_late", "nobody will bump again"),
    ("stop_models::a_stop_is_not_lost_in_a_restart", "renew_ignores_the_stop", "control.is_stopped()"),
    ("stop_models::a_late_deadline_spares_the_next_request", "a_late_deadline_stops", "the next request"),
    (
        "stop_models::an_expired_request_is_answered_exactly_once",
        "a_late_answer_is_for_another_request",
        "for another request",
    ),
    ("stop_models::a_host_call_after_a_time_limit_has_no_effect", "a_limit_leaves_the_flag", "after the limit"),
    ("stop_models::a_guest_that_says_nothing_is_given_up", "a_late_answer_wakes_nobody", ASLEEP),
    ("stop_models::the_status_only_moves_forward", "finish_turns_back_to_idle", "back to"),
    ("page_models::a_guest_that_looks_is_stopped", "a_stop_takes_no_page", IN_VAIN),
    ("page_models::a_request_to_a_guest_that_looks_is_stopped", "a_stop_takes_no_page", IN_VAIN),
    ("page_models::a_page_is_taken_from_no_fresh_guest", "a_page_is_taken_too_late", "has lost its page"),
    ("page_models::a_page_is_taken_from_no_fresh_guest", "a_fresh_guest_gets_no_page", "has no page"),
    ("reply_models::a_receiver_hears_of_every_reply", "a_reply_wakes_nobody", ASLEEP),
    ("reply_models::a_receiver_hears_of_every_reply", "who_waits_does_not_look", ASLEEP),
    ("reply_models::a_receiver_hears_of_every_reply", "a_dropped_request_is_silent", ASLEEP),
    ("mailbox_models::nothing_stays_behind_in_a_closed_mailbox", "a_sender_does_not_look_again", "ended 0 times"),
    ("mailbox_models::closing_ends_a_waiting_worker", "close_wakes_nobody", ASLEEP),
    ("mailbox_models::capacity_is_kept", "a_place_is_not_taken", "over capacity"),
    ("mailbox_models::waiting_senders_keep_their_order", "a_turn_is_over_too_early", "overtaken"),
    ("mailbox_models::closing_ends_waiting_senders", "close_leaves_the_line", ASLEEP),
    ("mailbox_models::a_sender_that_gives_up_leaves_no_gap", "who_gives_up_keeps_its_permit", ASLEEP),
    ("actor_models::worker_sender_and_stopper_answer_exactly_once", "close_wakes_nobody", ASLEEP),
    ("actor_models::worker_sender_and_stopper_answer_exactly_once", "a_stop_leaves_the_mailbox_open", ASLEEP),
    ("actor_models::a_spinning_guest_is_stopped", "a_stop_bumps_no_epoch", IN_VAIN),
    ("actor_models::a_spinning_guest_is_stopped", "a_guest_is_armed_too_late", IN_VAIN),
    ("actor_models::a_spinning_guest_is_stopped", "a_bump_is_taken_to_order_something", IN_VAIN),
    ("actor_models::a_sleeping_guest_is_stopped", "a_stop_wakes_nobody", ASLEEP),
    ("actor_models::a_start_is_stopped", "a_stop_bumps_no_epoch", IN_VAIN),
    ("actor_models::a_start_is_stopped", "a_start_does_not_look_again", IN_VAIN),
    ("actor_models::a_dying_worker_leaves_no_request_of_its_actor_unanswered", "an_end_closes_nothing", ASLEEP),
    ("actor_models::a_time_limit_is_kept", "a_stop_bumps_no_epoch", IN_VAIN),
    ("actor_models::a_time_limit_of_a_sleeping_guest_is_kept", "a_late_answer_wakes_nobody", ASLEEP),
    ("actor_models::what_is_asked_after_a_death_is_for_the_fresh_guest", "a_crash_is_told_too_early", "it was refused"),
    ("actor_models::a_stop_in_a_restart_is_for_good", "a_stop_bumps_no_epoch", IN_VAIN),
    ("actor_models::a_time_limit_spares_the_fresh_guest", "an_interruption_is_told_too_early", "it was refused"),
    (
        "actor_models::a_time_limit_that_is_reached_as_the_request_ends_spares_the_fresh_guest",
        "an_interruption_refuses_what_comes_later",
        "it was refused",
    ),
    ("actor_models::what_waits_during_a_death_is_answered", "a_cleared_place_is_lost", ASLEEP),
    ("actor_models::giving_up_leaves_no_request_unanswered", "an_end_closes_nothing", ASLEEP),
    ("actor_models::an_actor_that_moves_to_another_thread_is_stopped", "close_wakes_nobody", ASLEEP),
    ("actor_models::removing_an_actor_leaves_no_request_unanswered", "a_sender_does_not_look_again", ASLEEP),
    ("deadline_models::an_armed_deadline_is_never_slept_over", "a_nearer_deadline_wakes_nobody", ASLEEP),
    ("deadline_models::a_deadline_after_a_disarmed_one_is_never_slept_over", "a_nearer_deadline_wakes_nobody", ASLEEP),
    ("deadline_models::what_is_disarmed_in_time_never_runs", "a_disarmed_deadline_stays", "it ran"),
    ("watching::watch_models::a_request_that_runs_on_is_never_missed", "a_request_wakes_nobody", IN_VAIN),
    ("watching::watch_models::a_request_that_runs_on_is_never_missed", "the_watch_does_not_look_again", IN_VAIN),
    (
        "watching::watch_models::a_request_that_runs_on_is_never_missed",
        "who_is_not_listed_is_not_looked_at_again",
        IN_VAIN,
    ),
    (
        "watching::watch_models::a_guest_that_forgets_a_bump_is_called_out_again",
        "who_forgets_a_bump_is_left_alone",
        IN_VAIN,
    ),
    (
        "watching::watch_models::a_demotion_does_not_outlive_its_request",
        "a_demotion_does_not_look_again",
        "left behind",
    ),
    (
        "watching::watch_models::a_demotion_hits_no_stranger",
        "a_thread_may_end_while_it_is_demoted",
        "a stranger's thread",
    ),
    ("idling::idle_models::what_is_handed_on_is_lived_once", "who_is_found_is_found_again", "a life was lost"),
    ("idling::idle_models::what_is_handed_on_is_lived_once", "who_is_told_sleeps_on", ASLEEP),
    ("idling::idle_models::the_end_reaches_every_thread", "who_comes_after_the_end_waits", ASLEEP),
    ("pipe_models::no_byte_is_lost_and_no_end_waits_for_ever", "a_change_is_told_too_early", ASLEEP),
    ("pipe_models::no_byte_is_lost_and_no_end_waits_for_ever", "the_end_comes_before_the_rest", "bytes were lost"),
    ("pipe_models::a_write_beside_the_end_is_read_or_refused", "the_end_comes_before_the_rest", "was not read"),
    ("pipe_models::a_writer_ends_with_its_reader", "a_reader_goes_silently", ASLEEP),
    ("pipe_models::a_reader_ends_with_its_own_close", "a_reader_goes_silently", ASLEEP),
    ("registry::registry_models::one_of_two_removals_wins", "remove_in_two_steps", "both removed it"),
    ("registry::registry_models::ids_are_never_reused", "ids_count_in_two_steps", "given twice"),
    ("registry::registry_models::admission_keeps_its_bound", "enter_in_two_steps", "over the bound"),
    ("registry::registry_models::admission_leaks_no_place", "a_permit_leaks", "a place leaked"),
    ("registry::registry_models::shutdown_ends", "nobody_hears_of_the_last", ASLEEP),
    ("registry::registry_models::shutdown_misses_nobody", "close_leaves_the_door_open", "lives on"),
    ("registry::registry_models::shutdown_misses_nobody", "who_registers_does_not_look", ASLEEP),
];

/// What is wrong, if the model does not notice the mutant as it should.
fn problem((model, mutant, says): &(&str, &str, &str)) -> Option<String> {
    let this = std::env::current_exe().unwrap();
    let mut run = Command::new(&this);
    run.args(["--exact", model, "--nocapture"]).env(VARIABLE, mutant);
    // The stacks of loom's threads are too small to print one.
    let run = run.env("RUST_BACKTRACE", "0").output().unwrap();
    let shown = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    if !shown.contains("running 1 test") {
        Some(format!("there is no model {model}"))
    } else if run.status.success() {
        Some(format!("{model} does not notice the mutant {mutant}"))
    } else if !shown.contains(says) {
        Some(format!("{model} fails on {mutant}, but not with \"{says}\":\n{shown}"))
    } else {
        None
    }
}

#[test]
fn every_mutant_is_caught_by_its_model() {
    let problems: Vec<String> = CAUGHT.iter().filter_map(problem).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder, by path, with their text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The last part of a model's path.
fn name(model: &str) -> String {
    model.rsplit("::").next().unwrap().to_owned()
}

#[test]
fn every_mutant_in_the_code_is_listed_and_every_model_has_one() {
    let (mut made, mut models) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in [root().join("src"), root().join("loom/src")].iter().flat_map(|folder| sources(folder)) {
        if path.ends_with("mutants.rs") {
            continue;
        }
        made.extend(text.split("mutant!(\"").skip(1).map(|after| after.split('"').next().unwrap().to_owned()));
        if path.to_string_lossy().ends_with("_models.rs") {
            let tests = text.split("#[test]\nfn ").skip(1);
            models.extend(tests.map(|after| after.split('(').next().unwrap().to_owned()));
        }
    }
    let listed = CAUGHT.iter().map(|(_, mutant, _)| (*mutant).to_owned()).collect();
    assert_eq!(made, listed, "mutants in the code, and those that are listed as caught");
    let with_one = CAUGHT.iter().map(|(model, ..)| name(model)).collect();
    assert_eq!(models, with_one, "models, and those that are listed with a mutant");
}

/// A row of the table: `| claim | `model` | `mutant`, `mutant` |`.
#[test]
fn the_table_in_the_docs_is_what_is_checked() {
    let docs = fs::read_to_string(root().join("docs/verification.md")).unwrap();
    let (_, after) = docs.split_once("| claim | model |").expect("a table of models");
    let rows = after.lines().skip(2).take_while(|line| line.starts_with('|'));
    let documented: BTreeSet<(String, String)> = rows
        .flat_map(|row| {
            let mut words = row.split('`').skip(1).step_by(2);
            let model = words.next().unwrap_or_else(|| panic!("no model in {row}")).to_owned();
            words.map(move |mutant| (model.clone(), mutant.to_owned()))
        })
        .collect();
    let checked = CAUGHT.iter().map(|(model, mutant, _)| (name(model), (*mutant).to_owned())).collect();
    assert_eq!(documented, checked, "rows of docs/verification.md, and what is checked");
}
