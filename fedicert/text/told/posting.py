"""What is said of a post that was to go out later and didn't, of a quote that may not be, and of too much in a day."""

TEXTS: dict[str, dict[str, str]] = {
    "refused_quotes": {
        "en": "A quote wasn't posted: this post of {people} may not be quoted by you.",
        "de": "Ein Zitat ging nicht raus: diesen Post von {people} darfst du nicht zitieren.",
    },
    "refused_rate": {
        "en": (
            "Something you did for a person elsewhere wasn't sent: an account may send {most} of a kind a day, and {used}"
            " are used. {frees}"
        ),
        "de": (
            "Etwas, das jemandem anderswo galt, ging nicht raus: ein Konto darf {most} von einer Art am Tag schicken,"
            " {used} sind verbraucht. {frees}"
        ),
    },
    "scheduled_refused": {
        "en": (
            "Your scheduled post wasn't posted when its time came. {why} It is a draft now: it stays among your scheduled"
            " posts, dated at the end of time, and you can give it another time or delete it. It begins: “{begins}”"
        ),
        "de": (
            "Dein geplanter Beitrag wurde nicht veröffentlicht, als seine Zeit kam. {why} Er ist jetzt ein Entwurf: er"
            " steht weiter bei deinen geplanten Beiträgen, am Ende aller Zeit, und du kannst ihm eine andere Zeit geben"
            " oder ihn löschen. Er beginnt so: „{begins}“"
        ),
    },
}
