//! English word lists.

use super::Lexicon;

pub(super) const LEXICON: Lexicon = Lexicon {
    skip: &[
        "hi", "hii", "hey", "heya", "hello", "hiya", "yo", "please", "pls", "plz", "plse", "thanks", "thank",
        "you", "thx", "ty", "thankyou", "kindly", "greetings",
    ],
    yes: &[
        "yes", "y", "ya", "yea", "yeah", "yep", "yup", "yess", "ok", "okay", "k", "kk", "okie", "sure", "sure thing",
        "of course", "absolutely", "definitely", "correct", "right", "send it", "go ahead", "yes i am", "i am",
        "yes i do", "i do", "why not", "sounds good", "👍",
    ],
    no: &[
        "no", "n", "nope", "nah", "na", "no way", "dont", "never", "never mind", "nevermind", "not now", "not really",
        "no i am not", "im not", "i am not", "no i dont", "i dont", "👎",
    ],
    name_lead: &[
        "i am", "im", "my name is", "my names", "my first name is", "name is", "the name is", "its", "it is",
        "this is", "call me", "you can call me", "they call me", "name", "my name",
    ],
    not_a_name: &[
        "yes", "no", "ok", "okay", "k", "yeah", "yep", "nope", "sure", "what", "why", "who", "when", "where", "how",
        "is", "are", "do", "does", "the", "maybe", "idk", "none", "nothing", "nobody", "not", "lol", "test",
        "thanks", "please", "hi", "hello", "hey", "i", "you", "later", "sorry", "dont", "cant", "wont",
    ],
    numbers: &[
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ],
};
