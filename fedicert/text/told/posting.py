"""What is said of a post that was to go out later, and didn't."""

TEXTS: dict[str, dict[str, str]] = {
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
