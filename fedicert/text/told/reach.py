"""What is said of an audience that fills, of the line before it, and of the way up."""

TEXTS: dict[str, dict[str, str]] = {
    "near": {
        "en": (
            "Your audience is filling up: {count} of {cap} places are taken. When it is full, whoever follows you waits in"
            " your follow requests; nobody is turned away, and nobody who is in loses anything. {rise}\n\n"
            "Your numbers: {page}"
        ),
        "de": (
            "Dein Publikum füllt sich: {count} von {cap} Plätzen sind vergeben. Ist es voll, wartet, wer dir folgt, bei"
            " deinen Folgeanfragen; niemand wird abgewiesen, und wer drin ist, verliert nichts. {rise}\n\n"
            "Deine Zahlen: {page}"
        ),
    },
    "kept": {
        "en": (
            "To people you don't follow, your audience is full: {count} of {cap} places are taken, and the rest are kept"
            " for people you follow. {waiting:person waits|people wait}: {names}. Follow one of them, and they come in;"
            " or remove a follower, and the next in line does. {rise}\n\n"
            "The line, and how to swap one for another: {page}"
        ),
        "de": (
            "Für Leute, denen du nicht folgst, ist dein Publikum voll: {count} von {cap} Plätzen sind vergeben, der Rest"
            " ist für Leute frei gehalten, denen du folgst. {waiting:Person wartet|Leute warten}: {names}. Folge"
            " jemandem davon, so ist ein Platz da; oder entferne einen Follower, dann kommt, wer als Nächstes dran ist."
            " {rise}\n\n"
            "Die Schlange, und wie du tauschst: {page}"
        ),
    },
    "full": {
        "en": (
            "Your audience is full: {count} of {cap} places are taken. Whoever follows you now waits in your follow"
            " requests until a place is free; to them it looks like any request. {rise}\n\n"
            "Your numbers: {page}"
        ),
        "de": (
            "Dein Publikum ist voll: {count} von {cap} Plätzen sind vergeben. Wer dir jetzt folgt, wartet bei deinen"
            " Folgeanfragen, bis ein Platz frei ist; für sie sieht das aus wie jede Anfrage. {rise}\n\n"
            "Deine Zahlen: {page}"
        ),
    },
    "full_waiting": {
        "en": (
            "Your audience is full: {count} of {cap} places are taken. {waiting:person waits|people wait}: {names}. To"
            " swap, remove a follower and then accept the one of your choice within ten minutes; otherwise the next in line"
            " comes in. {rise}\n\n"
            "The line, and how to swap: {page}"
        ),
        "de": (
            "Dein Publikum ist voll: {count} von {cap} Plätzen sind vergeben. {waiting:Person wartet|Leute warten}:"
            " {names}. Um zu tauschen, entferne einen Follower und nimm dann binnen zehn Minuten an, wen du willst; sonst"
            " kommt, wer als Nächstes dran ist. {rise}\n\n"
            "Die Schlange, und wie du tauschst: {page}"
        ),
    },
    "rise": {
        "en": "The way up: the tier {next} ({next_cap:follower|followers}), by {how}.",
        "de": "Der Weg nach oben: die Stufe {next} ({next_cap:Follower|Follower}), durch {how}.",
    },
    "rise_unlimited": {
        "en": "The way up: the tier {next} (no limit to followers), by {how}.",
        "de": "Der Weg nach oben: die Stufe {next} (ohne Grenze für Follower), durch {how}.",
    },
    "rise_none": {
        "en": "There is no higher tier here.",
        "de": "Eine höhere Stufe gibt es hier nicht.",
    },
    "how_signup": {"en": "an admin's word", "de": "das Wort der Administration"},
    "how_examination": {"en": "an examination (not offered yet)", "de": "eine Prüfung (noch nicht angeboten)"},
    "how_licence": {"en": "a verified licence", "de": "eine geprüfte Lizenz"},
    "how_registration": {"en": "a registration (not offered yet)", "de": "eine Registrierung (noch nicht angeboten)"},
    "and": {"en": "and", "de": "und"},
    "line_lapsed": {
        "en": (
            "You waited 180 days for a place in the audience of {names}, and the place in the line has lapsed. You follow"
            " them no longer; you may ask again."
        ),
        "de": (
            "Du hast 180 Tage auf einen Platz im Publikum von {names} gewartet, und der Platz in der Schlange ist"
            " verfallen. Du folgst nicht mehr; du kannst neu anfragen."
        ),
    },
    "line_gave_way": {
        "en": (
            "The line before the audience of {names} is full, and your place in it went to somebody else: the newest of the"
            " server with most people waiting gives way. You may ask again."
        ),
        "de": (
            "Die Schlange vor dem Publikum von {names} ist voll, und dein Platz darin ging an jemand anderen: es weicht,"
            " wer vom Server mit den meisten Wartenden zuletzt kam. Du kannst neu anfragen."
        ),
    },
    "line_none": {
        "en": "You can't follow {names} now: the audience is full, and so is the line before it. You may ask again later.",
        "de": (
            "Du kannst {names} jetzt nicht folgen: das Publikum ist voll, und die Schlange davor auch. Du kannst später neu"
            " anfragen."
        ),
    },
    "reply": {
        "en": (
            "Nobody reads what is written to this account: it only tells you what the limits of your account do. Your"
            " numbers, and what you can do about them: {page} The people who run this server: {about}"
        ),
        "de": (
            "Was du an dieses Konto schreibst, liest niemand: es sagt dir nur, was die Grenzen deines Kontos bewirken."
            " Deine Zahlen und was du tun kannst: {page} Wer diesen Server betreibt: {about}"
        ),
    },
}
