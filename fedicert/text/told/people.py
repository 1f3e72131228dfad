"""What is said of the code of responsibility, of waivers and of appeals."""

TEXTS: dict[str, dict[str, str]] = {
    "code_waits": {
        "en": (
            "The tier {tier} is yours as soon as you agree to this server's code of responsibility. Read it and agree"
            " here: {settings}/code"
        ),
        "de": (
            "Die Stufe {tier} gehört dir, sobald du dem Kodex der Verantwortung dieses Servers zustimmst. Lies ihn und"
            " stimme hier zu: {settings}/code"
        ),
    },
    "refused_code": {
        "en": (
            "Your post wasn't sent: version {wants} of this server's code of responsibility holds, and you haven't"
            " agreed to it yet. Until you do, posts stay within the limits of the tier {tier}. Read it and agree here:"
            " {settings}/code"
        ),
        "de": (
            "Dein Beitrag wurde nicht gesendet: es gilt Fassung {wants} des Kodex der Verantwortung dieses Servers, und"
            " du hast ihr noch nicht zugestimmt. Bis dahin bleiben Beiträge in den Grenzen der Stufe {tier}. Lies ihn"
            " und stimme hier zu: {settings}/code"
        ),
    },
    "waiver_given": {
        "en": (
            "Your waiver is in force for {days:day|days}: {limits}. When it ends, an audience above your cap settles in"
            " stages. {settings}/waivers"
        ),
        "de": (
            "Deine Ausnahme gilt für {days:Tag|Tage}: {limits}. Wenn sie endet, wird ein Publikum über deiner Grenze in"
            " Stufen kleiner. {settings}/waivers"
        ),
    },
    "waiver_refused": {
        "en": "The waiver you asked for was refused: {why} You can appeal against it: {settings}/appeals",
        "de": "Die Ausnahme, die du wolltest, wurde abgelehnt: {why} Du kannst Einspruch einlegen: {settings}/appeals",
    },
    "waiver_ended": {
        "en": "Your waiver has ended ({why}). Your limits are those of your tier again. {settings}/waivers",
        "de": "Deine Ausnahme ist zu Ende ({why}). Es gelten wieder die Grenzen deiner Stufe. {settings}/waivers",
    },
    "appeal_answered": {
        "en": "Somebody answered in your appeal: {settings}/appeals/{number}",
        "de": "In deinem Einspruch hat jemand geantwortet: {settings}/appeals/{number}",
    },
    "appeal_granted": {
        "en": "Your appeal was granted. The outcome in writing: {settings}/appeals/{number}",
        "de": "Deinem Einspruch wurde stattgegeben. Das Ergebnis in Worten: {settings}/appeals/{number}",
    },
    "appeal_dismissed": {
        "en": "Your appeal was dismissed. The outcome in writing: {settings}/appeals/{number}",
        "de": "Dein Einspruch wurde zurückgewiesen. Das Ergebnis in Worten: {settings}/appeals/{number}",
    },
    "relist": {
        "en": (
            "An appeal of {names} was granted, who had fallen because this server's trust list doesn't speak for the"
            " licence any more (issuer: {issuer}). They have their tier again; nobody else has. Whoever keeps the trust"
            " list is asked whether this issuer should stand on it again."
        ),
        "de": (
            "Einem Einspruch von {names} wurde stattgegeben: der Fall kam daher, dass die Vertrauensliste dieses Servers"
            " nicht mehr für die Lizenz spricht (ausgestellt von: {issuer}). Die Stufe gilt dort wieder, für sonst"
            " niemanden. Wer die Vertrauensliste führt, möge prüfen, ob diese Stelle wieder darauf stehen soll."
        ),
    },
    "cause_appeal": {"en": "your appeal was granted", "de": "deinem Einspruch wurde stattgegeben"},
    "cause_admin": {"en": "an admin decided so", "de": "jemand von der Verwaltung hat es so entschieden"},
    "cause_code_agreed": {
        "en": "you agreed to the code of responsibility",
        "de": "du hast dem Kodex der Verantwortung zugestimmt",
    },
    "cause_waiver_ended": {"en": "your waiver has ended", "de": "deine Ausnahme ist zu Ende"},
}
