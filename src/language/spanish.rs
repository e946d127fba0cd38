//! Spanish word lists.

use super::Lexicon;

// Filled lines: one word a line would be pages.
#[rustfmt::skip]
pub(super) const LEXICON: Lexicon = Lexicon {
    skip: &[
        "hola", "buenas", "buenos", "dias", "tardes", "noches", "gracias", "por", "favor", "porfa",
        "porfavor",
    ],
    yes: &[
        "si", "s", "sip", "claro", "claro que si", "ok", "vale", "dale", "bueno", "por supuesto",
        "de acuerdo", "👍", "simon", "sii", "yes", "yep", "okey", "okay", "oki", "va", "sale", "sale pues",
        "orale", "andale", "obvio", "obviamente", "exacto", "exactamente", "correcto", "cierto", "asi es",
        "desde luego", "como no", "si claro", "claro si", "por que no", "me parece", "me parece bien",
        "esta bien", "ta bien", "esta bueno", "perfecto", "con gusto", "adelante", "si quiero", "quiero",
        "encantado", "encantada", "seguro que si", "si senor", "si senora", "seguro",
    ],
    no: &[
        "no", "n", "nop", "no gracias", "nunca", "ahora no", "todavia no", "para nada", "👎", "nope", "nel",
        "nones", "que va", "jamas", "claro que no", "por supuesto que no", "desde luego que no",
        "de ninguna manera", "de ningun modo", "en absoluto", "no quiero", "no me interesa", "no hoy",
        "hoy no", "aun no", "ya no", "no por ahora", "por ahora no", "mejor no", "no senor", "no senora",
        "negativo", "yo no", "incorrecto", "eso no",
    ],
    maybe: &[
        "quizas", "quiza", "quisas", "tal vez", "talvez", "a lo mejor", "puede ser", "puede que si",
        "puede que no", "posible", "posiblemente", "probablemente", "es posible", "depende", "eso depende",
        "no se", "no lo se", "nose", "no se todavia", "no lo se todavia", "todavia no se", "aun no se",
        "aun no lo se", "no estoy seguro", "no estoy segura", "no se aun", "ni idea", "no tengo idea",
        "ya veremos", "ya vere", "vamos a ver", "capaz", "ahi veremos", "igual si", "🤷",
    ],
    name_lead: &[
        "me llamo", "soy", "yo soy", "mi nombre es", "mi nombre", "llamame", "es", "me dicen", "me llaman",
        "mi nombre es el", "mi primer nombre es", "nombre", "nombre es", "el nombre es", "yo me llamo",
        "soy yo", "aqui", "habla", "le habla", "te habla", "puedes llamarme", "puede llamarme",
        "puedes decirme", "dime", "digame", "llameme", "pueden llamarme",
    ],
    name_tail: &[
        "aqui", "al habla", "presente", "desde", "mucho gusto", "un gusto", "encantado", "encantada",
        "es mi nombre", "me llamo", "para servirle", "para servirte", "y tu", "y usted", "a sus ordenes",
    ],
    not_a_name: &[
        "si", "no", "ok", "que", "quien", "por", "como", "cuando", "donde", "gracias", "hola", "nada",
        "nadie", "yo", "el", "la", "los", "las", "vale", "claro", "sip", "nop", "tu", "usted", "ella",
        "ellos", "ellas", "nosotros", "ustedes", "mi", "mis", "su", "sus", "me", "te", "se", "lo", "le",
        "nos", "un", "una", "unos", "unas", "en", "con", "sin", "para", "pero", "porque", "cual", "cuales",
        "cuanto", "cuantos", "cuanta", "quienes", "este", "esta", "esto", "ese", "esa", "eso", "aquel", "es",
        "soy", "eres", "son", "estoy", "estas", "estamos", "estan", "fue", "era", "ser", "estar", "tengo",
        "tienes", "tiene", "tenemos", "hay", "han", "quiero", "quieres", "quiere", "puedo", "puedes",
        "puede", "necesito", "sabes", "sabe", "digo", "decir", "dime", "dice", "doy", "dar", "dame", "voy",
        "vas", "vamos", "hacer", "hago", "hace", "muy", "mas", "menos", "mucho", "mucha", "poco", "bien",
        "mal", "bueno", "buena", "buenas", "buenos", "ya", "ahora", "hoy", "ayer", "siempre", "nunca",
        "jamas", "todavia", "aun", "tambien", "tampoco", "quizas", "quiza", "tal", "depende", "alto", "baja",
        "ayuda", "ayudame", "cancelar", "parar", "detener", "mensaje", "mensajes", "numero", "nombre",
        "llamo", "llama", "apellido", "perdon", "disculpa", "disculpe", "ocupado", "ocupada", "enfermo",
        "cansado", "cansada", "conduciendo", "manejando", "alguien", "algo", "todo", "todos", "toda",
        "todas", "ninguno", "ninguna", "anonimo", "secreto", "jaja", "jajaja", "jeje", "adios", "gusto",
        "yes", "not",
    ],
    place_lead: &[
        "en", "de", "desde", "cerca de", "por", "vivo en", "vivo cerca de", "yo vivo en", "estoy en",
        "soy de", "yo soy de", "estoy cerca de", "mi ciudad es", "la ciudad es", "ciudad", "mi ciudad",
        "mi estado es", "estado", "mi region es", "region", "aqui en", "vivimos en", "somos de",
    ],
    numbers: super::spanish_numbers::NUMBERS,
    time: super::spanish_time::TIMES,
};
