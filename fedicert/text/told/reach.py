"""What is said of a follower cap, the line, and what the limits account can't do."""

TEXTS: dict[str, dict[str, str]] = {
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
