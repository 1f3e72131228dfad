"""What is said of lists that were brought along, and of archives."""

TEXTS: dict[str, dict[str, str]] = {
    "import_done": {
        "en": "Your file has been imported: {done:line is|lines are} done.",
        "de": "Deine Datei ist importiert: {done:Zeile ist|Zeilen sind} erledigt.",
    },
    "import_left": {
        "en": (
            "Your file has been imported as far as possible: {done:line is|lines are} done; {over:is|are} beyond the number"
            " of people that your tier lets you follow, {failed:didn't work|didn't work}. Nothing is lost: what is left"
            " stands on the page Import in your settings, with the reasons, and can be tried again there."
        ),
        "de": (
            "Deine Datei ist importiert, so weit es ging: {done:Zeile ist|Zeilen sind} erledigt; {over:liegt|liegen} über"
            " der Zahl der Leute, denen du auf deiner Stufe folgen darfst, {failed:ging|gingen} nicht. Nichts ist verloren:"
            " Was übrig ist, steht mit den Gründen auf der Seite Import in deinen Einstellungen und kann dort noch einmal"
            " versucht werden."
        ),
    },
    "import_waits": {
        "en": (
            "Today's follow requests to other servers are used up: {done:line of your file is|lines of your file are} done,"
            " and {waiting:is|are} left. Nothing is lost: they go on by themselves tomorrow."
        ),
        "de": (
            "Die Folgeanfragen dieses Tages an andere Server sind aufgebraucht: {done:Zeile deiner Datei ist|Zeilen deiner"
            " Datei sind} erledigt, {waiting:ist|sind} noch übrig. Nichts ist verloren: es geht morgen von selbst weiter."
        ),
    },
    "archive_ready": {
        "en": "Your archive is ready. You can get it for seven days from the page Export in your settings.",
        "de": "Dein Archiv ist fertig. Du bekommst es sieben Tage lang auf der Seite Export in deinen Einstellungen.",
    },
}
