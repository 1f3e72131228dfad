"""What is said of something that wasn't done: many clients hide the sentence of an answer (law 8)."""

TEXTS: dict[str, dict[str, str]] = {
    "refused_strangers": {
        "en": (
            "A post of yours wasn't posted: your tier ({tier}) lets you address {most:stranger|strangers} within 30 days,"
            " {used} are used, and this one needs {wants} more ({people}). {frees} Nothing was stored. {page}"
        ),
        "de": (
            "Ein Post von dir ging nicht raus: deine Stufe ({tier}) erlaubt, in 30 Tagen {most:Fremden|Fremde}"
            " anzusprechen, {used} sind verbraucht, und dieser braucht {wants} mehr ({people}). {frees} Gespeichert"
            " wurde nichts. {page}"
        ),
    },
    "refused_third_post": {
        "en": (
            "A post of yours wasn't posted: {people} got two posts of yours within 30 days and didn't answer. A third is"
            " possible after an answer. {frees}"
        ),
        "de": (
            "Ein Post von dir ging nicht raus: {people} bekam in 30 Tagen zwei Posts von dir und hat nicht geantwortet. Ein"
            " dritter geht nach einer Antwort. {frees}"
        ),
    },
    "refused_answers": {
        "en": (
            "A post of yours wasn't posted: your tier ({tier}) lets you answer {most:person|people} outside your audience a"
            " day, {used} are used, and this one needs {wants} more. {frees} Nothing was stored. {page}"
        ),
        "de": (
            "Ein Post von dir ging nicht raus: deine Stufe ({tier}) erlaubt, am Tag {most:Person|Leuten} außerhalb deines"
            " Publikums zu antworten, {used} sind verbraucht, und dieser braucht {wants} mehr. {frees} Gespeichert wurde"
            " nichts. {page}"
        ),
    },
    "refused_following": {
        "en": (
            "You couldn't follow somebody: your tier ({tier}) lets you follow {most:account|accounts}, and you follow or"
            " asked to follow {used}. Stop following somebody first, or rise. {page}"
        ),
        "de": (
            "Du konntest jemandem nicht folgen: deine Stufe ({tier}) erlaubt {most:Konto|Konten}, und du folgst oder hast"
            " angefragt bei {used}. Entfolge zuerst jemandem, oder steige auf. {page}"
        ),
    },
    "refused_boosts": {
        "en": "A boost or quote wasn't done: posts of {people} may be boosted and quoted by their own followers only.",
        "de": (
            "Ein Boost oder Zitat ging nicht: Posts von {people} dürfen nur die eigenen Follower teilen und zitieren."
        ),
    },
    "frees_at": {"en": "It is possible from {at}.", "de": "Möglich ist es ab {at}."},
    "frees_never": {"en": "It addresses too many at once.", "de": "Er spricht zu viele auf einmal an."},
    "strangers_near": {
        "en": (
            "You addressed {used} of the {most} strangers that your tier ({tier}) allows within 30 days. Whoever answers"
            " you, and whoever follows you, is no stranger. {page}"
        ),
        "de": (
            "Du hast {used} der {most} Fremden angesprochen, die deine Stufe ({tier}) in 30 Tagen erlaubt. Wer dir"
            " antwortet und wer dir folgt, ist nicht fremd. {page}"
        ),
    },
    "strangers_used_up": {
        "en": (
            "You addressed as many strangers as your tier ({tier}) allows within 30 days: {used}. The next is possible from"
            " {at}. Answering, and speaking to your followers, goes on as ever. {page}"
        ),
        "de": (
            "Du hast so viele Fremde angesprochen, wie deine Stufe ({tier}) in 30 Tagen erlaubt: {used}. Der nächste geht"
            " ab {at}. Antworten und zu deinen Followern sprechen geht weiter wie immer. {page}"
        ),
    },
}
