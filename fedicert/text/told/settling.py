"""What is said at each stage of settling (law 4), and when a tier changes."""

TEXTS: dict[str, dict[str, str]] = {
    "grace": {
        "en": (
            "Your audience ({count}) is larger than your cap ({cap}, tier {tier}) now: {cause}. Until {until} everybody"
            " goes on getting what you post, and new follows wait. From then on copies go to {cap} of them only: those you"
            " pin first, then those who came first; the others are paused, not told and not lost. Thirty days later they"
            " are removed for good. Choose whom to keep, or rise again: {page}"
        ),
        "de": (
            "Dein Publikum ({count}) ist jetzt größer als deine Obergrenze ({cap}, Stufe {tier}): {cause}. Bis {until}"
            " bekommen alle weiter, was du postest, und neue Follower warten. Danach gehen Kopien nur noch an {cap} davon:"
            " zuerst, wen du anheftest, dann, wer zuerst kam; die anderen pausieren, ohne dass man es ihnen sagt, und sind"
            " nicht verloren. Dreißig Tage später werden sie endgültig entfernt. Wähle, wen du behältst, oder steige"
            " wieder auf: {page}"
        ),
    },
    "grace_staff": {
        "en": (
            "The audience of {names} ({count}) is larger than its cap now ({cap}, tier {tier}): {cause}. Its grace ends on"
            " {until}."
        ),
        "de": (
            "Das Publikum von {names} ({count}) ist jetzt größer als die Obergrenze ({cap}, Stufe {tier}): {cause}. Die"
            " Schonfrist endet am {until}."
        ),
    },
    "throttle": {
        "en": (
            "From now on your posts go to {kept} of your {count} followers ({cap} is your cap, tier {tier}): {cause}. The"
            " others are paused: they aren't told, they stay in your count, and if your cap rises they come back by"
            " themselves. On {until} those who are paused then are removed for good. Choose whom to keep, or rise again:"
            " {page}"
        ),
        "de": (
            "Von jetzt an gehen deine Posts an {kept} deiner {count} Follower (deine Obergrenze ist {cap}, Stufe {tier}):"
            " {cause}. Die anderen pausieren: man sagt es ihnen nicht, sie zählen weiter mit, und steigt deine Obergrenze,"
            " sind sie von selbst wieder da. Am {until} wird endgültig entfernt, wer dann pausiert. Wähle, wen du behältst,"
            " oder steige wieder auf: {page}"
        ),
    },
    "pins_too_large": {
        "en": (
            "You pinned {names}, but more of your followers are on the same server than fit, and a server shows a post to"
            " every follower it knows: in this stage it is kept whole or not at all. The pin takes effect at the last"
            " stage, when followers are taken one by one."
        ),
        "de": (
            "Du hast {names} angeheftet, aber auf demselben Server sind mehr deiner Follower, als hineinpassen, und ein"
            " Server zeigt einen Post allen Followern, die er kennt: in dieser Stufe bleibt er ganz oder gar nicht. Die"
            " Anheftung wirkt in der letzten Stufe, in der Follower einzeln genommen werden."
        ),
    },
    "trim": {
        "en": (
            "{trimmed:follower is|followers are} being removed: your audience is {kept} now, by your cap of {cap} (tier"
            " {tier}). They may follow you again, and then come before others in the line. Who was kept: {page}"
        ),
        "de": (
            "{trimmed:Follower wird|Follower werden} entfernt: dein Publikum ist jetzt {kept} groß, bei deiner Obergrenze"
            " von {cap} (Stufe {tier}). Sie können dir neu folgen und kommen in der Schlange dann vor anderen. Wer"
            " geblieben ist: {page}"
        ),
    },
    "restored": {
        "en": "Your audience fits under your cap again: all {count} of your followers get what you post, as before.",
        "de": (
            "Dein Publikum passt wieder unter deine Obergrenze: alle {count} Follower bekommen, was du postest, wie vorher."
        ),
    },
    "rung_up": {
        "en": "You stand on the tier {tier} now: {cause}. What it allows: {page}",
        "de": "Du stehst jetzt auf der Stufe {tier}: {cause}. Was sie erlaubt: {page}",
    },
    "rung_down": {
        "en": (
            "You stand on the tier {tier} now: {cause}. Its limits hold from now on; only your audience is brought under"
            " its cap in stages. {page}"
        ),
        "de": (
            "Du stehst jetzt auf der Stufe {tier}: {cause}. Ihre Grenzen gelten ab sofort; nur dein Publikum wird in Stufen"
            " unter die Obergrenze gebracht. {page}"
        ),
    },
    "cause_other": {"en": "the tier has changed", "de": "die Stufe hat sich geändert"},
    "cause_cap_lowered": {"en": "the cap was lowered", "de": "die Obergrenze wurde gesenkt"},
    "cause_window": {"en": "a window lowers it for a time", "de": "ein Zeitfenster senkt sie vorübergehend"},
    "cause_revoked": {"en": "the licence was revoked", "de": "die Lizenz wurde widerrufen"},
    "cause_expired": {"en": "the licence has expired", "de": "die Lizenz ist abgelaufen"},
    "cause_withdrawn": {
        "en": "the licence was taken off by its holder",
        "de": "die Lizenz wurde zurückgezogen",
    },
    "cause_displaced": {
        "en": "somebody else here holds the licence by better proof",
        "de": "jemand anderes hier hat diese Lizenz besser belegt",
    },
    "cause_unreachable": {
        "en": "its issuer hasn't answered for so long that this counts as expiry",
        "de": "die ausstellende Stelle antwortet so lange nicht, dass das als Ablauf gilt",
    },
    "cause_unlisted": {
        "en": "its issuer isn't on this server's trust list",
        "de": "die ausstellende Stelle steht nicht auf der Vertrauensliste dieses Servers",
    },
    "cause_out_of_scope": {
        "en": "its issuer isn't trusted here for this trade or place",
        "de": "die ausstellende Stelle gilt hier nicht für diesen Beruf oder Ort",
    },
    "cause_for_cause": {"en": "it was ended for cause", "de": "sie wurde aus wichtigem Grund beendet"},
    "cause_licence": {"en": "by a licence", "de": "durch eine Lizenz"},
    "cause_trusted": {"en": "by a licence", "de": "durch eine Lizenz"},
}
