"""What is said of a licence that is going to end, or has."""

TEXTS: dict[str, dict[str, str]] = {
    "licence_ending": {
        "en": (
            "Your licence {licence} ends on {until}, in {days:day|days}. Bring in the renewed one before that, and nothing"
            " changes. Otherwise it leaves your profile then, and your tier follows it. {page}"
        ),
        "de": (
            "Deine Lizenz {licence} endet am {until}, in {days:Tag|Tagen}. Bring vorher die erneuerte ein, dann ändert sich"
            " nichts. Sonst verschwindet sie dann von deinem Profil, und deine Stufe fällt mit ihr. {page}"
        ),
    },
    "licence_ended": {
        "en": "Your licence {licence} doesn't hold here any more: {cause}. It is off your profile. {page}",
        "de": "Deine Lizenz {licence} gilt hier nicht mehr: {cause}. Sie ist von deinem Profil genommen. {page}",
    },
    "cause_proof": {"en": "its signature doesn't hold", "de": "ihre Signatur stimmt nicht"},
    "cause_invalid": {"en": "it isn't valid", "de": "sie ist nicht gültig"},
}
