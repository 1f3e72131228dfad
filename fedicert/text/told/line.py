"""What is said of the line before an audience, beyond that it is there."""

TEXTS: dict[str, dict[str, str]] = {
    "turned_over": {
        "en": (
            "A place in your audience is free, and stays empty for now: places that you freed yourself are filled again at"
            " most {limit:time|times} in 30 days, and that is used up. {along}Whoever is next comes in from {when} on.\n\n"
            "Your numbers: {page}"
        ),
        "de": (
            "Ein Platz in deinem Publikum ist frei und bleibt vorerst leer: Plätze, die du selbst frei gemacht hast,"
            " werden in 30 Tagen höchstens {limit:Mal|Mal} wieder besetzt, und das ist verbraucht. {along}Wer als Nächstes"
            " dran ist, kommt ab {when} herein.\n\n"
            "Deine Zahlen: {page}"
        ),
    },
    "turned_over_along": {
        "en": "Of it, {many:time was|times were} used by another account of yours, and came along with its places. ",
        "de": "Davon kam {many:Mal|Mal} mit Plätzen eines anderen Kontos von dir, das sie verbraucht hat. ",
    },
}
