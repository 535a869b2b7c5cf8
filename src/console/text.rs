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
}
