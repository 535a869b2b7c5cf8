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

    // An expert's week.
    my_week = "My week";
    judged = "judged";
    due = "due";
    was_due = "was due";
    begin = "Begin";
    go_on = "Go on";
    left_to_judge = "Left to judge";
    draft = "draft";
    week_done = "All done. Thank you: what you said is on its way to the models.";
    week_empty = "Nothing is asked of you this week.";
    take_another = "Take another item";
    nothing_to_take = "Nothing is left that you may judge this week.";
    brought_about = "What your reviews changed";
    examples_made = "Training examples made of them";
    mistakes_kept = "Mistakes that each new model is held against";
    rows_in = "Rows in";
    model_trained = "Model trained with them";
    in_use = "in use";
    brought_about_later = "It grows as snapshots are made and models are trained.";
    judged_items = "What you judged";

    // An item of it.
    given = "Given.";
    undo = "Undo";
    said_before = "What was said before";
    picture_of = "Picture";
    machine_suggests = "The machine suggests";
    you_agreed = "you agreed";
    you_disagreed = "you found otherwise";
    you_find = "You find it";
    cite = "Cite";
    cited_in_answer = "What the answer cites";
    guideline = "Guideline";
    version = "version";
    given_before = "You judged this. Giving it again makes a revision; what you said before is kept.";
    what_do_you_find = "What do you find?";
    verdict_correct = "Right";
    verdict_partly = "Partly right";
    verdict_incorrect = "Wrong";
    verdict_cannot = "Cannot judge";
    verdict_not_mine = "Not my field";
    first_wrong_step = "First wrong step";
    first_wrong = "First wrong one";
    this_step = "This step";
    step_sound = "Sound";
    step_flawed = "Flawed";
    step_redundant = "Redundant";
    say_more = "Say more";
    corrected_answer = "The right answer";
    rationale = "Why";
    citations = "What it rests on";
    cite_name = "Fact, web address or DOI";
    cite_quoted = "The words that stand there";
    find_fact = "Find a fact";
    no_fact_found = "No verified fact has these words.";
    severity = "How bad it is";
    flaw_labels = "What is wrong, by label";
    flaw_labels_hint = "units, outdated source";
    corrected_steps = "The right reasoning";
    corrected_steps_hint = "a step a line";
    give_review = "Give it, and go on";
    saving = "Saving …";
    saved = "Saved";
    unsaved = "Not saved yet: the service does not answer. It is kept in this browser, and sent as soon as it does.";
    restored = "Restored from this browser.";
    draft_of = "Draft of";
    overtaken = "It was written elsewhere since, in another tab or on another device.";
    take_theirs = "Show what was written there";
    keep_mine = "Keep what stands here";
    give_back = "Give it back";
    keys = "Keys";
    keys_on = "Single keys work";
    close = "Close";
    key_verdict = "Right, partly right, wrong";
    key_pass = "Cannot judge, not my field";
    key_digits = "The first wrong step, by its number";
    key_move = "Next step, step before";
    key_suspect = "This step is the first wrong one";
    key_marks = "This step is sound, flawed, redundant";
    key_more = "Say more: all fields, the right answer, why, what it rests on";
    key_fields = "Find a fact, how bad it is, labels";
    key_guideline = "The guideline";
    key_give = "Give it, and go on; from within a field with Ctrl";
    key_leave = "Leave a field";
    key_undo = "Undo; where nothing is to undo, back to what you gave last";
    key_others = "Next item, item before, without giving this one";
    key_help = "These keys";

    // Adjudication.
    adjudications = "Disagreements";
    adjudications_about = "Where experts find an answer right and wrong. Nothing is learnt of it until someone decides, who sees what was said and not by whom.";
    adjudications_none = "Experts disagree on nothing.";
    adjudication = "Disagreement";
    open_ones = "Open";
    decided_ones = "Decided";
    opened = "found";
    decided = "decided";
    what_was_said = "What was said";
    expert_letter = "Expert";
    decide = "Decide";
    decide_about = "Reviews that say otherwise are learnt of no more.";
    decision = "Decision";
}
