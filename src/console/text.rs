//! Everything that pages say, in one place: another language is another [`Text`].

/// Declares what is said by name, and the English of it.
macro_rules! texts {
    ($($name:ident = $text:literal;)*) => {
        /// What pages say, by name.
        #[derive(Debug)]
        pub(super) struct Text {
            /// The language, as BCP 47 has it.
            pub(super) language: &'static str,
            $(pub(super) $name: &'static str,)*
        }

        /// In English.
        pub(super) static ENGLISH: Text = Text { language: "en", $($name: $text,)* };
    };
}

texts! {
    // The frame.
    product = "ATR";
    skip = "Skip to the content";
    navigation = "Places";
    sign_out = "Sign out";
    loading = "Loading …";
    newer = "Newer";
    older = "Older";
    pages = "Pages of the list";
    search = "Search";
    all = "all";

    // Signing in.
    sign_in = "Sign in";
    project = "Project";
    project_hint = "Its short name, as in addresses.";
    email = "E-mail";
    password = "Password";
    password_again = "Password, again";
    passwords_differ = "is another one than the first: type the same twice";
    choose_password = "Choose a password";
    choose_password_about = "You were invited. Twelve characters or more; a few words that you remember are best. It signs you in at once, and this link is used up.";
    choose = "Choose it and sign in";

    // What goes wrong.
    request_id = "Request";
    fault_not_found = "There is nothing here";
    fault_not_found_detail = "The address is wrong, or what was here belongs to another project.";
    fault_forbidden = "This is not for your role";
    fault_forbidden_detail = "Ask whoever runs the project for another role, if this is part of your work.";
    fault_not_signed_in = "You are not signed in";
    fault_not_signed_in_detail = "Sign in to see this.";
    fault_too_often = "Too often";
    fault_too_often_detail = "Wait a minute, then try again.";
    fault_unavailable = "The service cannot answer just now";
    fault_unavailable_detail = "Its database does not answer. Try again in a moment.";
    fault_refused = "This could not be done";
    fault_refused_detail = "What was sent cannot be read. Go back and try again.";
    fault_ours = "Something went wrong here";
    fault_ours_detail = "It is not your doing. The service's log has more, under the number of this request.";
    to_beginning = "To the beginning";

    // Grounding.
    grounding = "Grounding";
    grounding_about = "Facts that claims are held against, newest first. Only verified facts decide; proposed and disputed ones wait for a curator.";
    grounding_none = "No fact is like that.";
    grounding_best = "Verified facts that match these words, the best first, at most 50. Other restrictions do not apply to a search by words.";
    fact_search = "Words in verified facts, or an id";
    fact_enter = "Enter a fact";
    fact_propose = "Propose a fact";
    fact_state = "State";
    fact_subject = "About";
    fact = "Fact";
    fact_quote = "In the source's words";
    fact_no_quote = "The source's own words were not copied.";
    fact_source = "Who says so";
    fact_of_source = "What else this source states";
    fact_publisher = "Published by";
    fact_title = "Title";
    fact_url = "Address";
    fact_doi = "DOI";
    fact_tier = "Trust";
    fact_retrieved = "Read on";
    fact_recorded = "Entered";
    fact_valid_from = "Holds from";
    fact_valid_to = "Holds until";
    fact_lapsed = "no longer holds";
    fact_pictures = "Pictures";
    fact_history = "States, newest first";
    fact_by_key = "by key";
    fact_others = "Other facts about the same";
    fact_others_about = "Where two facts disagree, they stand here. Dispute the one that is in doubt; retract the one that is false.";
    fact_reach = "What rests on it";
    fact_reach_none = "Nothing rests on it so far.";
    fact_reach_more = "There is more than is counted here.";
    fact_change = "Put it into another state";
    fact_reason = "Why";
    fact_verify = "Verify it";
    fact_dispute = "Dispute it";
    fact_retract = "Retract it";
    fact_retract_heading = "Retract this fact?";
    fact_retract_see = "See what rests on it, and retract it";
    fact_retract_about = "A retracted fact decides nothing from now on. Traces that it decided are verified and scored again. Snapshots that are sealed, and models that were trained on them, stay as they are: make a new snapshot if they matter.";
    fact_keep = "Keep it";
    fact_enter_about = "One statement that is understood by itself, and the source that makes it.";
    fact_propose_about = "One statement that is understood by itself, and the source that makes it. A curator vouches for it before claims are held against it.";
    fact_statement = "Statement";
    fact_external_id = "Your id for it";
    fact_external_id_hint = "Entering it again under the same id changes nothing.";
    fact_source_id = "The source's id";
    fact_source_id_hint = "One that is known already, or your id for a new one, which you then describe below.";
    fact_new_source = "The source is new";
    fact_only_propose = "Propose it only: it is vouched for later";
    fact_optional = "where it is known";

    // The pipeline.
    pipeline = "Pipeline";
    pipeline_about = "The work of this project, from what comes in to what is promoted: what waits, what runs, and what could not be done.";
    pipeline_stages = "Stages in their order";
    pipeline_waiting = "waiting";
    pipeline_running = "running";
    pipeline_scheduled = "scheduled";
    pipeline_dead = "dead";
    pipeline_oldest = "The oldest waits for";
    pipeline_nothing_waits = "Nothing waits";
    pipeline_per_minute = "a minute";
    pipeline_paused = "paused";
    pipeline_live = "This renews itself every five seconds.";
    pipeline_hold = "Hold it still";
    pipeline_held = "This does not renew itself.";
    pipeline_go_on = "Keep it up to date";
    pipeline_dead_work = "Dead work";
    pipeline_dead_about = "It failed too often, or for good. Mend the cause, then have it tried again.";
    pipeline_stage = "Stage";
    pipeline_show = "Show";
    pipeline_none_dead = "Nothing is dead here.";
    pipeline_replay = "Try it again";
    pipeline_replay_all = "Try all again of";
    pipeline_replayed = "put back into the queue.";
    pipeline_replayed_more = "There may be more: press again.";
    pipeline_enqueued = "enqueued";
    pipeline_died = "given up";
    pipeline_attempts = "attempts";
    pipeline_attempt = "Attempt";
    pipeline_details = "Details";

    // Snapshots.
    snapshots = "Snapshots";
    snapshots_about = "What is trained on. A snapshot freezes what is reviewed at its time, and never changes once it is sealed.";
    snapshots_none = "No snapshot is like that.";
    snapshot = "Snapshot";
    snapshot_request = "Ask for a new one";
    snapshot_request_about = "It freezes what is reviewed, scored and turned into examples now; curation and files follow.";
    snapshot_name = "Name";
    snapshot_name_hint = "Without one it is snapshot-1, snapshot-2 and so on.";
    snapshot_recipe = "Recipe, as JSON";
    snapshot_recipe_hint = "Without one, the usual thresholds.";
    snapshot_freeze = "Freeze it";
    snapshot_state = "State";
    snapshot_members = "members";
    snapshot_kept = "kept";
    snapshot_goes_on = "It is being made; this renews itself.";
    snapshot_failed = "It could not be made:";
    snapshot_card = "Data card";
    snapshot_parent = "Goes on from";
    snapshot_difference = "What changed since";
    snapshot_frozen = "Frozen";
    snapshot_sealed = "Sealed";
    snapshot_membership = "Reviewed traces";
    snapshot_seed = "Seed";
    snapshot_rows_root = "Merkle root of its rows";
    snapshot_manifest = "Hash of its manifest";
    snapshot_recipe_hash = "Hash of its recipe";
    snapshot_composition = "Of what it is made";
    snapshot_composition_about = "The share of the weight that each value has; the stroke is the share that balancing aims at.";
    snapshot_not_counted = "Curation has not counted it yet.";
    snapshot_by = "by";
    snapshot_value = "Value";
    snapshot_rows = "Rows";
    snapshot_share = "Share";
    snapshot_target = "Aim";
    snapshot_divergence = "Bits from the aim:";
    snapshot_stages = "What each stage of curation left";
    snapshot_stage = "Stage";
    snapshot_entered = "Entered";
    snapshot_left = "Left";
    snapshot_fell = "What fell, and why";
    snapshot_nothing_fell = "Nothing fell.";
    snapshot_reason = "Reason";
    snapshot_show_fallen = "Show those that fell for this";
    snapshot_files = "Files";
    snapshot_no_files = "It has no files before it is sealed.";
    snapshot_pull = "Fetch them, each checked against its hash, with";
    snapshot_path = "Path";
    snapshot_bytes = "Bytes";
    snapshot_hash = "BLAKE3";
    snapshot_jobs = "Trained on it";
    snapshot_no_jobs = "Nothing was trained on it yet.";
    snapshot_train = "Train a reward model on it";
    snapshot_added = "added";
    snapshot_removed = "removed";
    snapshot_changed = "changed in weight or origin";
    snapshot_compare = "Compare with";
    snapshot_no_other = "There is no other one to compare with.";
    snapshot_choose_other = "Choose the one to compare with.";
    snapshot_more = "More differ than were counted.";
    snapshot_some = "Some of them";
    back = "Back";
    onward = "On";

    // Traces.
    traces = "Traces";
    traces_about = "Answers that were uncertain or wrong, newest first, with what was found of them since.";
    traces_none = "No trace is like that.";
    trace_search = "Id, or the sender's id";
    domain = "Domain";
    pillar = "Competence";
    flagged = "Flagged";
    circular = "rests on itself";
    reward = "Reward";
    contradicted = "contradicted";
    unverifiable = "unverifiable";

    // A trace.
    trace = "Trace";
    answer = "Answer";
    about = "About it";
    model = "Model";
    answer_language = "Language";
    received = "Received";
    external_id = "Sender's id";
    source = "Sent by";
    licence = "Licence";
    confidence = "Its own confidence";
    flaws = "Suspected";
    went_wrong = "Where it went wrong";
    nothing_wrong = "No step is held to be wrong.";
    step = "Step";
    steps = "Steps";
    of = "of";
    reasoning = "Reasoning";
    no_steps = "It came without its steps.";
    graph = "The graph of its steps";
    graph_keys = "What a step rests on stands above it. Steps lead to their text; with the graph in focus, + and − zoom, 0 shows all of it, and the arrows move it.";
    zoom_in = "Larger";
    zoom_out = "Smaller";
    zoom_fit = "All of it";
    as_list = "As a list";
    held_wrong = "held to be wrong";
    rests_on = "rests on";
    earlier_steps = "Earlier steps";
    later_steps = "Later steps";
    as_table = "As a table";
    term = "Term";
    term_value = "Value";
    term_adds = "Adds";
    term_expert = "Expert's verdict";
    term_support = "Facts support it";
    term_unverifiable = "Unverifiable claims";
    term_consistency = "Logic holds";
    term_model = "Reward model";
    term_feedback = "Users' feedback";
    other_weights = "It was made by other weights than today's: what each term adds is not known.";
    no_score = "It has not been scored yet.";
    claims = "Claims";
    no_claims = "No claim was found in it yet.";
    chains = "Other chains for this question";
    compare = "Compare with";
    open = "Open";
    side_by_side = "Side by side";
    they_part = "They part at step";
    they_agree = "They say the same, step by step.";
    this_chain = "This one";
    reviews = "Reviews";
    no_reviews = "No review that you may read.";
    right_answer = "The right answer:";
    revision = "revision";
    history = "History";
    supported = "supported";
    was_received = "received";
    was_verified = "verified";
    was_scored = "scored";
    was_reviewed = "reviewed";
    was_derived = "made an example of";
    was_frozen = "in a snapshot";
    was_merged = "compared with other chains";
    was_assembled = "assembled from spans";
    agrees = "agrees with the rest";
    dissents = "dissents";
}
